//! Faces through the API: the real engine on real photographs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engine::face::perturb::Perturbation;
use serde_json::{Value, json};
use testkit::{App, faces};

fn with_face(image: &[u8]) -> Value {
    json!({
        "firstName": "John", "lastName": "Doe", "email": "john.doe@example.com",
        "biometricData": {"faceImage": BASE64_STANDARD.encode(image), "livenessDetection": true}
    })
}

fn plain(image: &[u8]) -> Value {
    json!({"firstName": "John", "lastName": "Doe", "biometricData": {"faceImage": BASE64_STANDARD.encode(image)}})
}

fn image(bytes: &[u8]) -> Value {
    json!({"faceImage": BASE64_STANDARD.encode(bytes)})
}

#[tokio::test]
async fn a_live_face_is_verified_and_a_dead_one_failed() {
    let app = App::with_faces().await;
    let live = app.post("/v2/persons/liveness", &with_face(&faces::ana())).await.expect(201);
    assert_eq!(live.json["verificationStatus"], "verified");
    let score = live.json["biometricData"]["livenessScore"].as_f64().unwrap();
    assert!((0.65..=1.0).contains(&score));
    assert!(live.json["verifiedAt"].is_string() && live.json["expiresAt"].is_string());
    assert_eq!(live.json["verification"]["threshold"], 0.65);
    assert!(live.json["verification"]["models"]["liveness"].is_string());
    let dead = app.post("/v2/persons/liveness", &with_face(&faces::mia_not_live())).await.expect(201);
    assert_eq!(dead.json["verificationStatus"], "failed");
    assert!(dead.json["biometricData"]["livenessScore"].as_f64().unwrap() < 0.65);
    assert_eq!(dead.json["verification"]["reasons"], json!(["liveness-below-threshold"]));
    assert_eq!(dead.json["biometricData"]["samples"][0]["state"], "evidence");
}

#[tokio::test]
async fn each_bad_image_gets_its_own_code_and_nothing_is_stored() {
    let app = App::with_faces().await;
    let ana = faces::ana();
    for (bytes, code) in [
        (b"just some text, no image".to_vec(), "image-undecodable"),
        (ana[..ana.len() / 2].to_vec(), "image-undecodable"),
        (faces::nobody(), "face-not-found"),
        (faces::two(), "multiple-faces"),
        (faces::small(), "face-too-small"),
        (faces::cut_off(), "face-cut-off"),
        (faces::tight(), "face-context-missing"),
        (faces::dark(), "too-dark"),
        (faces::blurred(), "too-blurry"),
    ] {
        let reply = app.post("/v2/persons/liveness", &with_face(&bytes)).await.problem(422, code);
        assert!(reply.json["detail"].as_str().unwrap().len() > 10);
        app.post("/v2/liveness", &image(&bytes)).await.problem(422, code);
    }
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0);
}

#[tokio::test]
async fn a_plain_create_enrols_the_face_and_claims_no_liveness() {
    let app = App::with_faces().await;
    let created = app.post("/v2/persons", &plain(&faces::ana())).await.expect(201);
    assert_eq!(created.json["verificationStatus"], "pending");
    assert_eq!(created.json["biometricData"]["livenessScore"], Value::Null);
    assert_eq!(created.json["biometricData"]["samples"][0]["state"], "enrolled");
    app.post("/v2/persons", &plain(&faces::two())).await.problem(422, "multiple-faces");
    app.post("/v2/persons", &plain(&faces::tight())).await.expect(201);
}

#[tokio::test]
async fn a_person_with_a_face_round_trips_and_survives_a_restart() {
    let app = App::with_faces().await;
    let created = app.post("/v2/persons/liveness", &with_face(&faces::ana())).await.expect(201);
    let path = format!("/v2/persons/{}", created.id());
    assert_eq!(created.json["biometricData"]["faceImage"], BASE64_STANDARD.encode(faces::ana()));
    let app = app.restart().await;
    let read = app.get(&path).await.expect(200);
    assert_eq!(read.json, created.json);
    let put = app.put(&path, &read.json).await.expect(200);
    assert_eq!((&put.json, put.header("etag")), (&read.json, "\"1\""));
}

#[tokio::test]
async fn verifying_again_needs_the_same_live_face() {
    let app = App::with_faces().await;
    let path =
        format!("/v2/persons/{}", app.post("/v2/persons", &plain(&faces::ana())).await.expect(201).id());
    let check = format!("{path}/liveness");
    let before = app.get(&path).await.json;
    app.post(&check, &image(&faces::eva())).await.problem(409, "face-mismatch");
    assert_eq!(app.get(&path).await.json, before, "nothing changed");
    let verified = app.post(&check, &image(&faces::ana_again())).await.expect(200);
    assert_eq!(verified.json["verificationStatus"], "verified");
    let nested = json!({"biometricData": {"faceImage": BASE64_STANDARD.encode(faces::ana_once_more()), "livenessDetection": true}});
    let renewed = app.post(&check, &nested).await.expect(200);
    assert!(renewed.json["expiresAt"].as_str() > verified.json["expiresAt"].as_str());
    let kept = app.post(&check, &image(&faces::mia_not_live())).await.expect(200);
    assert_eq!(kept.json["verificationStatus"], "verified", "a failed check unseats nobody");
}

#[tokio::test]
async fn the_first_face_of_a_person_is_enrolled_by_its_check() {
    let app = App::with_faces().await;
    let path = format!(
        "/v2/persons/{}",
        app.post("/v2/persons", &json!({"firstName": "J", "lastName": "D"})).await.expect(201).id()
    );
    let check = format!("{path}/liveness");
    assert_eq!(
        app.post(&check, &image(&faces::mia_not_live())).await.expect(200).json["verificationStatus"],
        "failed"
    );
    let verified = app.post(&check, &image(&faces::ana())).await.expect(200);
    assert_eq!(verified.json["verificationStatus"], "verified");
    assert_eq!(verified.json["biometricData"]["samples"].as_array().unwrap().len(), 1);
    app.post(&check, &image(&faces::eva())).await.problem(409, "face-mismatch");
}

#[tokio::test]
async fn a_verified_face_is_replaced_by_the_same_persons_only_and_then_pending() {
    let app = App::with_faces().await;
    let path = format!(
        "/v2/persons/{}",
        app.post("/v2/persons/liveness", &with_face(&faces::ana())).await.expect(201).id()
    );
    let replace = |bytes: Vec<u8>| json!({"biometricData": {"faceImage": BASE64_STANDARD.encode(bytes)}});
    app.put(&path, &replace(faces::eva())).await.problem(409, "face-mismatch");
    let replaced = app.put(&path, &replace(faces::ana_again())).await.expect(200);
    assert_eq!(replaced.json["verificationStatus"], "pending");
    assert_eq!(replaced.json["biometricData"]["livenessScore"], Value::Null);
    assert_eq!(replaced.json["biometricData"]["faceImage"], BASE64_STANDARD.encode(faces::ana_again()));
    app.put(&path, &replace(faces::eva())).await.problem(409, "face-mismatch");
    assert_eq!(app.get(&path).await.expect(200).json["verificationStatus"], "pending");
}

#[tokio::test]
async fn five_failed_checks_of_one_person_bring_a_pause_that_survives_a_restart() {
    let app = App::with_faces().await;
    let path = format!(
        "/v2/persons/{}/liveness",
        app.post("/v2/persons", &plain(&faces::ana())).await.expect(201).id()
    );
    for _ in 0..5 {
        assert_eq!(
            app.post(&path, &image(&faces::mia_not_live())).await.expect(200).json["verificationStatus"],
            "failed"
        );
    }
    let app = app.restart().await;
    let stopped = app.post(&path, &image(&faces::ana())).await.problem(429, "liveness-brake");
    assert!(stopped.header("retry-after").parse::<u64>().is_ok_and(|s| (1_700..=1_800).contains(&s)));
    app.clock.turn(1_801);
    assert_eq!(
        app.post(&path, &image(&faces::ana())).await.expect(200).json["verificationStatus"],
        "verified"
    );
}

#[tokio::test]
async fn a_stateless_check_stores_nothing_and_names_its_models() {
    let app = App::with_faces().await;
    let reply = app.post("/v2/liveness", &image(&faces::ana())).await.expect(200);
    assert_eq!((&reply.json["live"], &reply.json["captureAssurance"]), (&json!(true), &json!("none")));
    assert!(reply.json["quality"]["faceHeight"].as_f64().unwrap() > 200.0);
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0);
    let data_url =
        json!({"faceImage": format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(faces::ana()))});
    app.post("/v2/liveness", &data_url).await.expect(200);
    app.post("/v2/liveness", &json!({"faceImage": "https://example.com/a.jpg"}))
        .await
        .problem(422, "validation-failed");
}

#[tokio::test]
async fn evidence_of_a_failed_check_is_kept_for_thirty_days() {
    let app = App::with_faces().await;
    let failed = app.post("/v2/persons/liveness", &with_face(&faces::mia_not_live())).await.expect(201);
    let enrolled = app.post("/v2/persons", &plain(&faces::ana())).await.expect(201);
    assert_eq!(app.registry.retire_evidence().await, Ok(0));
    app.clock.turn(30 * 86_400 + 1);
    assert_eq!(app.registry.retire_evidence().await, Ok(1));
    let read = app.get(&format!("/v2/persons/{}", failed.id())).await.expect(200);
    assert_eq!(read.json["biometricData"]["faceImage"], Value::Null);
    assert_eq!(read.json["biometricData"]["livenessScore"], failed.json["biometricData"]["livenessScore"]);
    assert_eq!(app.get(&format!("/v2/persons/{}", enrolled.id())).await.json, enrolled.json);
}

#[tokio::test]
async fn no_setting_and_no_detour_gets_a_strangers_face_into_a_verified_person() {
    let app = App::with_faces().await;
    let path = format!(
        "/v2/persons/{}",
        app.post("/v2/persons/liveness", &with_face(&faces::ana())).await.expect(201).id()
    );
    let stranger = BASE64_STANDARD.encode(faces::eva());
    let both = json!({"lastName": "Other", "biometricData": {"faceImage": stranger}});
    app.put(&path, &both).await.problem(409, "face-mismatch");
    let writer = app.token_with(&[domain::Scope::PersonsWrite]).await;
    let clear = axum::http::Request::put(&path)
        .header("authorization", format!("Bearer {writer}"))
        .header("content-type", "application/json")
        .body(json!({"biometricData": {"faceImage": null}}).to_string().into())
        .unwrap();
    app.raw(clear).await.problem(403, "missing-scope");
    let cleared = app.put(&path, &json!({"biometricData": {"faceImage": null}})).await.expect(200);
    assert_eq!(cleared.json["verificationStatus"], "pending", "a reviewer may, and the status goes with it");
}

/// A picture after what the world does to it.
fn after(kind: Perturbation, picture: &[u8]) -> Value {
    image(&kind.of_file(picture).expect("a picture"))
}

#[tokio::test]
async fn a_face_is_known_whatever_its_turn_and_width_and_as_a_negative() {
    let app = App::with_faces().await;
    let path =
        format!("/v2/persons/{}", app.post("/v2/persons", &plain(&faces::ana())).await.expect(201).id());
    let turns = [15, 30, 45, 60, 90, 135, 180, 225, 270, 315].map(Perturbation::Turned);
    let others = [Perturbation::Wider(0.67), Perturbation::Wider(1.5), Perturbation::Negative];
    for kind in turns.into_iter().chain(others) {
        let said = app.post(&format!("{path}/verify"), &after(kind, &faces::ana_again())).await.expect(200);
        assert_eq!(said.json["match"], true, "{kind}: {}", said.text);
        let other = app.post(&format!("{path}/verify"), &after(kind, &faces::eva())).await.expect(200);
        assert_eq!(other.json["match"], false, "{kind}: {}", other.text);
    }
    // The answer tells the turn, and what is stored stays as it was sent.
    let lying = Perturbation::Turned(90).of_file(&faces::ana_once_more()).unwrap();
    let stored = app.post("/v2/persons", &plain(&lying)).await.expect(201);
    let roll = stored.json["biometricData"]["quality"]["roll"].as_f64().unwrap();
    assert!((roll - 90.0).abs() < 10.0, "{}", stored.text);
    assert_eq!(stored.json["biometricData"]["faceImage"], BASE64_STANDARD.encode(&lying));
}

#[tokio::test]
async fn strangers_are_no_more_alike_upside_down_or_as_negatives() {
    let app = App::with_faces().await;
    let both = [Perturbation::Turned(180), Perturbation::Turned(135), Perturbation::Negative];
    for kind in both {
        let [probe, other] = [faces::eva(), faces::ana()].map(|p| after(kind, &p)["faceImage"].clone());
        let said = app.post("/v2/compare", &json!({ "probe": probe, "gallery": [other] })).await.expect(200);
        assert_eq!(said.json["match"], false, "{kind}");
        assert!(said.json["falseMatchRate"].as_f64().unwrap() > 1e-3, "{kind}: {}", said.text);
    }
}

#[tokio::test]
async fn eyes_that_are_covered_make_a_face_unclear_and_nothing_is_enrolled_or_compared() {
    let app = App::with_faces().await;
    let barred = faces::barred();
    app.post("/v2/persons", &plain(&barred)).await.problem(422, "face-unclear");
    app.post("/v2/persons/search", &image(&barred)).await.problem(422, "face-unclear");
    let [probe, other] = [barred, faces::ana()].map(|file| BASE64_STANDARD.encode(file));
    app.post("/v2/compare", &json!({ "probe": probe, "gallery": [other] }))
        .await
        .problem(422, "face-unclear");
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0);
}

#[tokio::test]
async fn a_face_that_lies_on_its_side_is_judged_as_if_it_stood() {
    let app = App::with_faces().await;
    let upright = app.post("/v2/liveness", &image(&faces::ana())).await.expect(200);
    let lying = app.post("/v2/liveness", &after(Perturbation::Turned(90), &faces::ana())).await.expect(200);
    let [a, b] = [&upright, &lying].map(|said| said.json["livenessScore"].as_f64().unwrap());
    assert!((a - b).abs() < 0.1 && lying.json["live"] == true, "{a} {b}");
}

#[tokio::test]
async fn a_washed_out_face_is_refused_and_told_why() {
    let app = App::with_faces().await;
    let mut told = Vec::new();
    for gain in [1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.6, 3.0, 3.5] {
        let washed = Perturbation::Exposure(gain).of_file(&faces::mia_not_live()).unwrap();
        let said = app.post("/v2/detect", &image(&washed)).await.expect(200);
        let reply = app.post("/v2/compare", &json!({ "probe": image(&washed)["faceImage"], "gallery": [image(&faces::ana())["faceImage"]] })).await;
        let code = reply.json["code"].as_str().unwrap_or("taken").to_owned();
        if code == "too-bright" {
            assert!(reply.json["measured"].as_f64() > reply.json["limit"].as_f64(), "{}", reply.text);
            assert!(!said.json["faces"].as_array().unwrap().is_empty(), "it is found, and refused");
        }
        told.push(code);
    }
    assert_eq!(told[0], "taken", "{told:?}");
    assert!(told.iter().any(|code| code == "too-bright"), "{told:?}");
    assert!(told.last().is_some_and(|code| code != "taken"), "{told:?}");
}
