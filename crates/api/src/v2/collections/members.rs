//! `GET /v2/collections/{collectionId}/members`.

use axum::extract::RawQuery;
use axum::http::Method;
use axum::routing::get;
use domain::{CollectionId, Scope};
use serde_json::json;

use crate::auth::{Permit, PersonsRead};
use crate::openapi::Operation;
use crate::problem::Answer;
use crate::routes::Route;
use crate::v2::path::{self, IdPath};
use crate::v2::persons::list;

async fn handle(permit: Permit<PersonsRead>, id: IdPath, RawQuery(query): RawQuery) -> Answer {
    let id: CollectionId = path::id(id)?;
    permit.registry.collection(&permit.caller, id).await?;
    list::members_of(&permit, id, query.as_deref()).await
}

pub(crate) fn route() -> Route {
    let operation = Operation::new(
        "Collections",
        "listMembers",
        "List the members of a collection",
        Some(Scope::PersonsRead),
    )
    .describe("The list of persons with `collection` set; it takes the other parameters too.")
    .collection_id()
    .query(
        "limit",
        &json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 20 }),
        "Most persons.",
    )
    .query("cursor", &json!({ "type": "string" }), "`pagination.nextCursor` of the page before.")
    .answer(200, "A page of persons.", Some("PersonList"));
    Route::new(Method::GET, "/v2/collections/{collectionId}/members", get(handle), operation)
}
