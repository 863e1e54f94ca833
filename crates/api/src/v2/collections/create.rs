//! `POST /v2/collections`.

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::post;
use domain::person::Change;
use domain::{FieldCode, Invalid, Scope};
use serde_json::json;

use super::view::{CollectionView, description, name};
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::idempotency;
use crate::v2::image::{finished, malformed};

const PATH: &str = "/v2/collections";

async fn handle(permit: Permit<PersonsWrite>, headers: HeaderMap, body: JsonBody) -> Answer {
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| malformed(&e))?)?;
    let name = name(&mut members);
    if name == Change::Keep && !members.has_fault("name") {
        members.fault("name", Invalid::new(FieldCode::Required, "is required"));
    }
    let description = description(&mut members).into_set();
    let name = finished(members, name.into_set())?;
    let key = idempotency::read(&permit, &headers, PATH, &body.bytes).await?;
    let made = permit.registry.create_collection(&permit.caller, name, description, key).await?;
    let answer = respond::json(StatusCode::CREATED, &CollectionView::from(&made))?;
    Ok(respond::with(answer, header::LOCATION, &format!("/v2/collections/{}", made.id)))
}

pub(crate) fn route() -> Route {
    let operation =
        Operation::new("Collections", "createCollection", "Make a collection", Some(Scope::PersonsWrite))
            .describe(
                "A named group of persons. Searches and lists can be limited to it. A name is used once.",
            )
            .idempotent()
            .body("CollectionCreate", &json!({ "name": "staff", "description": "Everybody with a badge" }))
            .problems(&[codes::COLLECTION_NAME_TAKEN, codes::DISK_FULL])
            .answer(201, "The collection.", Some("Collection"));
    Route::new(Method::POST, PATH, post(handle), operation)
}
