//! The same human is enrolled once: alone, at once, and after review.

use std::sync::Arc;

use axum::http::Method;
use domain::Scope;
use registry::{OnDuplicate, Settings};
use serde_json::{Value, json};
use testkit::supplied::{body, engine_with, face, not_live, probe, setup};
use testkit::{App, Gate, Reply, Setup, faces};
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

/// The pairs on the review list.
async fn pairs(app: &App) -> Vec<Value> {
    app.get("/v2/duplicates").await.expect(200).json["data"].as_array().expect("a list").clone()
}

/// Ann is enrolled and would be found: only what is alive looks for her.
#[tokio::test]
async fn a_face_that_is_not_live_looks_for_no_duplicate() {
    let app = App::with(setup()).await;
    app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201);
    app.post("/v2/persons", &body("Claim", &face(2, 0, 0.1))).await.expect(201);
    for who in [1, 2] {
        let failed = body("Mallory", &not_live(who, 1, 0.1));
        for asked in [failed.clone(), with(failed, "onDuplicate", json!("flag"))] {
            let reply = app.post(LIVE, &asked).await.expect(201);
            assert_eq!(reply.json["verificationStatus"], "failed", "{who}");
        }
        // Nor does it in a record that is there.
        let bare =
            app.post("/v2/persons", &json!({"firstName": "B", "lastName": "C"})).await.expect(201).id();
        let tried = app.post(&format!("/v2/persons/{bare}/liveness"), &probe(&not_live(who, 2, 0.1))).await;
        assert_eq!(tried.expect(200).json["verificationStatus"], "failed", "{who}");
    }
    assert_eq!(pairs(&app).await, [json!(null); 0]);
    // Alive, the same pictures are refused, or noticed.
    app.post(LIVE, &body("Mallory", &face(1, 1, 0.1))).await.problem(409, "duplicate-person");
    app.post(LIVE, &body("Mallory", &face(2, 1, 0.1))).await.expect(201);
    assert_eq!(pairs(&app).await.len(), 1);
}

/// The same with the real engine, whose judgement it is.
#[tokio::test]
async fn a_real_face_that_is_not_live_is_put_beside_another_without_a_word() {
    let app = App::with_faces().await;
    for _ in 0..2 {
        let failed = app.post(LIVE, &body("Mia", &faces::mia_not_live())).await.expect(201);
        assert_eq!(failed.json["verificationStatus"], "failed");
    }
    assert_eq!(pairs(&app).await, [json!(null); 0]);
}

/// A way for a face into a record: what is sent, and where. `#` stands for somebody without a face, `@` for somebody verified by
/// another one.
struct Way {
    method: Method,
    path: &'static str,
    body: fn(Value) -> Value,
    /// Whether a reviewer forces it: then it is not refused.
    forced: bool,
}

const fn way(method: Method, path: &'static str, body: fn(Value) -> Value) -> Way {
    Way { method, path, body, forced: false }
}

fn created(image: Value) -> Value {
    with(json!({"firstName": "Eve", "lastName": "Doe"}), "biometricData", image)
}

fn nested(image: Value) -> Value {
    with(json!({}), "biometricData", image)
}

fn forced(image: Value) -> Value {
    with(image, "force", json!(true))
}

/// Every route by which a face is enrolled.
fn ways() -> Vec<Way> {
    vec![
        way(Method::POST, "/v2/persons", created),
        way(Method::POST, LIVE, created),
        way(Method::PUT, "/v2/persons/#", nested),
        way(Method::PATCH, "/v2/persons/#", nested),
        way(Method::POST, "/v2/persons/#/liveness", std::convert::identity),
        way(Method::POST, "/v2/persons/#/biometrics", std::convert::identity),
        Way { forced: true, ..way(Method::POST, "/v2/persons/#/biometrics", forced) },
        Way { forced: true, ..way(Method::POST, "/v2/persons/@/biometrics", forced) },
    ]
}

#[tokio::test]
async fn by_whatever_way_a_face_comes_it_is_looked_for_among_the_others() {
    for policy in [OnDuplicate::Reject, OnDuplicate::Flag, OnDuplicate::Allow] {
        for (n, way) in ways().into_iter().enumerate() {
            let settings = Settings { on_duplicate: policy, ..Settings::default() };
            let app = App::with(Setup { settings, ..setup() }).await;
            let ann = app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
            let bare =
                app.post("/v2/persons", &json!({"firstName": "B", "lastName": "C"})).await.expect(201).id();
            let other = app.post(LIVE, &body("Bob", &face(2, 0, 0.1))).await.expect(201).id();
            let path = way.path.replace('#', &bare).replace('@', &other);
            let sent = (way.body)(probe(&face(1, 1, 0.1)));
            let reply = app.send(way.method.clone(), &path, &[], Some(&sent)).await;
            let shown = format!("{n}: {} {} under {policy:?}: {}", way.method, way.path, reply.text);
            if policy == OnDuplicate::Reject && !way.forced {
                assert_eq!(reply.problem(409, "duplicate-person").json["personId"], ann, "{shown}");
                assert!(pairs(&app).await.is_empty(), "{shown}");
                continue;
            }
            assert!(reply.status.is_success(), "{shown}");
            let whose = if path.contains(&bare) {
                bare
            } else if path.contains(&other) {
                other
            } else {
                reply.id()
            };
            let noticed = pairs(&app).await;
            if policy == OnDuplicate::Allow {
                assert!(noticed.is_empty(), "{shown}");
                continue;
            }
            assert_eq!(noticed.len(), 1, "{shown}");
            let both = noticed[0]["personIds"].as_array().unwrap();
            assert!(both.contains(&json!(ann)) && both.contains(&json!(whose)), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_face_that_matches_the_persons_own_is_not_looked_for_again() {
    let app = App::with(setup()).await;
    let ann = app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
    // A twin whom a reviewer has let in: another picture of Ann tells nothing new of him.
    app.post(LIVE, &with(body("Twin", &face(1, 1, 0.1)), "onDuplicate", json!("allow"))).await.expect(201);
    let path = format!("/v2/persons/{ann}/biometrics");
    app.post(&path, &probe(&face(1, 2, 0.1))).await.expect(201);
    app.post(&path, &forced(probe(&face(1, 3, 0.1)))).await.expect(201);
    app.put(&format!("/v2/persons/{ann}"), &nested(probe(&face(1, 4, 0.1)))).await.expect(200);
    assert!(pairs(&app).await.is_empty());
}

#[tokio::test]
async fn what_was_noticed_of_a_record_is_kept_where_it_is_merged_into_another() {
    let app = App::with(setup()).await;
    let ann = app.post(LIVE, &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
    let flag = |body| with(body, "onDuplicate", json!("flag"));
    let claim = app.post("/v2/persons", &flag(body("Claim", &face(1, 1, 0.1)))).await.expect(201).id();
    let other = app.post("/v2/persons", &body("Bob", &face(2, 0, 0.1))).await.expect(201).id();
    let before = pairs(&app).await;
    let path = format!("/v2/persons/{other}/merge");
    app.post(&path, &json!({"personId": claim, "force": true})).await.expect(200);
    let after = pairs(&app).await;
    assert_eq!((before.len(), after.len()), (1, 1));
    let both = after[0]["personIds"].as_array().unwrap();
    assert!(both.contains(&json!(ann)) && both.contains(&json!(other)), "{after:?}");
    assert_eq!((&after[0]["score"], &after[0]["model"]), (&before[0]["score"], &before[0]["model"]));
    // The two of a pair that become one are no pair any more.
    app.post(&format!("/v2/persons/{ann}/merge"), &json!({"personId": other, "force": true}))
        .await
        .expect(200);
    assert!(pairs(&app).await.is_empty());
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

/// Longer than anything takes on the busiest machine: what is waited for so long does not come.
const GIVEN_UP: std::time::Duration = std::time::Duration::from_secs(300);

/// Enrols a face, once.
async fn sent(app: Arc<App>, who: u64, take: u64) -> Reply {
    app.send(Method::POST, LIVE, &[], Some(&body("Ann", &face(who, take, 0.1)))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn strangers_enrolled_at_once_do_not_hold_each_other_up() {
    const STRANGERS: u64 = 300;
    // A lane takes half of the places: nobody is sent away for want of one.
    let faces = Some(engine_with(2 * STRANGERS as usize + 2));
    let gate = Gate::default();
    let app = Arc::new(App::with(Setup { faces, gate: Some(gate.clone()), ..setup() }).await);
    let enrol = |who: u64, take: u64| sent(Arc::clone(&app), who, take);
    // One is compared with the others and not yet there for as long as this test likes.
    gate.hold_next();
    let held = tokio::spawn(enrol(1, 0));
    gate.held().await;
    // The same face waits for it, and strangers do not: each is enrolled while it is still shut.
    let same = tokio::spawn(enrol(1, 1));
    // Where a store has taken others in between too often, it says so, and the next attempt does: as long as the gate is shut, nobody
    // who waits for it gets through by trying.
    let stranger = |who| {
        let app = Arc::clone(&app);
        async move {
            loop {
                let reply = sent(Arc::clone(&app), who, 0).await;
                if reply.status != 503 {
                    return reply;
                }
                tokio::task::yield_now().await;
            }
        }
    };
    let strangers: JoinSet<_> = (2..=STRANGERS).map(stranger).collect();
    let strangers = tokio::time::timeout(GIVEN_UP, strangers.join_all()).await;
    for reply in strangers.expect("nobody waits for a stranger") {
        reply.expect(201);
    }
    assert_eq!(persons(&app).await, STRANGERS - 1);
    assert!(!held.is_finished() && !same.is_finished());
    gate.open();
    held.await.unwrap().expect(201);
    same.await.unwrap().problem(409, "duplicate-person");
    assert_eq!(persons(&app).await, STRANGERS);
    let check = app.registry.check_galleries().await.unwrap();
    assert!(check.is_equal() && check.faces as u64 == STRANGERS, "{check:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_at_once_through_the_real_engine_leave_one_person() {
    let app = Arc::new(App::with(Setup { faces: Some(faces::own_engine()), ..Setup::default() }).await);
    let image = faces::ana();
    assert_eq!(all_at_once(&[Arc::clone(&app)], 1_000, |_| image.clone()).await, 1);
    assert_eq!(persons(&app).await, 1);
}
