//! `DELETE /v2/collections/{collectionId}/members/{personId}`.

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::delete;
use domain::{CollectionId, PersonId, Scope};

use crate::auth::{Permit, PersonsWrite};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::routes::Route;
use crate::v2::path::{TwoIdPath, two};

async fn handle(permit: Permit<PersonsWrite>, ids: TwoIdPath) -> Answer {
    let (collection, person): (CollectionId, PersonId) = two(ids)?;
    permit.registry.collection(&permit.caller, collection).await?;
    permit.registry.set_membership(&permit.caller, person, collection, false).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) fn route() -> Route {
    let operation = Operation::new(
        "Collections",
        "removeMember",
        "Take a person out of a collection",
        Some(Scope::PersonsWrite),
    )
    .collection_id()
    .person_id()
    .problems(&[codes::DISK_FULL])
    .answer(204, "The person is not in it.", None);
    Route::new(Method::DELETE, "/v2/collections/{collectionId}/members/{personId}", delete(handle), operation)
}
