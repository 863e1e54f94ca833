//! `POST /v2/detect`: which faces are in this image?

use axum::http::{Method, StatusCode};
use axum::routing::post;
use domain::Scope;
use registry::{DetectedFace, Quality};
use serde::Serialize;
use serde_json::json;

use crate::auth::{BiometricsMatch, Permit};
use crate::body::JsonBody;
use crate::json::{Members, parse};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::respond;
use crate::routes::Route;
use crate::v2::image;
use crate::v2::persons::view::{ModelsView, QualityView};

#[derive(Serialize)]
struct BoxView {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LandmarksView {
    left_eye: [f32; 2],
    right_eye: [f32; 2],
    nose: [f32; 2],
    mouth_left: [f32; 2],
    mouth_right: [f32; 2],
}

#[derive(Serialize)]
struct FaceView {
    r#box: BoxView,
    confidence: f32,
    landmarks: LandmarksView,
    quality: QualityView,
}

#[derive(Serialize)]
struct DetectView<'a> {
    width: u32,
    height: u32,
    faces: Vec<FaceView>,
    models: ModelsView<'a>,
}

fn round(value: f32) -> f32 {
    (value * 10.0).round() / 10.0 + 0.0
}

impl From<&DetectedFace> for FaceView {
    fn from(found: &DetectedFace) -> Self {
        let [left_eye, right_eye, nose, mouth_left, mouth_right] = found.landmarks.map(|p| p.map(round));
        let [x, y, width, height] = found.rectangle.map(round);
        Self {
            r#box: BoxView { x, y, width, height },
            confidence: found.quality.detection,
            landmarks: LandmarksView { left_eye, right_eye, nose, mouth_left, mouth_right },
            quality: (&found.quality as &Quality).into(),
        }
    }
}

async fn handle(permit: Permit<BiometricsMatch>, body: JsonBody) -> Answer {
    let mut members = Members::of_body(parse(&body.bytes).map_err(|e| image::malformed(&e))?)?;
    let probe = image::take_face(&mut members);
    let image = image::finished(members, probe)?;
    let detected = permit.registry.detect(image).await?;
    let view = DetectView {
        width: detected.width,
        height: detected.height,
        faces: detected.faces.iter().map(FaceView::from).collect(),
        models: (&detected.models).into(),
    };
    respond::json(StatusCode::OK, &view)
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Matching", "detectFaces", "Which faces are in this image?", Some(Scope::BiometricsMatch))
        .describe(
            "All faces of an image with box, five landmarks and measures, the tallest first, in pixels of the upright image. \
             No face is an empty list. Left and right are those of the image. Nothing is stored.",
        )
        .body("DetectRequest", &json!({ "faceImage": "/9j/4AAQSkZJRg…" }))
        .problems(&[
            codes::IMAGE_UNDECODABLE,
            codes::IMAGE_TOO_LARGE,
            codes::FACES_NOT_CONFIGURED,
        ])
        .answer(200, "The faces.", Some("Detection"));
    Route::new(Method::POST, "/v2/detect", post(handle), operation)
}
