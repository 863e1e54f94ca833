//! `POST /v2/persons/liveness`: a person whose status is decided by a liveness check.

use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use domain::{FieldCode, Scope};
use serde_json::json;

use super::enrolment::{self, Route as Creating};
use super::show;
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::openapi::Operation;
use crate::problem::{Answer, Fault, Problem, codes};
use crate::routes::Route;
use crate::v2::{collection_refs, idempotency};

const PATH: &str = "/v2/persons/liveness";

async fn handle(permit: Permit<PersonsWrite>, headers: HeaderMap, body: JsonBody) -> Answer {
    let (mut new, collections) = enrolment::read(&body.bytes, Creating::Liveness, permit.registry.now())?;
    new.patch.collections = collection_refs::resolve(&permit, collections).await?;
    let face = new.face.take().ok_or_else(|| {
        let pointer = Some("/biometricData/faceImage".to_owned());
        let fault = Fault {
            pointer,
            parameter: None,
            code: FieldCode::Required.as_str(),
            detail: "is required, or `images` in its place".into(),
        };
        Problem::new(codes::VALIDATION_FAILED).errors(vec![fault])
    })?;
    let key = idempotency::read(&permit, &headers, PATH, &body.bytes).await?;
    let outcome = permit.registry.create_with_liveness(&permit.caller, new, face, key).await;
    let outcome = outcome.map_err(|e| show::refused_live(&permit, e))?;
    let id = outcome.person.id.to_string();
    show::located(show::brought(&permit, StatusCode::CREATED, outcome).await, &id)
}

pub(crate) fn route() -> Route {
    let example = json!({
        "firstName": "John", "lastName": "Doe", "email": "john.doe@example.com",
        "biometricData": { "faceImage": "/9j/4AAQSkZJRg…", "livenessDetection": true }
    });
    let operation = Operation::new("Persons", "createPersonWithLiveness", "Create a person with a liveness check", Some(Scope::PersonsWrite))
        .describe(
            "Judges the face, in one image or in 2 to 10 frames (`images` in place of `faceImage`: the least live fifth decides, and the best is enrolled): at or above the threshold the person is `verified`, below it `failed`. An image that cannot \
             be judged is refused with a code, and nothing is stored. A live face that belongs to a verified person already \
             is refused with `duplicate-person`; one that is alike to a `pending` person is put on the review list. An image \
             proves liveness once. `onDuplicate` may only be stricter than the tenant's own rule, unless the token has the \
             scope `persons:review`.",
        )
        .idempotent()
        .body("PersonCreate", &example)
        .live_face()
        .fingerprint()
        .problems(&[
            codes::READ_ONLY_FIELD,
            codes::EXTERNAL_ID_TAKEN,
            codes::DUPLICATE_PERSON,
            codes::LIVENESS_REPLAYED,
            codes::ATTEMPT_LIMIT,
            codes::GALLERY_LOADING,
            codes::DISK_FULL,
            codes::NOT_FOUND,
        ])
        .answer(201, "The person, `verified` or `failed`.", Some("Person"));
    Route::new(Method::POST, PATH, post(handle), operation)
}
