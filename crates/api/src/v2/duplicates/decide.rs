//! `POST /v2/duplicates/{duplicateId}/decide`.

use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use domain::person::Change;
use domain::{DuplicateId, FieldCode, Invalid, Scope};
use serde_json::json;

use super::view::{DuplicateView, decision};
use crate::auth::{Permit, PersonsReview};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::idempotency;
use crate::v2::image::{finished, malformed};
use crate::v2::path::{self, IdPath};

const PATH: &str = "/v2/duplicates/{duplicateId}/decide";

async fn handle(permit: Permit<PersonsReview>, id: IdPath, headers: HeaderMap, body: JsonBody) -> Answer {
    let id: DuplicateId = path::id(id)?;
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| malformed(&e))?)?;
    let decision = members.text("decision", decision);
    if !matches!(decision, Change::Set(_)) && !members.has_fault("decision") {
        members.fault("decision", Invalid::new(FieldCode::Required, "is required"));
    }
    let reason = members.text("reason", |text| domain::person::free_text(text, 0, 500));
    let decision = finished(members, decision.into_set())?;
    let route = PATH.replace("{duplicateId}", &id.to_string());
    let key = idempotency::read(&permit, &headers, &route, &body.bytes).await?;
    let decided =
        permit.registry.decide_duplicate(&permit.caller, id, decision, reason.into_set(), key).await?;
    respond::json(StatusCode::OK, &DuplicateView::from(&decided))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Duplicates", "decideDuplicate", "Decide whether two persons are one", Some(Scope::PersonsReview))
        .describe(
            "`different` lets both be enrolled side by side from now on. `same` notes that they are one; it changes neither. A \
             decision can be taken back with `open`, or replaced.",
        )
        .path("duplicateId", "duplicate_01jhbq7z9pf6dvyr3s5t8w2xkm")
        .idempotent()
        .body("DuplicateDecision", &json!({ "decision": "different", "reason": "twins, documents seen" }))
        .problems(&[codes::DISK_FULL])
        .answer(200, "The pair.", Some("Duplicate"));
    Route::new(Method::POST, PATH, post(handle), operation)
}
