//! `DELETE /v2/collections/{collectionId}`.

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::delete;
use domain::Scope;

use crate::auth::{Permit, PersonsWrite};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::routes::Route;
use crate::v2::path::{self, IdPath};

async fn handle(permit: Permit<PersonsWrite>, id: IdPath) -> Answer {
    permit.registry.remove_collection(&permit.caller, path::id(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) fn route() -> Route {
    let operation =
        Operation::new("Collections", "deleteCollection", "Remove a collection", Some(Scope::PersonsWrite))
            .describe("Its members stay, outside it.")
            .collection_id()
            .problems(&[codes::DISK_FULL])
            .answer(204, "It is gone.", None);
    Route::new(Method::DELETE, "/v2/collections/{collectionId}", delete(handle), operation)
}
