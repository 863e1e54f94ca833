//! `POST /v2/compare`: do these images show one person?

use axum::http::{Method, StatusCode};
use axum::routing::post;
use domain::person::Change;
use domain::{FieldCode, Invalid, Scope};
use serde_json::json;

use crate::auth::{BiometricsMatch, Permit};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, Problem, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::image::{self, decoded};
use crate::v2::verdict::{VerdictView, wanted};

/// Most images a probe is compared with.
const MOST: usize = 10;

async fn handle(permit: Permit<BiometricsMatch>, body: JsonBody) -> Answer {
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| image::malformed(&e))?)?;
    let probe = members.text("probe", decoded);
    let gallery = members.texts("gallery", MOST, decoded);
    for (name, missing) in [
        ("probe", matches!(probe, Change::Clear) || (probe == Change::Keep && !members.has_fault("probe"))),
        (
            "gallery",
            !matches!(&gallery, Change::Set(images) if !images.is_empty()) && !members.has_fault("gallery"),
        ),
    ] {
        if missing {
            members.fault(name, Invalid::new(FieldCode::Required, "is required"));
        }
    }
    let wanted = wanted(&mut members, "maxFalseMatchRate");
    let (probe, gallery) = image::finished(members, probe.into_set().zip(gallery.into_set()))?;
    permit.compares(gallery.len()).await?;
    let compared = permit.registry.compare(probe, gallery, wanted).await.map_err(|(place, error)| {
        let pointer = if place == 0 { "/probe".to_owned() } else { format!("/gallery/{}", place - 1) };
        Problem::from(error).at(pointer)
    })?;
    respond::json(StatusCode::OK, &VerdictView::of_faces(compared.best, &compared.results, &compared.models))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Matching", "compareFaces", "Do these images show one person?", Some(Scope::BiometricsMatch))
        .describe(
            "Compares the one face of `probe` with the one face of each image of `gallery`, up to ten; nothing is stored. The \
             answer is that of the most alike, with all in `results`. An image that is refused is named in `errors`.",
        )
        .body("CompareRequest", &json!({ "probe": "/9j/4AAQSkZJRg…", "gallery": ["/9j/4AAQSkZJRg…"] }))
        .face()
        .problems(&[codes::FACES_NOT_CONFIGURED])
        .answer(200, "The verdict.", Some("Verdict"));
    Route::new(Method::POST, "/v2/compare", post(handle), operation)
}
