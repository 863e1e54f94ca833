//! `POST /v2/persons/{personId}/liveness`: verify a person again.

use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use domain::Scope;
use registry::Person;
use serde_json::json;

use super::show::{self, Refused};
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::conditional::check_if_match;
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::routes::Route;
use crate::v2::idempotency;
use crate::v2::image;
use crate::v2::path::{IdPath, person_id};

const PATH: &str = "/v2/persons/{personId}/liveness";

async fn handle(permit: Permit<PersonsWrite>, id: IdPath, headers: HeaderMap, body: JsonBody) -> Answer {
    let id = person_id(id)?;
    let capture = image::read(&body.bytes)?;
    let route = PATH.replace("{personId}", &id.to_string());
    let key = idempotency::read(&permit, &headers, &route, &body.bytes).await?;
    let check = |person: &Person| check_if_match(&headers, &person.etag()).map_err(Refused::Problem);
    let outcome = permit.registry.reverify(&permit.caller, id, capture, key, check).await;
    let outcome = outcome.map_err(|refused| refused.shown(|e| show::refused_live(&permit, e)))?;
    show::outcome(&permit, StatusCode::OK, outcome).await
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Persons", "verifyPersonLiveness", "Verify a person again", Some(Scope::PersonsWrite))
        .describe(
            "A live image of the same face, or 2 to 10 frames of it as `images`, makes the person `verified` with new dates; without an enrolled face it is \
             enrolled. A failed check makes a person `failed`, except that a verified person stays as it is. An image proves \
             liveness once. Faces that do not match, and checks that fail, are counted as failed comparisons are. Without the \
             scope `persons:read` the answer is `id`, `version` and `verificationStatus` alone.",
        )
        .person_id()
        .header("If-Match", "Check only if the person still has this entity tag.")
        .idempotent()
        .body("LivenessRequest", &json!({ "faceImage": "/9j/4AAQSkZJRg…" }))
        .live_face()
        .problems(&[
            codes::FACE_MISMATCH,
            codes::DUPLICATE_PERSON,
            codes::GALLERY_LOADING,
            codes::LIVENESS_BRAKE,
            codes::LIVENESS_REPLAYED,
            codes::ATTEMPT_LIMIT,
            codes::MISSING_SCOPE,
            codes::PRECONDITION_FAILED,
            codes::DISK_FULL,
        ])
        .answer(200, "The person.", Some("PersonOrChanged"));
    Route::new(Method::POST, PATH, post(handle), operation)
}
