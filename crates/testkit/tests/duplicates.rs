//! The same human is enrolled once: alone, at once, and after review.

use std::sync::Arc;

use axum::http::Method;
use domain::Scope;
use registry::{OnDuplicate, Settings};
use serde_json::{Value, json};
use testkit::supplied::{body, face, probe, setup};
use testkit::{App, Setup, faces};
use tokio::task::JoinSet;

const LIVE: &str = "/v2/persons/liveness";

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

#[tokio::test]
async fn a_verified_person_is_not_enrolled_again() {
    let app = App::with(setup()).await;
    let first = app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
    for path in [LIVE, "/v2/persons"] {
        let refused = app.post(path, &body("Bob", &face(1, 1, 0.1))).await.problem(409, "duplicate-person");
        assert_eq!(refused.json["personId"], first);
        app.post(path, &with(body("Bob", &face(1, 1, 0.1)), "onDuplicate", json!("reject")))
            .await
            .problem(409, "duplicate-person");
    }
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 1);
    app.post(LIVE, &body("Carl", &face(2, 0, 0.1))).await.expect(201);
    app.post("/v2/persons", &with(body("D", &face(3, 0, 0.1)), "onDuplicate", json!("maybe")))
        .await
        .problem(422, "validation-failed");

    // Who may not read persons does not learn who it is.
    let writer = app.token_with(&[Scope::PersonsWrite]).await;
    let request = axum::http::Request::post(LIVE)
        .header("authorization", format!("Bearer {writer}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body("Bob", &face(1, 1, 0.1)).to_string()))
        .unwrap();
    let refused = app.raw(request).await.problem(409, "duplicate-person");
    assert!(refused.json.get("personId").is_none() && !refused.text.contains(&first));

    // An expired person is still somebody.
    app.clock.turn(400 * 86_400);
    app.post(LIVE, &body("Bob", &face(1, 1, 0.1))).await.problem(409, "duplicate-person");
}

#[tokio::test]
async fn an_unproven_claim_locks_nobody_out_but_is_put_on_the_review_list() {
    let app = App::with(setup()).await;
    let claim = app.post("/v2/persons", &body("Mallory", &face(1, 0, 0.1))).await.expect(201).id();
    let real = app.post(LIVE, &body("Ann", &face(1, 1, 0.1))).await.expect(201);
    assert_eq!(real.json["verificationStatus"], "verified");
    let listed = app.get("/v2/duplicates").await.expect(200);
    let pair = &listed.json["data"][0];
    assert_eq!(pair["personIds"], json!([claim, real.id()]));
    assert_eq!((&pair["decision"], listed.json["data"].as_array().unwrap().len()), (&json!("open"), 1));
    assert!(pair["score"].as_f64().unwrap() > 0.8 && pair["falseMatchRate"].as_f64().unwrap() < 1e-4);

    let path = format!("/v2/duplicates/{}/decide", pair["id"].as_str().unwrap());
    let decided = app.post(&path, &json!({"decision": "same", "reason": "same passport"})).await.expect(200);
    assert_eq!(
        (&decided.json["decision"], &decided.json["reason"]),
        (&json!("same"), &json!("same passport"))
    );
    assert_eq!(app.get("/v2/duplicates").await.json["data"], json!([]));
    assert_eq!(app.get("/v2/duplicates?decision=same").await.json["data"][0]["id"], pair["id"]);
    app.post(&path, &json!({"decision": "perhaps"})).await.problem(422, "validation-failed");
    app.post(&path, &json!({})).await.problem(422, "validation-failed");
    app.post(&path, &json!({"decision": "open"})).await.expect(200);
    app.delete(&format!("/v2/persons/{claim}")).await.expect(200);
    assert_eq!(app.get("/v2/duplicates").await.json["data"], json!([]), "a pair goes with either person");
}

#[tokio::test]
async fn a_request_may_flag_or_allow_what_would_be_refused() {
    let app = App::with(setup()).await;
    app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201);
    app.post(LIVE, &with(body("Bea", &face(1, 1, 0.1)), "onDuplicate", json!("flag"))).await.expect(201);
    assert_eq!(app.get("/v2/duplicates").await.json["data"].as_array().unwrap().len(), 1);
    app.post(LIVE, &with(body("Cleo", &face(1, 2, 0.1)), "onDuplicate", json!("allow"))).await.expect(201);
    assert_eq!(app.get("/v2/duplicates").await.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 3);
}

#[tokio::test]
async fn a_tenant_may_have_a_rule_of_its_own() {
    let own = Settings { on_duplicate: OnDuplicate::Flag, ..Settings::default() };
    let app = App::with(Setup { own: Some(own), ..setup() }).await;
    let other = app.registry.create_tenant("other").await.expect("a tenant").expect("a new one");
    let token = app.token_of(other, &[Scope::Admin]).await;
    let elsewhere = async |take| {
        let request = axum::http::Request::post(LIVE)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body("Ann", &face(1, take, 0.1)).to_string()));
        app.raw(request.expect("a request")).await
    };
    for take in 0..2 {
        app.post(LIVE, &body("Ann", &face(1, take, 0.1))).await.expect(201);
    }
    elsewhere(0).await.expect(201);
    elsewhere(1).await.problem(409, "duplicate-person");
}

#[tokio::test]
async fn a_person_without_a_face_cannot_take_that_of_another() {
    let app = App::with(setup()).await;
    let first = app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
    let bare = app.post("/v2/persons", &json!({"firstName": "B", "lastName": "C"})).await.expect(201).id();
    let image = probe(&face(1, 1, 0.1));
    for path in [format!("/v2/persons/{bare}/liveness"), format!("/v2/persons/{bare}/biometrics")] {
        let refused = app.post(&path, &image).await.problem(409, "duplicate-person");
        assert_eq!(refused.json["personId"], first);
    }
    let put = app.put(&format!("/v2/persons/{bare}"), &json!({"biometricData": image})).await;
    put.problem(409, "duplicate-person");
    assert_eq!(app.get(&format!("/v2/persons/{bare}")).await.json["version"], 1);
    // Another face is welcome; and twins are, once a reviewer has said so.
    app.post(&format!("/v2/persons/{bare}/liveness"), &probe(&face(2, 0, 0.1))).await.expect(200);
}

#[tokio::test]
async fn those_a_reviewer_has_told_apart_stay_apart() {
    let app = App::with(setup()).await;
    let one = app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
    let twin = app
        .post(LIVE, &with(body("Bea", &face(1, 1, 0.1)), "onDuplicate", json!("flag")))
        .await
        .expect(201)
        .id();
    let pair = app.get("/v2/duplicates").await.json["data"][0]["id"].as_str().unwrap().to_owned();
    app.post(&format!("/v2/duplicates/{pair}/decide"), &json!({"decision": "different"})).await.expect(200);
    // The twin loses its face and gets it again: it is alike to the other, who is verified, but known to differ.
    app.put(&format!("/v2/persons/{twin}"), &json!({"biometricData": {"faceImage": null}})).await.expect(200);
    app.post(&format!("/v2/persons/{twin}/liveness"), &probe(&face(1, 2, 0.1))).await.expect(200);
    // A third is not.
    let refused = app.post(LIVE, &body("Mallory", &face(1, 3, 0.1))).await.problem(409, "duplicate-person");
    assert!([one, twin].contains(&refused.json["personId"].as_str().unwrap().to_owned()));
}

#[tokio::test]
async fn a_face_that_is_not_live_looks_for_no_duplicate() {
    let app = App::with_faces().await;
    let first = app.post(LIVE, &body("Mia", &faces::mia_not_live())).await.expect(201);
    let again = app.post(LIVE, &body("Mia", &faces::mia_not_live())).await.expect(201);
    assert_eq!(
        (&first.json["verificationStatus"], &again.json["verificationStatus"]),
        (&json!("failed"), &json!("failed"))
    );
    assert_eq!(app.get("/v2/duplicates").await.json["data"], json!([]));
}

#[tokio::test]
async fn of_two_records_with_one_face_only_one_becomes_verified() {
    let app = App::with(setup()).await;
    let mut ids = Vec::new();
    for n in 0..2 {
        ids.push(app.post("/v2/persons", &body("Ann", &face(1, n, 0.1))).await.expect(201).id());
    }
    let verify = |id: &str, take| {
        let (app, path) = (&app, format!("/v2/persons/{id}/liveness"));
        async move { app.post(&path, &probe(&face(1, take, 0.1))).await }
    };
    // At once, and after one another.
    let (a, b) = tokio::join!(verify(&ids[0], 5), verify(&ids[1], 6));
    let mut outcomes = [a.status.as_u16(), b.status.as_u16()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [200, 409]);
    let refused = if a.status.as_u16() == 409 { 0 } else { 1 };
    verify(&ids[refused], 7).await.problem(409, "duplicate-person");
    verify(&ids[1 - refused], 8).await.expect(200);
}

#[tokio::test]
async fn no_number_of_pending_claims_hides_who_is_verified() {
    let app = App::with(setup()).await;
    app.post(LIVE, &body("Ann", &face(1, 0, 0.3))).await.expect(201);
    for n in 0..25 {
        let claim = with(body("M", &face(1, 100 + n, 0.01)), "onDuplicate", json!("allow"));
        app.post("/v2/persons", &claim).await.expect(201);
    }
    app.post(LIVE, &body("Bob", &face(1, 200, 0.01))).await.problem(409, "duplicate-person");
    // Also where the proven one comes at the same moment.
    let app = Arc::new(App::with(setup()).await);
    for n in 0..25 {
        let claim = with(body("M", &face(2, 100 + n, 0.01)), "onDuplicate", json!("allow"));
        app.post("/v2/persons", &claim).await.expect(201);
    }
    assert_eq!(all_at_once(&[Arc::clone(&app)], 20, |n| face(2, n as u64, 0.01)).await, 1);
}

/// Sends `count` creations of one face at once, each again while the server is busy; answers how many were created.
async fn all_at_once(apps: &[Arc<App>], count: usize, image: impl Fn(usize) -> Vec<u8>) -> usize {
    let mut asked = JoinSet::new();
    for n in 0..count {
        let (app, body) = (Arc::clone(&apps[n % apps.len()]), body("Ann", &image(n)));
        asked.spawn(async move {
            // A client that asks again at once keeps the server from answering anybody.
            let mut wait = std::time::Duration::from_millis(300);
            loop {
                let reply = app.send(Method::POST, LIVE, &[], Some(&body)).await;
                match reply.status.as_u16() {
                    503 => {
                        tokio::time::sleep(wait).await;
                        wait = (wait * 2).min(std::time::Duration::from_secs(5));
                    }
                    409 => {
                        reply.problem(409, "duplicate-person");
                        return false;
                    }
                    _ => {
                        reply.expect(201);
                        return true;
                    }
                }
            }
        });
    }
    asked.join_all().await.into_iter().filter(|created| *created).count()
}

async fn persons(app: &App) -> Value {
    app.get("/v2/persons").await.expect(200).json["pagination"]["total"].clone()
}

/// Runs of the thousand with supplied faces: `PERSONHOOD_DUPLICATE_RUNS`, two by default.
fn runs() -> usize {
    std::env::var("PERSONHOOD_DUPLICATE_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(2)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_identical_enrolments_at_once_leave_one_person() {
    for run in 0..runs() {
        let app = Arc::new(App::with(setup()).await);
        assert_eq!(all_at_once(&[Arc::clone(&app)], 1_000, |_| face(1, 0, 0.1)).await, 1, "run {run}");
        assert_eq!(persons(&app).await, 1);
        let check = app.registry.check_galleries().await.unwrap();
        assert!(check.is_equal() && check.faces == 1, "{check:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_over_one_store_enrol_a_face_once() {
    let app = Arc::new(App::with(setup()).await);
    let other = Arc::new(App::beside(&app, setup()).await);
    // Ten different faces, a hundred times each, shuffled over two servers.
    let created =
        all_at_once(&[Arc::clone(&app), other], 1_000, |n| face(n as u64 / 2 % 10, n as u64, 0.1)).await;
    assert_eq!((created, persons(&app).await), (10, json!(10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn strangers_enrolled_at_once_do_not_hold_each_other_up() {
    let app = Arc::new(App::with(setup()).await);
    let created = all_at_once(&[Arc::clone(&app)], 300, |n| face(n as u64 + 1, 0, 0.1)).await;
    assert_eq!((created, persons(&app).await), (300, json!(300)));
    let check = app.registry.check_galleries().await.unwrap();
    assert!(check.is_equal() && check.faces == 300, "{check:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_at_once_through_the_real_engine_leave_one_person() {
    let app = Arc::new(App::with(Setup { faces: Some(faces::own_engine()), ..Setup::default() }).await);
    let image = faces::ana();
    assert_eq!(all_at_once(&[Arc::clone(&app)], 1_000, |_| image.clone()).await, 1);
    assert_eq!(persons(&app).await, 1);
}
