//! `GET /v2/persons/{personId}/biometrics`.

use axum::http::{Method, StatusCode};
use axum::routing::get;
use domain::Scope;
use serde::Serialize;

use super::view::SampleView;
use crate::auth::{Permit, PersonsRead};
use crate::openapi::Operation;
use crate::problem::Answer;
use crate::respond;
use crate::routes::Route;
use crate::v2::path::{IdPath, person_id};

#[derive(Serialize)]
struct ListView {
    data: Vec<SampleView>,
}

async fn handle(permit: Permit<PersonsRead>, id: IdPath) -> Answer {
    let samples = permit.registry.samples(&permit.caller, person_id(id)?).await?;
    respond::json(StatusCode::OK, &ListView { data: samples.iter().map(SampleView::from).collect() })
}

pub(crate) fn route() -> Route {
    let operation =
        Operation::new("Biometrics", "listSamples", "List a person's samples", Some(Scope::PersonsRead))
            .describe("Faces first, then fingerprints; the `primary` ones are shown as the person's `faceImage` and `fingerprint`. Without images.")
            .person_id()
            .answer(200, "The samples.", Some("SampleList"));
    Route::new(Method::GET, "/v2/persons/{personId}/biometrics", get(handle), operation)
}
