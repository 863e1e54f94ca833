//! `POST /v2/collections/{collectionId}/members`.

use axum::http::{Method, StatusCode};
use axum::routing::post;
use domain::person::Change;
use domain::{CollectionId, FieldCode, Invalid, PersonId, Scope};
use registry::Error;
use serde_json::json;

use super::view::CollectionView;
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, Fault, Problem, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::image::{finished, malformed};
use crate::v2::path::{self, IdPath};

/// Most persons of one request.
const MOST: usize = 100;

fn read(bytes: &[u8]) -> Result<Vec<PersonId>, Problem> {
    let mut members = Members::of_body(parse(bytes).map_err(|e| malformed(&e))?)?;
    let persons = members.texts("personIds", MOST, |text| {
        text.parse().map_err(|_| Invalid::new(FieldCode::Format, "must be the identifier of a person"))
    });
    if !matches!(&persons, Change::Set(_)) && !members.has_fault("personIds") {
        members.fault("personIds", Invalid::new(FieldCode::Required, "is required"));
    }
    finished(members, persons.into_set())
}

async fn handle(permit: Permit<PersonsWrite>, id: IdPath, body: JsonBody) -> Answer {
    let id: CollectionId = path::id(id)?;
    let persons = read(&body.bytes)?;
    permit.registry.collection(&permit.caller, id).await?;
    let mut faults = Vec::new();
    for (i, person) in persons.iter().enumerate() {
        match permit.registry.get(&permit.caller, *person).await {
            Ok(_) => {}
            Err(Error::NotFound) => faults.push(Fault {
                pointer: Some(format!("/personIds/{i}")),
                parameter: None,
                code: FieldCode::Range.as_str(),
                detail: "there is no such person".into(),
            }),
            Err(error) => return Err(error.into()),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::new(codes::VALIDATION_FAILED).errors(faults));
    }
    for person in persons {
        match permit.registry.set_membership(&permit.caller, person, id, true).await {
            // Erased meanwhile: then there is nobody to put in.
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let collection = permit.registry.collection(&permit.caller, id).await?;
    respond::json(StatusCode::OK, &CollectionView::from(&collection))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Collections", "addMembers", "Put persons into a collection", Some(Scope::PersonsWrite))
        .describe(
            "Up to 100 persons; one who is in it already stays. Each person is changed by itself: after a fault, send the same \
             request again.",
        )
        .collection_id()
        .body("MembersAdd", &json!({ "personIds": ["person_01jhbq7z9pf6dvyr3s5t8w2xkm"] }))
        .problems(&[codes::DISK_FULL])
        .answer(200, "The collection.", Some("Collection"));
    Route::new(Method::POST, "/v2/collections/{collectionId}/members", post(handle), operation)
}
