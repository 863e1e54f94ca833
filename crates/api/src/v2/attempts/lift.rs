//! `DELETE /v2/persons/{personId}/attempts` and `DELETE /v2/tokens/{tokenId}/attempts`.

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::delete;
use domain::Scope;
use registry::Counted;

use crate::auth::{Permit, PersonsReview};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::routes::Route;
use crate::v2::path::{self, IdPath};

async fn lift(permit: Permit<PersonsReview>, of: Counted) -> Answer {
    permit.registry.lift_attempts(&permit.caller, of).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn of_person(permit: Permit<PersonsReview>, id: IdPath) -> Answer {
    lift(permit, Counted::Person(path::person_id(id)?)).await
}

async fn of_token(permit: Permit<PersonsReview>, id: IdPath) -> Answer {
    lift(permit, Counted::Token(path::id(id)?)).await
}

fn operation(tag: &str, id: &str, summary: &str) -> Operation {
    Operation::new(tag, id, summary, Some(Scope::PersonsReview))
        .describe("Lifts the limit: counting begins anew.")
        .problems(&[codes::DISK_FULL])
        .answer(204, "Nothing is counted any more.", None)
}

pub(super) fn routes() -> [Route; 2] {
    let person = operation("Persons", "liftPersonAttempts", "Lift the limit of a person").person_id();
    let token = operation("Tokens", "liftTokenAttempts", "Lift the limit of a token").token_id();
    [
        Route::new(Method::DELETE, "/v2/persons/{personId}/attempts", delete(of_person), person),
        Route::new(Method::DELETE, "/v2/tokens/{tokenId}/attempts", delete(of_token), token),
    ]
}
