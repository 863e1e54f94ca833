//! `POST /v2/persons/{personId}/biometrics`: another face or fingerprint of a person.

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::post;
use domain::{FieldCode, Invalid, Scope};
use registry::{AccessError, ToEnrol};
use serde_json::json;

use super::view::SampleView;
use crate::auth::{Permit, PersonsWrite};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::path::{IdPath, person_id};
use crate::v2::persons::show;
use crate::v2::{idempotency, image};

const PATH: &str = "/v2/persons/{personId}/biometrics";

async fn handle(permit: Permit<PersonsWrite>, id: IdPath, headers: HeaderMap, body: JsonBody) -> Answer {
    let id = person_id(id)?;
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| image::malformed(&e))?)?;
    let sample = image::take_sample(&mut members);
    let force = members.flag("force").unwrap_or_default();
    let proof = image::take_proof(&mut members);
    if let (Some(ToEnrol::Face(_)), Some(_)) = (&sample, &proof) {
        members.fault("proof", Invalid::new(FieldCode::NotHere, "goes with `fingerprint`"));
    }
    let sample = image::finished(members, sample)?;
    if force && !permit.may(Scope::PersonsReview) {
        return Err(AccessError::Missing(Scope::PersonsReview).into());
    }
    let route = PATH.replace("{personId}", &id.to_string());
    let key = idempotency::read(&permit, &headers, &route, &body.bytes).await?;
    let added = permit.registry.add_sample(&permit.caller, id, sample, proof, force, key).await;
    let (_, sample) = added.map_err(|e| show::refused(&permit, e))?;
    let location = format!("{route}/{}", sample.reference.id());
    let answer = respond::json(StatusCode::CREATED, &SampleView::from(&sample))?;
    Ok(respond::with(answer, header::LOCATION, &location))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Biometrics", "addSample", "Enrol another face or fingerprint of a person", Some(Scope::PersonsWrite))
        .describe(
            "Up to ten faces and three impressions of each of ten fingers make matching surer; one sample a request. A face must \
             match those that are enrolled, and so must an impression of a `finger` that is enrolled, unless `force` is set, \
             which needs the scope `persons:review`. Of a person who was verified, a face must match the one that was checked \
             then, and another finger comes with a `proof`: a face picture taken now, or an impression of a finger that was \
             enrolled then. The first face and the first fingerprint become the `primary` ones.",
        )
        .person_id()
        .idempotent()
        .body("SampleCreate", &json!({ "faceImage": "/9j/4AAQSkZJRg…" }))
        .face()
        .fingerprint()
        .proof()
        .problems(&[
            codes::FACE_MISMATCH,
            codes::FINGERPRINT_MISMATCH,
            codes::ATTEMPT_LIMIT,
            codes::DUPLICATE_PERSON,
            codes::TOO_MANY_SAMPLES,
            codes::MISSING_SCOPE,
            codes::GALLERY_LOADING,
            codes::FACES_NOT_CONFIGURED,
            codes::DISK_FULL,
        ])
        .answer(201, "The sample.", Some("Sample"));
    Route::new(Method::POST, PATH, post(handle), operation)
}
