//! `POST /v2/persons/{personId}/merge` and `/unmerge`: two records of one human.

use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use domain::person::Change;
use domain::{FieldCode, Invalid, PersonId, Scope};
use serde_json::json;

use super::show;
use crate::auth::{Permit, PersonsReview};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, Problem, codes};
use crate::routes::Route;
use crate::v2::idempotency;
use crate::v2::image::{finished, malformed};
use crate::v2::path::{IdPath, person_id};

const MERGE: &str = "/v2/persons/{personId}/merge";
const UNMERGE: &str = "/v2/persons/{personId}/unmerge";

/// The other person, and whether faces that differ are no obstacle.
fn read(bytes: &[u8], may_force: bool) -> Result<(PersonId, bool), Problem> {
    let mut members = Members::of_body(parse(bytes).map_err(|e| malformed(&e))?)?;
    let from = members.text("personId", |text| {
        text.parse().map_err(|_| Invalid::new(FieldCode::Format, "must be the identifier of a person"))
    });
    if !matches!(from, Change::Set(_)) && !members.has_fault("personId") {
        members.fault("personId", Invalid::new(FieldCode::Required, "is required"));
    }
    let force = may_force && members.flag("force").unwrap_or_default();
    Ok((finished(members, from.into_set())?, force))
}

async fn merge(permit: Permit<PersonsReview>, id: IdPath, headers: HeaderMap, body: JsonBody) -> Answer {
    let id = person_id(id)?;
    let (from, force) = read(&body.bytes, true)?;
    let route = MERGE.replace("{personId}", &id.to_string());
    let key = idempotency::read(&permit, &headers, &route, &body.bytes).await?;
    let person = permit.registry.merge(&permit.caller, id, from, force, key).await?;
    show::stored(&permit, StatusCode::OK, person).await
}

async fn unmerge(permit: Permit<PersonsReview>, id: IdPath, headers: HeaderMap, body: JsonBody) -> Answer {
    let id = person_id(id)?;
    let (from, _) = read(&body.bytes, false)?;
    let route = UNMERGE.replace("{personId}", &id.to_string());
    let key = idempotency::read(&permit, &headers, &route, &body.bytes).await?;
    let person = permit.registry.unmerge(&permit.caller, id, from, key).await?;
    show::stored(&permit, StatusCode::OK, person).await
}

fn operation(id: &str, summary: &str, schema: &str) -> Operation {
    Operation::new("Duplicates", id, summary, Some(Scope::PersonsReview))
        .person_id()
        .idempotent()
        .body(schema, &json!({ "personId": "person_01jhbq7z9pf6dvyr3s5t8w2xkm" }))
        .problems(&[codes::DISK_FULL])
        .answer(200, "The person that stays.", Some("PersonOrChanged"))
}

pub(crate) fn routes() -> [Route; 2] {
    let merging = operation("mergePersons", "Take another record into this one", "MergeRequest")
        .describe(
            "For two records of one human: the person in the path takes in the samples and the history of the other, and the \
             members it lacks; what both have stays as it is. The other record is gone, and stands in `mergedIds`. Faces that \
             do not match are joined only with `force`.",
        )
        .problems(&[codes::FACE_MISMATCH, codes::TOO_MANY_SAMPLES, codes::TOO_MANY_MERGES, codes::EXTERNAL_ID_TAKEN]);
    let parting = operation("unmergePersons", "Part two records again", "UnmergeRequest").describe(
        "Undoes a merge: the other record is there again as it was, under its own identifier, and this one gives up what it \
         had from it and has not changed since.",
    ).problems(&[codes::EXTERNAL_ID_TAKEN]);
    [
        Route::new(Method::POST, MERGE, post(merge), merging),
        Route::new(Method::POST, UNMERGE, post(unmerge), parting),
    ]
}
