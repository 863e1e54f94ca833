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
use crate::v2::path::{IdPath, person_id};
use crate::v2::verdict::{VerdictView, wanted};
use crate::v2::{image, statuses};

async fn handle(permit: Permit<BiometricsMatch>, id: IdPath, body: JsonBody) -> Answer {
    let id = person_id(id)?;
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| image::malformed(&e))?)?;
    let presented = image::take_presented(&mut members);
    let wanted = wanted(&mut members, "maxFalseMatchRate");
    let statuses = statuses::take(&mut members);
    members.finish()?;
    let verified = permit.registry.verify(&permit.caller, id, presented, wanted, statuses).await?;
    respond::json(StatusCode::OK, &VerdictView::of(&verified))
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Matching", "verifyPerson", "Is it this person?", Some(Scope::BiometricsMatch))
        .describe(
            "Compares a face, a fingerprint or both with what is enrolled of a person (1:1); nothing is stored and no liveness \
             is judged. `match` says whether `score` reaches `threshold`: by default the score at which one pair of \
             strangers in 10,000 would match. With both, `score` is that of the two together, by the sum of their likelihood \
             ratios, and `parts` says how alike each was. A person who is neither `pending` nor `verified` matches nobody, \
             unless `statuses` names the status; `verificationStatus` says what the person is now. Below the threshold the \
             score comes in steps of 0.1 and without a rate, unless the token has the scope `persons:review`. Comparisons that \
             fail are counted for the person and for the token: after ten there is a pause that doubles.",
        )
        .person_id()
        .body("VerifyRequest", &json!({ "faceImage": "/9j/4AAQSkZJRg…", "maxFalseMatchRate": 0.0001 }))
        .face()
        .fingerprint()
        .problems(&[
            codes::NO_FACE_ENROLLED,
            codes::NO_FINGERPRINT_ENROLLED,
            codes::FACES_NOT_CONFIGURED,
            codes::FINGERPRINTS_NOT_CONFIGURED,
            codes::ATTEMPT_LIMIT,
        ])
        .answer(200, "The verdict.", Some("Verdict"));
    Route::new(Method::POST, "/v2/persons/{personId}/verify", post(handle), operation)
}
