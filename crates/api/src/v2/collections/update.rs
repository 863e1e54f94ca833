//! `PUT /v2/collections/{collectionId}`.

use axum::http::{Method, StatusCode};
use axum::routing::put;
use domain::Scope;
use registry::CollectionPatch;
use serde_json::json;

use super::view::{CollectionView, description, name};
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::image::malformed;
use crate::v2::path::{self, IdPath};

async fn handle(permit: Permit<PersonsWrite>, id: IdPath, body: JsonBody) -> Answer {
    let id = path::id(id)?;
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| malformed(&e))?)?;
    let patch =
        CollectionPatch { name: name(&mut members).into_set(), description: description(&mut members) };
    members.finish()?;
    let collection = permit.registry.update_collection(&permit.caller, id, &patch).await?;
    respond::json(StatusCode::OK, &CollectionView::from(&collection))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new(
        "Collections",
        "updateCollection",
        "Rename or describe a collection",
        Some(Scope::PersonsWrite),
    )
    .describe("Only the members present change; `null` clears the description.")
    .collection_id()
    .body("CollectionUpdate", &json!({ "name": "staff" }))
    .problems(&[codes::COLLECTION_NAME_TAKEN, codes::DISK_FULL])
    .answer(200, "The collection.", Some("Collection"));
    Route::new(Method::PUT, "/v2/collections/{collectionId}", put(handle), operation)
}
