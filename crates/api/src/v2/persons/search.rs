//! `POST /v2/persons/search`: who is it?

use axum::http::{Method, StatusCode};
use axum::routing::post;
use domain::Scope;
use registry::{Identified, Question, SearchAnswer};
use serde::Serialize;
use serde_json::json;

use super::view::{ModelsView, PrintView};
use crate::auth::{BiometricsMatch, Permit};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::verdict::{AlikeView, rounded, wanted};
use crate::v2::{collection_refs, image, statuses};

const DEFAULT_LIMIT: u32 = 10;
const MAX_LIMIT: u32 = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CandidateView {
    person_id: String,
    #[serde(flatten)]
    alike: AlikeView,
    r#match: bool,
    verification_status: &'static str,
    sample_id: String,
}

impl From<&Identified> for CandidateView {
    fn from(found: &Identified) -> Self {
        Self {
            person_id: found.person.to_string(),
            alike: AlikeView::of(&found.alike, found.precision),
            r#match: found.matches,
            verification_status: found.status.as_str(),
            sample_id: found.sample.to_string(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchView<'a> {
    candidates: Vec<CandidateView>,
    gallery_size: usize,
    false_positive_rate: f64,
    threshold: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<PrintView>,
    models: ModelsView<'a>,
}

impl<'a> From<&'a SearchAnswer> for SearchView<'a> {
    fn from(answer: &'a SearchAnswer) -> Self {
        Self {
            candidates: answer.candidates.iter().map(CandidateView::from).collect(),
            gallery_size: answer.gallery_size,
            false_positive_rate: rounded(answer.false_positive_rate),
            threshold: answer.threshold.get(),
            fingerprint: answer.fingerprint.as_ref().map(PrintView::from),
            models: (&answer.models).into(),
        }
    }
}

async fn handle(permit: Permit<BiometricsMatch>, body: JsonBody) -> Answer {
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| image::malformed(&e))?)?;
    let presented = image::take_presented(&mut members);
    let limit = members.count("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
    let wanted = wanted(&mut members, "maxFalsePositiveRate");
    let collections = collection_refs::read(&mut members, "collections");
    let statuses = statuses::take(&mut members);
    members.finish()?;
    let collections = collection_refs::resolve(&permit, collections).await?.into_set();
    let question = Question { presented, limit: limit as usize, wanted, collections, statuses };
    let answer = permit.registry.search(&permit.caller, question).await?;
    respond::json(StatusCode::OK, &SearchView::from(&answer))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Matching", "searchPersons", "Who is it?", Some(Scope::BiometricsMatch))
        .describe(
            "Looks for a face, a fingerprint or both among all that are enrolled (1:N), most alike first. Nobody below the threshold \
             is named: an empty list says that it is nobody who is enrolled. The threshold follows the size of the gallery, so \
             that `maxFalsePositiveRate` (by default 0.001) holds for the whole search. `minScore` lists others too; `match` \
             still says who reaches the threshold. A search decides nothing about a person.",
        )
        .body("SearchRequest", &json!({ "faceImage": "/9j/4AAQSkZJRg…", "limit": 5, "collections": ["staff"] }))
        .face()
        .fingerprint()
        .problems(&[
            codes::GALLERY_LOADING,
            codes::FACES_NOT_CONFIGURED,
            codes::FINGERPRINTS_NOT_CONFIGURED,
            codes::ATTEMPT_LIMIT,
        ])
        .answer(200, "The candidates.", Some("SearchAnswer"));
    Route::new(Method::POST, "/v2/persons/search", post(handle), operation)
}
