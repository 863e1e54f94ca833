//! Several frames in place of one image, where liveness is judged: the real engine on real photographs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engine::face::perturb::Perturbation;
use serde_json::{Value, json};
use testkit::{App, Setup, faces};

fn coded(frames: &[Vec<u8>]) -> Vec<String> {
    frames.iter().map(|frame| BASE64_STANDARD.encode(frame)).collect()
}

fn images(frames: &[Vec<u8>]) -> Value {
    json!({ "images": coded(frames) })
}

fn person(frames: &[Vec<u8>]) -> Value {
    json!({
        "firstName": "Ana", "lastName": "Doe",
        "biometricData": { "images": coded(frames), "livenessDetection": true }
    })
}

/// The same moment, compressed otherwise: other pixels.
fn recompressed(picture: &[u8], quality: u8) -> Vec<u8> {
    Perturbation::Jpeg(quality).of_file(picture).expect("a picture")
}

fn ana() -> Vec<Vec<u8>> {
    vec![recompressed(&faces::ana(), 80), faces::ana(), recompressed(&faces::ana(), 90)]
}

#[tokio::test]
async fn of_few_frames_the_least_live_decides_and_the_answer_says_that_there_were_several() {
    let app = App::with_faces().await;
    let mut scores = Vec::new();
    for frame in ana() {
        let one = json!({ "faceImage": BASE64_STANDARD.encode(frame) });
        let said = app.post("/v2/liveness", &one).await.expect(200);
        assert_eq!(said.json["captureAssurance"], "none");
        scores.push(said.json["livenessScore"].as_f64().unwrap());
    }
    let least = scores.iter().copied().fold(1.0, f64::min);
    for body in [images(&ana()), json!({ "biometricData": images(&ana()) })] {
        let said = app.post("/v2/liveness", &body).await.expect(200);
        assert_eq!(said.json["captureAssurance"], "frames");
        assert!(
            (said.json["livenessScore"].as_f64().unwrap() - least).abs() < 1e-6,
            "{scores:?} {}",
            said.text
        );
    }
}

#[tokio::test]
async fn frames_verify_a_person_the_best_is_stored_and_each_proves_once() {
    let app = App::with_faces().await;
    let frames = ana();
    let made = app.post("/v2/persons/liveness", &person(&frames)).await.expect(201);
    assert_eq!(made.json["verificationStatus"], "verified", "{}", made.text);
    assert_eq!(made.json["verification"]["captureAssurance"], "frames");
    let stored = made.json["biometricData"]["faceImage"].as_str().unwrap();
    assert!(coded(&frames).iter().any(|frame| frame == stored), "one of the frames, as it was sent");
    let path = format!("/v2/persons/{}/liveness", made.id());
    for frame in &frames {
        let again = json!({ "faceImage": BASE64_STANDARD.encode(frame) });
        app.post(&path, &again).await.problem(409, "liveness-replayed");
    }
    let mixed = [recompressed(&faces::ana(), 85), frames[0].clone()];
    app.post(&path, &images(&mixed)).await.problem(409, "liveness-replayed");
    let fresh = [recompressed(&faces::ana(), 85), recompressed(&faces::ana(), 86)];
    let renewed = app.post(&path, &images(&fresh)).await.expect(200);
    assert_eq!(renewed.json["verification"]["captureAssurance"], "frames");
    let single = json!({ "faceImage": BASE64_STANDARD.encode(recompressed(&faces::ana(), 87)) });
    let renewed = app.post(&path, &single).await.expect(200);
    assert_eq!(renewed.json["verification"]["captureAssurance"], "none", "the newest check counts");
}

#[tokio::test]
async fn frames_that_are_not_live_make_a_failed_person() {
    let app = App::with_faces().await;
    let frames = [faces::mia_not_live(), recompressed(&faces::mia_not_live(), 90)];
    let failed = app.post("/v2/persons/liveness", &person(&frames)).await.expect(201);
    assert_eq!(failed.json["verificationStatus"], "failed", "{}", failed.text);
    assert_eq!(failed.json["verification"]["captureAssurance"], "frames");
}

#[tokio::test]
async fn the_same_picture_twice_is_refused_also_in_another_file() {
    let app = App::with_faces().await;
    let ana = faces::ana();
    // A comment after the start marker: other bytes, the same pixels.
    let commented = [&ana[..2], b"\xff\xfe\0\x07hello", &ana[2..]].concat();
    for second in [ana.clone(), commented] {
        let frames = [recompressed(&ana, 80), ana.clone(), second];
        let refused = app.post("/v2/liveness", &images(&frames)).await.problem(422, "frames-repeated");
        assert!(refused.json["detail"].as_str().unwrap().starts_with("frame 3: "), "{}", refused.text);
    }
}

#[tokio::test]
async fn frames_of_two_people_are_refused() {
    let app = App::with_faces().await;
    let frames = [faces::ana(), faces::eva()];
    app.post("/v2/liveness", &images(&frames)).await.problem(422, "frames-differ");
    app.post("/v2/persons/liveness", &person(&frames)).await.problem(422, "frames-differ");
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0);
}

#[tokio::test]
async fn a_frame_that_does_not_do_is_named() {
    let app = App::with_faces().await;
    let frames = [faces::ana(), faces::dark()];
    let refused = app.post("/v2/liveness", &images(&frames)).await.problem(422, "too-dark");
    assert!(refused.json["detail"].as_str().unwrap().starts_with("frame 2: "), "{}", refused.text);
    assert!(refused.json["measured"].as_f64() < refused.json["limit"].as_f64());
}

#[tokio::test]
async fn frames_are_two_to_ten_stand_in_place_of_the_image_and_only_where_liveness_is_judged() {
    let app = App::with_faces().await;
    let one = faces::small();
    for count in [0, 1, 11] {
        let body = images(&vec![one.clone(); count]);
        app.post("/v2/liveness", &body).await.problem(422, "validation-failed");
    }
    let mut both = images(&ana());
    both["faceImage"] = json!(BASE64_STANDARD.encode(faces::ana()));
    app.post("/v2/liveness", &both).await.problem(422, "validation-failed");
    let wrong = json!({ "images": ["no base64!", BASE64_STANDARD.encode(&one)] });
    let refused = app.post("/v2/liveness", &wrong).await.problem(422, "validation-failed");
    assert_eq!(refused.json["errors"][0]["pointer"], "/images/0", "{}", refused.text);
    assert_eq!(refused.json["errors"].as_array().unwrap().len(), 1, "{}", refused.text);
    let plain = json!({ "firstName": "A", "lastName": "B", "biometricData": images(&ana()) });
    let refused = app.post("/v2/persons", &plain).await.problem(422, "validation-failed");
    assert_eq!(refused.json["errors"][0]["pointer"], "/biometricData/images", "{}", refused.text);
    app.post("/v2/liveness", &json!({})).await.problem(422, "validation-failed");
}

#[tokio::test]
async fn each_frame_counts_as_an_image_that_was_judged() {
    let limits = api::Limits { comparisons_per_minute: Some(5), ..testkit::patient() };
    let app = App::with(Setup { faces: Some(faces::engine()), limits, ..Setup::default() }).await;
    app.post("/v2/liveness", &images(&ana())).await.expect(200);
    app.post("/v2/liveness", &images(&ana())).await.problem(429, "too-many-requests");
}
