//! `POST /v2/persons/{personId}/verify`: is it this person?

use axum::http::{Method, StatusCode};
use axum::routing::post;
use domain::Scope;
use serde_json::json;

use crate::auth::{BiometricsMatch, Permit};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::image;
use crate::v2::path::{IdPath, person_id};
use crate::v2::verdict::{VerdictView, wanted};

async fn handle(permit: Permit<BiometricsMatch>, id: IdPath, body: JsonBody) -> Answer {
    let id = person_id(id)?;
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| image::malformed(&e))?)?;
    let probe = image::take_probe(&mut members)?;
    let wanted = wanted(&mut members, "maxFalseMatchRate");
    let probe = image::finished(members, probe)?;
    let (verdict, models) = permit.registry.verify(&permit.caller, id, probe, wanted).await?;
    respond::json(StatusCode::OK, &VerdictView::of_faces(verdict, &[], &models))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Matching", "verifyPerson", "Is it this person?", Some(Scope::BiometricsMatch))
        .describe(
            "Compares the one face of an image with the enrolled faces of a person (1:1); nothing is stored and no liveness \
             is judged. `match` says whether `score` reaches `threshold`: by default the score at which one pair of \
             strangers in 10,000 would match.",
        )
        .person_id()
        .body("VerifyRequest", &json!({ "faceImage": "/9j/4AAQSkZJRg…", "maxFalseMatchRate": 0.0001 }))
        .face()
        .problems(&[codes::NO_FACE_ENROLLED, codes::FACES_NOT_CONFIGURED, codes::FINGERPRINTS_NOT_CONFIGURED])
        .answer(200, "The verdict.", Some("Verdict"));
    Route::new(Method::POST, "/v2/persons/{personId}/verify", post(handle), operation)
}
