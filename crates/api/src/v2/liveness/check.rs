//! `POST /v2/liveness`: is the face in this image alive? Nothing is stored.

use axum::http::{Method, StatusCode};
use axum::routing::post;
use domain::Scope;
use serde_json::json;

use super::view::LivenessView;
use crate::auth::{BiometricsMatch, Permit};
use crate::body::JsonBody;
use crate::openapi::Operation;
use crate::problem::{Answer, Problem, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::image;

async fn handle(permit: Permit<BiometricsMatch>, body: JsonBody) -> Answer {
    let capture = image::read(&body.bytes)?;
    permit.compares(capture.images()).await?;
    let liveness = permit.registry.liveness(&permit.caller, capture).await.map_err(Problem::for_liveness)?;
    respond::json(StatusCode::OK, &LivenessView::from(&liveness))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Liveness", "checkLiveness", "Judge the liveness of a face", Some(Scope::BiometricsMatch))
        .describe("Judges one image, or 2 to 10 frames in its place, and stores nothing. Of frames all must be of one person, and the least live fifth decides. The score is a risk measure on a documented scale, not a probability. Checks \
             that fail are counted for the token, as failed comparisons are.")
        .body("LivenessRequest", &json!({ "faceImage": "/9j/4AAQSkZJRg…" }))
        .live_face()
        .problems(&[codes::ATTEMPT_LIMIT])
        .answer(200, "The judgement.", Some("Liveness"));
    Route::new(Method::POST, "/v2/liveness", post(handle), operation)
}
