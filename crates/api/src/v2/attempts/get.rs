//! `GET /v2/persons/{personId}/attempts` and `GET /v2/tokens/{tokenId}/attempts`.

use axum::http::{Method, StatusCode};
use axum::routing::get;
use domain::Scope;
use registry::Counted;

use super::view::AttemptsView;
use crate::auth::{Permit, PersonsReview};
use crate::openapi::Operation;
use crate::problem::Answer;
use crate::respond;
use crate::routes::Route;
use crate::v2::path::{self, IdPath};

async fn show(permit: Permit<PersonsReview>, of: Counted) -> Answer {
    let state = permit.registry.attempts(&permit.caller, of).await?;
    respond::json(StatusCode::OK, &AttemptsView::from(state))
}

async fn of_person(permit: Permit<PersonsReview>, id: IdPath) -> Answer {
    show(permit, Counted::Person(path::person_id(id)?)).await
}

async fn of_token(permit: Permit<PersonsReview>, id: IdPath) -> Answer {
    show(permit, Counted::Token(path::id(id)?)).await
}

fn operation(tag: &str, id: &str, summary: &str) -> Operation {
    Operation::new(tag, id, summary, Some(Scope::PersonsReview))
        .describe(
            "Comparisons and liveness checks that failed, and whether there is a pause because of them.",
        )
        .answer(200, "How things stand.", Some("Attempts"))
}

pub(super) fn routes() -> [Route; 2] {
    let person = operation("Persons", "getPersonAttempts", "Failed comparisons with a person").person_id();
    let token = operation("Tokens", "getTokenAttempts", "Failed comparisons of a token").token_id();
    [
        Route::new(Method::GET, "/v2/persons/{personId}/attempts", get(of_person), person),
        Route::new(Method::GET, "/v2/tokens/{tokenId}/attempts", get(of_token), token),
    ]
}
