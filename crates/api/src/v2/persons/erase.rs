//! `DELETE /v2/persons/{personId}`: erasure.

use axum::extract::RawQuery;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::delete;
use domain::Scope;
use serde::Serialize;

use crate::auth::{Permit, PersonsWrite};
use crate::conditional::check_if_match;
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::query::Query;
use crate::respond;
use crate::routes::Route;
use crate::v2::path::{IdPath, person_id};

#[derive(Serialize)]
struct ErasureView<'a> {
    id: String,
    deleted: bool,
    receipt: ReceiptView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptView<'a> {
    statement: &'a str,
    signature: &'a str,
    public_key: &'a str,
}

async fn handle(
    permit: Permit<PersonsWrite>,
    id: IdPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    Query::new(query.as_deref()).finish()?;
    let id = person_id(id)?;
    let erased = permit.registry.erase(&permit.caller, id, |etag| check_if_match(&headers, etag)).await?;
    let receipt = ReceiptView {
        statement: &erased.receipt.statement,
        signature: &erased.receipt.signature,
        public_key: &erased.receipt.public_key,
    };
    respond::json(StatusCode::OK, &ErasureView { id: erased.id.to_string(), deleted: true, receipt })
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Persons", "deletePerson", "Erase a person", Some(Scope::PersonsWrite))
        .describe(
            "Destroys the person's key and every record of the person in one commit, and signs that this was done. What may remain for a day is sealed under the key that is gone.",
        )
        .person_id()
        .header("If-Match", "Erase only if the person still has this entity tag.")
        .problems(&[codes::PRECONDITION_FAILED, codes::DISK_FULL])
        .answer(200, "A signed receipt.", Some("Erasure"));
    Route::new(Method::DELETE, "/v2/persons/{personId}", delete(handle), operation)
}
