//! `POST /v2/persons`: a `pending` person.

use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use domain::Scope;
use serde_json::json;

use super::enrolment::{self, Route as Creating};
use super::show;
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::routes::Route;
use crate::v2::{collection_refs, idempotency};

const PATH: &str = "/v2/persons";

async fn handle(permit: Permit<PersonsWrite>, headers: HeaderMap, body: JsonBody) -> Answer {
    let (mut new, collections) = enrolment::read(&body.bytes, Creating::Plain, permit.registry.now())?;
    new.patch.collections = collection_refs::resolve(&permit, collections).await?;
    let key = idempotency::read(&permit, &headers, PATH, &body.bytes).await?;
    let outcome = permit.registry.create(&permit.caller, new, key).await;
    let outcome = outcome.map_err(|e| show::refused(&permit, e))?;
    let id = outcome.person.id.to_string();
    show::located(show::brought(&permit, StatusCode::CREATED, outcome).await, &id)
}

pub(crate) fn route() -> Route {
    let example = json!({
        "firstName": "John", "lastName": "Doe", "email": "john.doe@example.com", "phone": "+1234567890",
        "dateOfBirth": "1990-01-15", "documentType": "passport", "documentNumber": "123456789"
    });
    let operation = Operation::new("Persons", "createPerson", "Create a person", Some(Scope::PersonsWrite))
        .describe(
            "Creates a `pending` person. A `faceImage` is analysed and enrolled for search; no liveness is claimed. A face \
             that belongs to a verified person already is refused; one that is alike to a `pending` person is put on the \
             review list. `onDuplicate` may be stricter than the tenant's own rule; a looser one needs the scope `persons:review`.",
        )
        .idempotent()
        .body("PersonCreate", &example)
        .face()
        .fingerprint()
        .problems(&[
            codes::READ_ONLY_FIELD,
            codes::EXTERNAL_ID_TAKEN,
            codes::DUPLICATE_PERSON,
            codes::ATTEMPT_LIMIT,
            codes::GALLERY_LOADING,
            codes::FACES_NOT_CONFIGURED,
            codes::DISK_FULL,
            codes::NOT_FOUND,
        ])
        .answer(201, "The person.", Some("Person"));
    Route::new(Method::POST, PATH, post(handle), operation)
}
