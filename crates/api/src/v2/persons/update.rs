//! `PUT` and `PATCH /v2/persons/{personId}`: a merge (RFC 7396). Only the members present change.

use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::{patch, put};
use domain::person::Change;
use domain::{FieldCode, Invalid, Scope, Status, Time};
use registry::{Decision, NewImages, Person, Update};
use serde_json::json;

use super::profile;
use super::repeated::Repeated;
use super::show::{self, Refused};
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::conditional::check_if_match;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, Problem, codes};
use crate::routes::Route;
use crate::v2::collection_refs::{self, Refs};
use crate::v2::fingerprint;
use crate::v2::image::{decoded, malformed, take_proof};
use crate::v2::path::{IdPath, person_id};

/// What a body asks for.
struct Asked {
    patch: domain::person::Patch,
    status: Option<Status>,
    reason: Option<String>,
    repeated: Repeated,
}

/// A body, images and collections apart.
type Read = (Asked, NewImages, Refs);

fn reason(text: &str) -> Result<String, Invalid> {
    domain::person::free_text(text, 1, 500)
}

fn read(bytes: &[u8], now: Time) -> Result<Read, Problem> {
    let mut members = Members::of_body(parse(bytes).map_err(|e| malformed(&e))?)?;
    let patch = profile::read(&mut members, now);
    profile::keep_a_name(&mut members, &patch);
    let mut repeated = Repeated::take(&mut members);
    let status = members.text("verificationStatus", |text| {
        Status::parse(text)
            .ok_or_else(|| Invalid::new(FieldCode::Range, "must be pending, verified, failed or expired"))
    });
    if status == Change::Clear {
        members.fault("verificationStatus", Invalid::new(FieldCode::WrongType, "cannot be cleared"));
    }
    let reason = members.text("statusReason", reason);
    if status == Change::Keep && reason != Change::Keep {
        members.fault("statusReason", Invalid::new(FieldCode::NotHere, "goes with verificationStatus"));
    }
    let collections = collection_refs::read(&mut members, "collections");
    let images = members.object("biometricData", |inner| {
        if inner.flag("livenessDetection") == Some(true) {
            let detail = "use POST /v2/persons/{personId}/liveness to check liveness";
            inner.fault("livenessDetection", Invalid::new(FieldCode::NotHere, detail));
        }
        repeated.take_biometric(inner);
        let fingerprint = fingerprint::take(inner);
        let proof = take_proof(inner);
        if proof.is_some() && !matches!(fingerprint, Change::Set(_)) && !inner.has_fault("fingerprint") {
            inner.fault("proof", Invalid::new(FieldCode::NotHere, "goes with `fingerprint`"));
        }
        NewImages { face: inner.text("faceImage", decoded), fingerprint, proof }
    });
    members.finish()?;
    let images = match images {
        Change::Keep => NewImages::default(),
        Change::Clear => NewImages { face: Change::Clear, fingerprint: Change::Clear, proof: None },
        Change::Set(images) => images,
    };
    let asked = Asked { patch, status: status.into_set(), reason: reason.into_set(), repeated };
    Ok((asked, images, collections))
}

/// What is to be done with the person as it is now.
fn decide(
    asked: &Asked,
    headers: &HeaderMap,
    (may_review, may_read): (bool, bool),
    person: &Person,
) -> Result<Decision, Problem> {
    check_if_match(headers, &person.etag())?;
    asked.repeated.check(person, may_read)?;
    // A verification that ran out while the client held its copy is not renewed by sending that copy back.
    let ran_out = asked.status == Some(Status::Verified)
        && person.status() == Status::Expired
        && asked.reason.is_none();
    // A reviewer who says `pending` with a reason lets somebody begin anew, also where the person is `pending` already.
    let anew = asked.status == Some(Status::Pending) && asked.reason.is_some() && may_review;
    let status = asked.status.filter(|s| (anew || *s != person.status()) && !ran_out);
    if status.is_some() && !may_review {
        let mut faults = Members::of_body(crate::json::Json::Object(Vec::new()))?;
        let detail = "is decided by a liveness check; a token with the scope persons:review may change it";
        faults.fault("verificationStatus", Invalid::new(FieldCode::ReadOnly, detail));
        faults.finish()?;
    }
    Ok(Decision::Apply(Box::new(Update {
        patch: asked.patch.clone(),
        review: status.map(|s| (s, asked.reason.clone())),
        may_review,
    })))
}

async fn handle(permit: Permit<PersonsWrite>, id: IdPath, headers: HeaderMap, body: JsonBody) -> Answer {
    let id = person_id(id)?;
    let (mut asked, images, collections) = read(&body.bytes, permit.registry.now())?;
    asked.patch.collections = collection_refs::resolve(&permit, collections).await?;
    let may = (permit.may(Scope::PersonsReview), permit.may(Scope::PersonsRead));
    let updated = permit.registry.update(&permit.caller, id, images, |person| {
        decide(&asked, &headers, may, person).map_err(Refused::Problem)
    });
    let person = updated.await.map_err(|refused| refused.shown(|e| show::refused(&permit, e)))?;
    show::stored(&permit, StatusCode::OK, person).await
}

fn operation(id: &str, summary: &str) -> Operation {
    Operation::new("Persons", id, summary, Some(Scope::PersonsWrite))
        .describe(
            "Only the members present change; `null` clears one; objects merge and arrays replace. Members owned by the \
             server may be repeated. A changed face of a person who was verified must match the one that was checked then, \
             and makes the person `pending`; so does a changed name, birth date, document or nationality. Another finger of \
             such a person comes with a `proof` inside `biometricData`: a face picture taken now, or an impression of a finger \
             that was enrolled then. Only a reviewer who sets `pending` with a `statusReason` lets another face begin anew. \
             Without the scope `persons:read` the answer is `id`, `version` and `verificationStatus` alone.",
        )
        .person_id()
        .header("If-Match", "Change only if the person still has this entity tag.")
        .body("PersonUpdate", &json!({ "phone": "+1234567891", "email": null }))
        .face()
        .fingerprint()
        .proof()
        .problems(&[
            codes::READ_ONLY_FIELD,
            codes::EXTERNAL_ID_TAKEN,
            codes::FACE_MISMATCH,
            codes::FINGERPRINT_MISMATCH,
            codes::TOO_MANY_SAMPLES,
            codes::ATTEMPT_LIMIT,
            codes::DUPLICATE_PERSON,
            codes::GALLERY_LOADING,
            codes::ILLEGAL_TRANSITION,
            codes::PRECONDITION_FAILED,
            codes::FACES_NOT_CONFIGURED,
            codes::DISK_FULL,
        ])
        .answer(200, "The person.", Some("PersonOrChanged"))
}

pub(crate) fn routes() -> [Route; 2] {
    const PATH: &str = "/v2/persons/{personId}";
    [
        Route::new(Method::PUT, PATH, put(handle), operation("updatePerson", "Update a person")),
        Route::new(
            Method::PATCH,
            PATH,
            patch(handle),
            operation("patchPerson", "Update a person by merge patch").merge_patch(),
        ),
    ]
}
