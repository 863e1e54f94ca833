//! Nobody asks without end.

use std::sync::Arc;

use axum::http::Method;
use domain::Scope;
use registry::Settings;
use serde_json::{Value, json};
use testkit::supplied::{body, face, probe, setup};
use testkit::{App, Reply, Setup};

use super::support::{new_face, post, put, text, verified, writer};

const ANN: u64 = 1;

async fn guess(app: &App, token: &str, id: &str, who: u64) -> Reply {
    post(app, token, &format!("/v2/persons/{id}/verify"), &probe(&face(who, 0, 0.1))).await
}

fn wait(reply: &Reply) -> u64 {
    reply.header("retry-after").parse().unwrap()
}

#[tokio::test]
async fn after_ten_wrong_faces_there_is_a_pause_that_doubles_whoever_asks() {
    let app = App::with(setup()).await;
    let id = verified(&app, ANN).await;
    for who in 100..110 {
        // Each with a token of its own: what is counted is the person.
        let token = writer(&app).await;
        let said = guess(&app, &token, &id, who).await.expect(200);
        assert_eq!(said.json["match"], json!(false));
    }
    let mut pause = 30;
    for who in 110..114 {
        let token = writer(&app).await;
        let stopped = guess(&app, &token, &id, ANN).await.problem(429, "attempt-limit");
        assert!((pause - 1..=pause).contains(&wait(&stopped)), "{} of {pause}", wait(&stopped));
        let reviewer = app.post(&format!("/v2/persons/{id}/verify"), &probe(&face(ANN, 1, 0.1))).await;
        reviewer.problem(429, "attempt-limit");
        app.clock.turn(i64::try_from(pause).unwrap());
        guess(&app, &token, &id, who).await.expect(200);
        pause *= 2;
    }
    app.clock.turn(i64::try_from(pause).unwrap());
    let token = writer(&app).await;
    assert_eq!(guess(&app, &token, &id, ANN).await.expect(200).json["match"], json!(true));
    let state = app.get(&format!("/v2/persons/{id}/attempts")).await.expect(200).json;
    assert_eq!(state, json!({ "failures": 0, "stopped": false }), "a match speaks for the person");
}

#[tokio::test]
async fn a_token_that_tries_one_person_after_the_other_is_stopped_and_a_restart_forgets_nothing() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let mut ids = Vec::new();
    for who in 1..=11 {
        ids.push(verified(&app, who).await);
    }
    for (i, id) in ids.iter().take(10).enumerate() {
        guess(&app, &token, id, 100 + i as u64).await.expect(200);
    }
    let app = app.restart().await;
    guess(&app, &token, &ids[10], 11).await.problem(429, "attempt-limit");
    let search = post(&app, &token, "/v2/persons/search", &probe(&face(3, 1, 0.1))).await;
    search.problem(429, "attempt-limit");
    post(&app, &token, "/v2/liveness", &probe(&face(3, 1, 0.1))).await.problem(429, "attempt-limit");
    // Others go on.
    let other = writer(&app).await;
    guess(&app, &other, &ids[10], 11).await.expect(200);
}

#[tokio::test]
async fn after_a_hundred_failures_only_a_reviewer_helps() {
    let app = App::with(setup()).await;
    let id = verified(&app, ANN).await;
    let mut failures = 0;
    let mut who = 1_000;
    while failures < 100 {
        let token = writer(&app).await;
        who += 1;
        if guess(&app, &token, &id, who).await.status == 200 {
            failures += 1;
        } else {
            app.clock.turn(3_600);
        }
    }
    app.clock.turn(30 * 86_400);
    let token = writer(&app).await;
    let stopped = guess(&app, &token, &id, ANN).await.problem(429, "attempt-limit");
    assert_eq!(stopped.header("retry-after"), "");
    let path = format!("/v2/persons/{id}/attempts");
    assert_eq!(app.get(&path).await.expect(200).json, json!({ "failures": 100, "stopped": true }));
    app.ask(&token, Method::DELETE, &path, None).await.problem(403, "missing-scope");
    app.delete(&path).await.expect(204);
    assert_eq!(guess(&app, &token, &id, ANN).await.expect(200).json["match"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_ask_at_once_no_more_is_answered_than_one_after_the_other() {
    let app = Arc::new(App::with(setup()).await);
    let id = verified(&app, ANN).await;
    let mut asked = tokio::task::JoinSet::new();
    for who in 100..164 {
        let (app, id) = (Arc::clone(&app), id.clone());
        let token = writer(&app).await;
        asked.spawn(async move { guess(&app, &token, &id, who).await.status.as_u16() });
    }
    let answers = asked.join_all().await;
    assert!(answers.iter().all(|status| matches!(status, 200 | 429 | 503)), "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 10);
}

#[tokio::test]
async fn a_wrong_face_at_a_liveness_check_counts() {
    let app = App::with(setup()).await;
    let id = verified(&app, ANN).await;
    for who in 100..110 {
        let token = writer(&app).await;
        let check = format!("/v2/persons/{id}/liveness");
        post(&app, &token, &check, &probe(&face(who, 0, 0.1))).await.problem(409, "face-mismatch");
    }
    let token = writer(&app).await;
    let check = format!("/v2/persons/{id}/liveness");
    post(&app, &token, &check, &probe(&face(ANN, 1, 0.1))).await.problem(429, "attempt-limit");
    put(&app, &token, &format!("/v2/persons/{id}"), &new_face(&face(ANN, 1, 0.1)))
        .await
        .problem(429, "attempt-limit");
}

#[tokio::test]
async fn failed_liveness_counts_for_the_token_so_that_new_persons_are_no_way_round() {
    let settings = Settings { liveness_threshold: 0.95, ..Settings::default() };
    let app = App::with(Setup { settings, ..setup() }).await;
    let token = writer(&app).await;
    for who in 1..=5 {
        let made = post(&app, &token, "/v2/persons/liveness", &body("P", &face(who, 0, 0.1))).await;
        assert_eq!(made.expect(201).json["verificationStatus"], "failed");
        let said = post(&app, &token, "/v2/liveness", &probe(&face(who, 0, 0.1))).await.expect(200);
        assert_eq!(said.json["live"], json!(false));
    }
    let next = body("P", &face(6, 0, 0.1));
    post(&app, &token, "/v2/persons/liveness", &next).await.problem(429, "attempt-limit");
    post(&app, &token, "/v2/liveness", &probe(&face(6, 0, 0.1))).await.problem(429, "attempt-limit");
    let own = app.ask(&token, Method::GET, "/v2/tokens/self", None).await.expect(200).id();
    let path = format!("/v2/tokens/{own}/attempts");
    assert_eq!(app.get(&path).await.expect(200).json["failures"], json!(10));
    app.delete(&path).await.expect(204);
    post(&app, &token, "/v2/liveness", &probe(&face(6, 0, 0.1))).await.expect(200);
}

#[tokio::test]
async fn a_search_that_lists_people_below_the_threshold_counts() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    verified(&app, ANN).await;
    let ask = async |who: u64, more: Value| {
        let mut asked = probe(&face(who, 5, 0.1));
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post(&app, &token, "/v2/persons/search", &asked).await
    };
    for _ in 0..30 {
        let nobody = ask(50, json!({})).await.expect(200);
        assert_eq!(nobody.json["candidates"], json!([]), "strangers at the door are no attack");
    }
    for who in 100..110 {
        let listed = ask(who, json!({ "minScore": 0.0 })).await.expect(200);
        assert_eq!(listed.json["candidates"].as_array().unwrap().len(), 1);
    }
    ask(111, json!({ "minScore": 0.0 })).await.problem(429, "attempt-limit");
}

#[tokio::test]
async fn below_the_threshold_a_score_is_too_coarse_to_climb_along() {
    let app = App::with(setup()).await;
    let id = verified(&app, ANN).await;
    let verify = format!("/v2/persons/{id}/verify");
    let stranger = probe(&face(77, 0, 0.1));
    let in_steps = |score: &Value| {
        let tenths = score.as_f64().unwrap() * 10.0;
        (tenths - tenths.round()).abs() < 1e-5
    };
    for fields in [
        json!({}),
        json!({ "minScore": 0.0 }),
        json!({ "minScore": 0.0731 }),
        json!({ "maxFalseMatchRate": 0.9 }),
    ] {
        let token = writer(&app).await;
        let mut asked = stranger.clone();
        asked.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let said = post(&app, &token, &verify, &asked).await.expect(200).json;
        assert!(in_steps(&said["score"]) && said.get("falseMatchRate").is_none(), "{said}");
        assert!(said.get("extrapolated").is_none(), "{said}");
        let threshold = said["threshold"].as_f64().unwrap();
        assert!(
            threshold >= 0.79 || in_steps(&said["threshold"]),
            "no threshold between the steps tells more: {said}"
        );
    }
    let mut listed = stranger.clone();
    listed["minScore"] = json!(0.0);
    let token = writer(&app).await;
    let found = post(&app, &token, "/v2/persons/search", &listed).await.expect(200).json;
    let found = &found["candidates"][0];
    assert!(in_steps(&found["score"]) && found.get("falseMatchRate").is_none(), "{found}");
    // Above it, and for a reviewer, all is told; and of two pictures that a client brings itself.
    let own = post(&app, &token, &verify, &probe(&face(ANN, 1, 0.1))).await.expect(200).json;
    assert!(own["match"] == json!(true) && own["falseMatchRate"].is_number());
    assert!(app.post(&verify, &stranger).await.expect(200).json["falseMatchRate"].is_number());
    let image = |image: &[u8]| super::support::text(image);
    let both = json!({ "probe": image(&face(1, 0, 0.1)), "gallery": [image(&face(2, 0, 0.1))] });
    assert!(post(&app, &token, "/v2/compare", &both).await.expect(200).json["falseMatchRate"].is_number());
}

#[tokio::test]
async fn a_quota_is_on_for_what_compares() {
    let limits = api::Limits { comparisons_per_minute: Some(5), ..testkit::patient() };
    let app = App::with(Setup { limits, ..setup() }).await;
    for left in (0..5).rev() {
        let said = app.post("/v2/liveness", &probe(&face(1, 0, 0.1))).await.expect(200);
        assert_eq!(said.header("ratelimit"), format!("\"comparisons\";r={left}"));
    }
    app.post("/v2/persons/search", &probe(&face(1, 0, 0.1))).await.problem(429, "too-many-requests");
    app.get("/v2/persons").await.expect(200);
}

#[tokio::test]
async fn a_token_that_may_only_write_reads_nothing() {
    let app = App::with(setup()).await;
    let id = verified(&app, ANN).await;
    let path = format!("/v2/persons/{id}");
    let token = app.token_with(&[Scope::PersonsWrite]).await;
    let little = |reply: &Reply| {
        let mut names: Vec<_> = reply.json.as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(names, ["id", "verificationStatus", "version"], "{}", reply.text);
    };
    for method in [Method::PUT, Method::PATCH] {
        little(&app.ask(&token, method, &path, Some(&json!({}))).await.expect(200));
    }
    post(&app, &token, &format!("{path}/biometrics"), &probe(&face(ANN, 1, 0.1))).await.expect(201);
    little(&post(&app, &token, &format!("{path}/liveness"), &probe(&face(ANN, 2, 0.1))).await.expect(200));
    let more = super::support::samples(&app, &path).await.remove(1);
    little(&app.ask(&token, Method::DELETE, &format!("{path}/biometrics/{more}"), None).await.expect(200));
    let review = app.token_with(&[Scope::PersonsReview]).await;
    let other = app.post("/v2/persons", &json!({ "firstName": "J", "lastName": "D" })).await.expect(201).id();
    for (verb, asked) in
        [("merge", json!({ "personId": other, "force": true })), ("unmerge", json!({ "personId": other }))]
    {
        little(&post(&app, &review, &format!("{path}/{verb}"), &asked).await.expect(200));
    }
}

#[tokio::test]
async fn who_is_enrolled_is_not_told_without_end_to_a_token_that_may_not_read() {
    let app = App::with(setup()).await;
    verified(&app, ANN).await;
    app.post("/v2/persons", &json!({ "firstName": "J", "lastName": "D", "externalId": "e-1" }))
        .await
        .expect(201);
    let token = app.token_with(&[Scope::PersonsWrite]).await;
    for take in 1..=5 {
        let again = post(&app, &token, "/v2/persons", &body("Jim", &face(ANN, take, 0.1))).await;
        let again = again.problem(409, "duplicate-person");
        assert!(again.json.get("personId").is_none());
        let taken = json!({ "firstName": "J", "lastName": "D", "externalId": "e-1" });
        post(&app, &token, "/v2/persons", &taken).await.problem(409, "external-id-taken");
    }
    let fresh = json!({ "firstName": "J", "lastName": "D", "externalId": "e-2" });
    post(&app, &token, "/v2/persons", &fresh).await.problem(429, "attempt-limit");
    let reader = app.token_with(&[Scope::PersonsWrite, Scope::PersonsRead]).await;
    for _ in 0..12 {
        let taken = json!({ "firstName": "J", "lastName": "D", "externalId": "e-1" });
        post(&app, &reader, "/v2/persons", &taken).await.problem(409, "external-id-taken");
    }
}

#[tokio::test]
async fn a_match_of_ones_own_buys_no_guess_at_others() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let own = verified(&app, 1).await;
    let mut answered = 0;
    for who in 2..=20 {
        let other = verified(&app, who).await;
        if guess(&app, &token, &other, 100 + who).await.status != 200 {
            break;
        }
        answered += 1;
        if answered < 10 {
            assert_eq!(guess(&app, &token, &own, 1).await.expect(200).json["match"], json!(true));
            let live = post(&app, &token, "/v2/liveness", &probe(&face(1, 5, 0.1))).await.expect(200);
            assert_eq!(live.json["live"], json!(true));
        }
    }
    assert_eq!(answered, 10);
    // Time alone takes failures back: one in ten minutes.
    app.clock.turn(601);
    let next = verified(&app, 50).await;
    guess(&app, &token, &next, 50).await.expect(200);
}

#[tokio::test]
async fn a_search_in_a_collection_of_one_is_a_comparison() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    let id = verified(&app, ANN).await;
    app.post("/v2/collections", &json!({ "name": "victim" })).await.expect(201);
    app.put(&format!("/v2/persons/{id}"), &json!({ "collections": ["victim"] })).await.expect(200);
    let ask = async |who: u64| {
        let mut asked = probe(&face(who, 0, 0.1));
        asked["collections"] = json!(["victim"]);
        post(&app, &token, "/v2/persons/search", &asked).await
    };
    for who in 100..110 {
        assert_eq!(ask(who).await.expect(200).json["candidates"], json!([]));
    }
    ask(ANN).await.problem(429, "attempt-limit");
}

#[tokio::test]
async fn a_finger_offered_again_and_again_is_a_comparison() {
    use testkit::fingers::{body, built_in, file};
    let app = App::with(Setup { fingers: Some(built_in()), ..Setup::default() }).await;
    let token = writer(&app).await;
    let mut made = body("Ann", &file("p1_1"));
    made["biometricData"]["finger"] = json!("right-index");
    let id = app.post("/v2/persons", &made).await.expect(201).id();
    let offered = json!({ "fingerprint": super::support::text(&file("p2_1")), "finger": "right-index" });
    let add = format!("/v2/persons/{id}/biometrics");
    for _ in 0..10 {
        post(&app, &token, &add, &offered).await.problem(409, "fingerprint-mismatch");
    }
    post(&app, &token, &add, &offered).await.problem(429, "attempt-limit");
}

#[tokio::test]
async fn a_decoy_that_matches_makes_no_other_answer_free() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    verified(&app, ANN).await;
    let decoy = face(7, 0, 0.1);
    post(&app, &token, "/v2/persons", &body("Decoy", &decoy)).await.expect(201);
    let ask = json!({ "faceImage": text(&decoy), "minScore": 0 });
    for _ in 0..10 {
        let said = post(&app, &token, "/v2/persons/search", &ask).await.expect(200);
        let all = said.json["candidates"].as_array().unwrap();
        assert!(all.len() > 1 && all[0]["match"] == true, "{}", said.text);
    }
    post(&app, &token, "/v2/persons/search", &ask).await.problem(429, "attempt-limit");
    // Who asks for those only that match is not counted.
    let other = writer(&app).await;
    for _ in 0..12 {
        post(&app, &other, "/v2/persons/search", &json!({ "faceImage": text(&decoy) })).await.expect(200);
    }
}

#[tokio::test]
async fn a_comparison_with_many_counts_as_many() {
    let limits = api::Limits { comparisons_per_minute: Some(12), ..testkit::patient() };
    let app = App::with(Setup { limits, ..setup() }).await;
    let token = writer(&app).await;
    let gallery: Vec<_> = (0..10).map(|take| text(&face(ANN, take, 0.1))).collect();
    let ask = json!({ "probe": text(&face(ANN, 11, 0.1)), "gallery": gallery });
    post(&app, &token, "/v2/compare", &ask).await.expect(200);
    post(&app, &token, "/v2/compare", &ask).await.problem(429, "too-many-requests");
}

#[tokio::test]
async fn whose_face_it_is_is_not_told_without_end_to_a_token_that_may_not_compare() {
    let app = App::with(setup()).await;
    verified(&app, ANN).await;
    let token = app.token_with(&[Scope::PersonsRead, Scope::PersonsWrite]).await;
    for take in 1..=10 {
        let made = body("Probe", &face(ANN, take, 0.1));
        post(&app, &token, "/v2/persons", &made).await.problem(409, "duplicate-person");
    }
    let made = body("Probe", &face(ANN, 11, 0.1));
    post(&app, &token, "/v2/persons", &made).await.problem(429, "attempt-limit");
}

#[tokio::test]
async fn what_the_server_has_set_is_not_guessed_by_a_token_that_may_not_read() {
    let app = App::with(setup()).await;
    let path = format!("/v2/persons/{}", verified(&app, ANN).await);
    let right = app.get(&path).await.json["biometricData"]["livenessScore"].clone();
    let token = app.token_with(&[Scope::PersonsWrite]).await;
    for score in [right, json!(0.1)] {
        let said = put(&app, &token, &path, &json!({ "biometricData": { "livenessScore": score } })).await;
        said.problem(422, "read-only-field");
    }
}
