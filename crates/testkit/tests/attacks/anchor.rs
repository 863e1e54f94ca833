//! A verified record stays its human's.

use domain::Scope;
use serde_json::{Value, json};
use testkit::supplied::{blend, body, face, probe, rewrapped, setup};
use testkit::{App, Setup};

use super::support::{delete, new_face, post, put, samples, verified, writer};

const ANN: u64 = 1;
const EVE: u64 = 2;

#[tokio::test]
async fn a_strangers_face_does_not_take_over_in_two_steps() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    let first = put(&app, &token, &path, &new_face(&face(ANN, 1, 0.1))).await.expect(200);
    assert_eq!(first.json["verificationStatus"], "pending");
    put(&app, &token, &path, &new_face(&face(EVE, 0, 0.1))).await.problem(409, "face-mismatch");
    let check = format!("{path}/liveness");
    post(&app, &token, &check, &probe(&face(EVE, 1, 0.1))).await.problem(409, "face-mismatch");
    let sample = format!("{path}/biometrics");
    post(&app, &token, &sample, &probe(&face(EVE, 2, 0.1))).await.problem(409, "face-mismatch");
    let own = post(&app, &token, &check, &probe(&face(ANN, 2, 0.1))).await.expect(200);
    assert_eq!(own.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn what_a_verification_rests_on_is_not_taken_away_while_the_person_is_pending() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    let rested = samples(&app, &path).await.remove(0);
    put(&app, &token, &path, &new_face(&face(ANN, 1, 0.1))).await.expect(200);
    delete(&app, &token, &format!("{path}/biometrics/{rested}")).await.problem(403, "missing-scope");
    let none = json!({ "biometricData": { "faceImage": null } });
    put(&app, &token, &path, &none).await.problem(403, "missing-scope");
    let all = json!({ "biometricData": null });
    put(&app, &token, &path, &all).await.problem(403, "missing-scope");
    // The other one proves nothing, and may go; the first is then shown again.
    let other = samples(&app, &path).await.into_iter().find(|s| *s != rested).unwrap();
    delete(&app, &token, &format!("{path}/biometrics/{other}")).await.expect(200);
    assert_eq!(samples(&app, &path).await, [rested]);
    let check = format!("{path}/liveness");
    post(&app, &token, &check, &probe(&face(EVE, 1, 0.1))).await.problem(409, "face-mismatch");
}

#[tokio::test]
async fn a_walk_by_blends_ends_where_the_first_face_is_left() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    let (mut taken, mut refused) = (0, 0);
    let mut furthest = 0;
    for step in 1..=9_u8 {
        let image = blend(ANN, EVE, f32::from(step) / 10.0);
        let added = post(&app, &token, &format!("{path}/biometrics"), &probe(&image)).await;
        match added.status.as_u16() {
            201 => (taken, furthest) = (taken + 1, step),
            409 => {
                added.problem(409, "face-mismatch");
                refused += 1;
            }
            other => panic!("{other}: {}", added.text),
        }
    }
    assert!(taken >= 1 && refused >= 4, "{taken} were taken and {refused} refused");
    assert!(furthest <= 5, "whoever is enrolled is more Ann than Eve");
    let first = samples(&app, &path).await.remove(0);
    delete(&app, &token, &format!("{path}/biometrics/{first}")).await.problem(403, "missing-scope");
    let check = format!("{path}/liveness");
    post(&app, &token, &check, &probe(&face(EVE, 4, 0.1))).await.problem(409, "face-mismatch");
    assert_eq!(app.get(&path).await.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn a_walk_by_replacements_ends_where_the_first_face_is_left() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    let mut refused = 0;
    for step in 1..=9_u8 {
        let replaced = put(&app, &token, &path, &new_face(&blend(ANN, EVE, f32::from(step) / 10.0))).await;
        if replaced.status == 409 {
            replaced.problem(409, "face-mismatch");
            refused += 1;
        } else {
            assert!(step <= 5, "whoever is shown is more Ann than Eve");
            replaced.expect(200);
        }
    }
    assert!(refused >= 4);
    let check = format!("{path}/liveness");
    post(&app, &token, &check, &probe(&face(EVE, 4, 0.1))).await.problem(409, "face-mismatch");
    let own = post(&app, &token, &check, &probe(&face(ANN, 4, 0.1))).await.expect(200);
    assert_eq!(own.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn an_addition_must_be_surer_than_a_verification() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    // Between the two thresholds: enough to be verified, too little to be enrolled.
    let between = (1..200).map(|i| blend(ANN, EVE, i as f32 / 200.0));
    let mut found = false;
    for image in between {
        let said = app.post(&format!("{path}/verify"), &probe(&image)).await.expect(200);
        let score = said.json["score"].as_f64().unwrap();
        if said.json["match"] == json!(true) && score < 0.84 {
            post(&app, &token, &format!("{path}/biometrics"), &probe(&image))
                .await
                .problem(409, "face-mismatch");
            found = true;
            break;
        }
    }
    assert!(found, "no picture lies between the thresholds");
}

#[tokio::test]
async fn a_changed_identity_has_to_be_proven_again() {
    for (field, value) in [
        ("firstName", "Jane"),
        ("lastName", "Smith"),
        ("dateOfBirth", "1991-02-03"),
        ("documentType", "passport"),
        ("documentNumber", "X1"),
        ("nationality", "NL"),
    ] {
        let app = App::with(setup()).await;
        let token = writer(&app).await;
        let path = format!("/v2/persons/{}", verified(&app, ANN).await);
        let changed = put(&app, &token, &path, &json!({ field: value })).await.expect(200);
        assert_eq!(changed.json["verificationStatus"], "pending", "{field}");
        let check = format!("{path}/liveness");
        post(&app, &token, &check, &probe(&face(EVE, 1, 0.1))).await.problem(409, "face-mismatch");
        let own = post(&app, &token, &check, &probe(&face(ANN, 1, 0.1))).await.expect(200);
        assert_eq!(own.json["verificationStatus"], "verified", "{field}");
    }
    let app = App::with(setup()).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    let moved =
        app.put(&path, &json!({ "phone": "+1234567891", "email": "j@example.com" })).await.expect(200);
    assert_eq!(moved.json["verificationStatus"], "verified", "who moves is the same person");
}

#[tokio::test]
async fn a_merge_that_brings_another_identity_has_to_be_proven_again() {
    let app = App::with(setup()).await;
    let ann = verified(&app, ANN).await;
    let mut other = body("John", &face(ANN, 1, 0.1));
    other["nationality"] = json!("NL");
    other["onDuplicate"] = json!("flag");
    let other = app.post("/v2/persons", &other).await.expect(201).id();
    let merged =
        app.post(&format!("/v2/persons/{ann}/merge"), &json!({ "personId": other })).await.expect(200);
    assert_eq!(
        (&merged.json["nationality"], &merged.json["verificationStatus"]),
        (&json!("NL"), &json!("pending"))
    );
}

#[tokio::test]
async fn only_a_reviewer_lets_somebody_else_begin_anew_in_a_record() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    put(&app, &token, &path, &new_face(&face(ANN, 1, 0.1))).await.expect(200);
    // Sent back as it was read, "pending" is no decision.
    app.put(&path, &json!({ "verificationStatus": "pending" })).await.expect(200);
    put(&app, &token, &path, &new_face(&face(EVE, 0, 0.1))).await.problem(409, "face-mismatch");
    let anew = json!({ "verificationStatus": "pending", "statusReason": "a mix-up at the counter" });
    put(&app, &token, &path, &anew).await.expect(200);
    put(&app, &token, &path, &new_face(&face(EVE, 0, 0.1))).await.problem(409, "face-mismatch");
    app.put(&path, &anew).await.expect(200);
    put(&app, &token, &path, &new_face(&face(EVE, 0, 0.1))).await.expect(200);
    let eve = post(&app, &token, &format!("{path}/liveness"), &probe(&face(EVE, 1, 0.1))).await.expect(200);
    assert_eq!(eve.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn a_request_may_tighten_the_rule_about_duplicates_and_only_a_reviewer_loosens_it() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    verified(&app, ANN).await;
    let again = |rule: &str, take| {
        let mut again = body("Jim", &face(ANN, take, 0.1));
        again["onDuplicate"] = json!(rule);
        again
    };
    for (take, path) in [(1, "/v2/persons"), (2, "/v2/persons/liveness")] {
        for rule in ["flag", "allow"] {
            post(&app, &token, path, &again(rule, take)).await.problem(403, "missing-scope");
        }
        post(&app, &token, path, &again("reject", take)).await.problem(409, "duplicate-person");
    }
    app.post("/v2/persons", &again("flag", 3)).await.expect(201);
    let settings = registry::Settings { on_duplicate: registry::OnDuplicate::Allow, ..Default::default() };
    let app = App::with(Setup { settings, ..setup() }).await;
    let token = writer(&app).await;
    verified(&app, ANN).await;
    post(&app, &token, "/v2/persons", &again("reject", 1)).await.problem(409, "duplicate-person");
    post(&app, &token, "/v2/persons", &again("flag", 2)).await.expect(201);
}

async fn said(app: &App, path: &str, more: Value) -> Value {
    let mut asked = probe(&face(ANN, 1, 0.1));
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = app.post(&format!("{path}/verify"), &asked).await.expect(200).json;
    json!([reply["match"], reply["verificationStatus"]])
}

#[tokio::test]
async fn who_is_failed_or_expired_matches_only_where_that_is_asked_for() {
    let app = App::with(setup()).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    assert_eq!(said(&app, &path, json!({})).await, json!([true, "verified"]));
    assert_eq!(said(&app, &path, json!({ "statuses": ["pending"] })).await, json!([false, "verified"]));
    app.clock.turn(366 * 86_400);
    assert_eq!(said(&app, &path, json!({})).await, json!([false, "expired"]));
    assert_eq!(said(&app, &path, json!({ "statuses": ["expired"] })).await, json!([true, "expired"]));
    app.put(&path, &json!({ "verificationStatus": "failed" })).await.expect(200);
    assert_eq!(said(&app, &path, json!({})).await, json!([false, "failed"]));
    app.put(&path, &json!({ "verificationStatus": "pending" })).await.expect(200);
    assert_eq!(said(&app, &path, json!({})).await, json!([true, "pending"]));
    let none = json!({ "faceImage": probe(&face(ANN, 1, 0.1))["faceImage"], "statuses": [] });
    app.post(&format!("{path}/verify"), &none).await.problem(422, "validation-failed");
}

#[tokio::test]
async fn an_image_proves_liveness_once() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let id = verified(&app, ANN).await;
    let check = format!("/v2/persons/{id}/liveness");
    let first = probe(&face(ANN, 0, 0.1));
    post(&app, &token, &check, &first).await.problem(409, "liveness-replayed");
    post(&app, &token, &check, &probe(&face(ANN, 1, 0.1))).await.expect(200);
    post(&app, &token, &check, &probe(&face(ANN, 1, 0.1))).await.problem(409, "liveness-replayed");
    // Not for another record either, not even once the first is gone, nor after a restart.
    app.delete(&format!("/v2/persons/{id}")).await.expect(200);
    let app = app.restart().await;
    app.post("/v2/persons/liveness", &body("Jim", &face(ANN, 0, 0.1)))
        .await
        .problem(409, "liveness-replayed");
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0, "nothing was stored");
    // Of another tenant nothing is known.
    let gym = app.registry.create_tenant("gym").await.unwrap().unwrap();
    let theirs = app.token_of(gym, &[Scope::PersonsWrite, Scope::PersonsRead]).await;
    post(&app, &theirs, "/v2/persons/liveness", &body("Jim", &face(ANN, 0, 0.1))).await.expect(201);
    // As long as a verification would count.
    app.clock.turn(366 * 86_400);
    app.post("/v2/persons/liveness", &body("Jim", &face(ANN, 0, 0.1))).await.expect(201);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_its_key_and_no_replay() {
    let app = App::with(setup()).await;
    let key = [("idempotency-key", "once")];
    let asked = body("John", &face(ANN, 0, 0.1));
    let first =
        app.send(axum::http::Method::POST, "/v2/persons/liveness", &key, Some(&asked)).await.expect(201);
    let again =
        app.send(axum::http::Method::POST, "/v2/persons/liveness", &key, Some(&asked)).await.expect(201);
    assert_eq!(first.id(), again.id());
}

#[tokio::test]
async fn what_is_stored_of_somebody_verified_proves_nothing_in_whatever_file() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    // Enrolled with one picture, verified with another, a third one added.
    let id = app.post("/v2/persons", &body("John", &face(ANN, 0, 0.1))).await.expect(201).id();
    let path = format!("/v2/persons/{id}");
    let check = format!("{path}/liveness");
    post(&app, &token, &check, &probe(&face(ANN, 1, 0.1))).await.expect(200);
    post(&app, &token, &format!("{path}/biometrics"), &probe(&face(ANN, 2, 0.1))).await.expect(201);
    put(&app, &token, &path, &json!({ "firstName": "Mallory" })).await.expect(200);
    for take in [0, 1, 2] {
        let stored = face(ANN, take, 0.1);
        for file in [stored.clone(), rewrapped(&stored, "other metadata")] {
            post(&app, &token, &check, &probe(&file)).await.problem(409, "liveness-replayed");
        }
    }
    // Also once it is not stored any more.
    let last = samples(&app, &path).await.pop().unwrap();
    delete(&app, &token, &format!("{path}/biometrics/{last}")).await.expect(200);
    post(&app, &token, &check, &probe(&face(ANN, 2, 0.1))).await.problem(409, "liveness-replayed");
    assert_eq!(app.get(&path).await.json["verificationStatus"], "pending");
    post(&app, &token, &check, &probe(&face(ANN, 3, 0.1))).await.expect(200);
}

#[tokio::test]
async fn a_picture_that_was_enrolled_first_may_prove_liveness_once() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let id = app.post("/v2/persons", &body("John", &face(ANN, 0, 0.1))).await.expect(201).id();
    let check = format!("/v2/persons/{id}/liveness");
    post(&app, &token, &check, &probe(&face(ANN, 0, 0.1))).await.expect(200);
    post(&app, &token, &check, &probe(&face(ANN, 0, 0.1))).await.problem(409, "liveness-replayed");
}

#[tokio::test]
async fn a_changed_name_or_a_failed_check_makes_no_room_for_a_second_record() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    put(&app, &token, &path, &json!({ "firstName": "Zz" })).await.expect(200);
    let second = body("Mallory", &face(ANN, 1, 0.1));
    post(&app, &token, "/v2/persons/liveness", &second).await.problem(409, "duplicate-person");
    // Whoever can show a picture of a picture takes nothing from somebody who was verified.
    let strict = registry::Settings { liveness_threshold: 0.95, ..registry::Settings::default() };
    let app = app.restart_with(Setup { settings: strict, ..setup() }).await;
    let failed = post(&app, &token, &format!("{path}/liveness"), &probe(&face(ANN, 2, 0.1))).await;
    assert_eq!(failed.expect(200).json["verificationStatus"], "pending");
    let app = app.restart_with(setup()).await;
    post(&app, &token, "/v2/persons/liveness", &second).await.problem(409, "duplicate-person");
    put(&app, &token, &path, &json!({ "firstName": "John" })).await.expect(200);
    let own = post(&app, &token, &format!("{path}/liveness"), &probe(&face(ANN, 3, 0.1))).await.expect(200);
    assert_eq!(own.json["verificationStatus"], "verified", "and the true owner is not locked out");
}
