//! `DELETE /v2/persons/{personId}/biometrics/{sampleId}`.

use axum::http::{Method, StatusCode};
use axum::routing::delete;
use domain::Scope;

use crate::auth::{Permit, PersonsWrite};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::routes::Route;
use crate::v2::path::{TwoIdPath, two};
use crate::v2::persons::show;

async fn handle(permit: Permit<PersonsWrite>, ids: TwoIdPath) -> Answer {
    let (person, sample) = two(ids)?;
    let may_review = permit.may(Scope::PersonsReview);
    let person = permit.registry.remove_sample(&permit.caller, person, sample, may_review).await?;
    show::stored(&permit, StatusCode::OK, person).await
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Biometrics", "removeSample", "Remove a sample", Some(Scope::PersonsWrite))
        .describe(
            "The sample is not found by any search that begins afterwards. Where a `primary` one goes, the next of its kind takes its \
             place. The face a verification rests on, and the last face of a person who was checked, need the scope \
             `persons:review`; a finger it rests on can go without, and makes the person `pending`. Without the scope \
             `persons:read` the answer is `id`, `version` and `verificationStatus` alone.",
        )
        .person_id()
        .path("sampleId", "sample_01jhbq7z9pf6dvyr3s5t8w2xkm")
        .problems(&[codes::DISK_FULL])
        .answer(200, "The person.", Some("PersonOrChanged"));
    Route::new(Method::DELETE, "/v2/persons/{personId}/biometrics/{sampleId}", delete(handle), operation)
}
