//! `GET /v2/persons/{personId}/biometrics/{sampleId}`: a sample with its image.

use axum::http::{Method, StatusCode};
use axum::routing::get;
use domain::Scope;

use super::view::SampleView;
use crate::auth::{BiometricsRead, Permit};
use crate::openapi::Operation;
use crate::problem::Answer;
use crate::respond;
use crate::routes::Route;
use crate::v2::path::{TwoIdPath, two};

async fn handle(permit: Permit<BiometricsRead>, ids: TwoIdPath) -> Answer {
    let (person, sample) = two(ids)?;
    let _builder = permit.builder().await;
    let sample = permit.registry.sample(&permit.caller, person, sample).await?;
    respond::json(StatusCode::OK, &SampleView::from(&sample))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new(
        "Biometrics",
        "getSample",
        "Read a sample with its image, and a fingerprint's template",
        Some(Scope::BiometricsRead),
    )
    .person_id()
    .path("sampleId", "sample_01jhbq7z9pf6dvyr3s5t8w2xkm")
    .answer(200, "The sample.", Some("Sample"));
    Route::new(Method::GET, "/v2/persons/{personId}/biometrics/{sampleId}", get(handle), operation)
}
