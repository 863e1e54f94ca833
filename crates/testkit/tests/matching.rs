//! Verify, search, samples and collections: over the real router and a real store, with faces that are supplied.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use axum::http::Method;
use domain::{Scope, TenantId};
use serde_json::{Value, json};
use testkit::supplied::{body, engine, engine_holding, engine_named, face, probe, setup};
use testkit::{App, Reply, Setup};

async fn start() -> App {
    App::with(setup()).await
}

async fn enrol(app: &App, who: u64) -> String {
    app.post("/v2/persons", &body("P", &face(who, 0, 0.2))).await.expect(201).id()
}

async fn verified(app: &App, who: u64) -> String {
    let made = app.post("/v2/persons/liveness", &body("P", &face(who, 0, 0.2))).await.expect(201);
    assert_eq!(made.json["verificationStatus"], "verified");
    made.id()
}

fn found(reply: &Reply) -> Vec<String> {
    let candidates = reply.json["candidates"].as_array().unwrap();
    candidates.iter().map(|c| c["personId"].as_str().unwrap().to_owned()).collect()
}

async fn search(app: &App, who: u64, more: Value) -> Reply {
    let mut ask = probe(&face(who, 9, 0.2));
    ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.post("/v2/persons/search", &ask).await.expect(200)
}

#[tokio::test]
async fn a_person_is_verified_by_its_own_face_only() {
    let app = start().await;
    let id = enrol(&app, 1).await;
    let path = format!("/v2/persons/{id}/verify");
    let own = app.post(&path, &probe(&face(1, 5, 0.2))).await.expect(200);
    assert_eq!((&own.json["match"], &own.json["modality"]), (&json!(true), &json!("face")));
    assert_eq!(own.json["threshold"], json!(0.8), "one in 10,000 unless something else is asked for");
    assert!(own.json["score"].as_f64().unwrap() > 0.8 && own.json["falseMatchRate"].as_f64().unwrap() < 1e-4);
    assert_eq!(own.json["models"]["embedder"], "supplied-1");
    let stranger = app.post(&path, &probe(&face(2, 0, 0.2))).await.expect(200);
    assert_eq!(stranger.json["match"], json!(false));
    assert!(stranger.json["score"].as_f64().unwrap() < 0.7);

    let mut strict = probe(&face(1, 5, 0.2));
    strict["maxFalseMatchRate"] = json!(1e-12);
    let strict = app.post(&path, &strict).await.expect(200);
    assert_eq!((&strict.json["threshold"], &strict.json["match"]), (&json!(0.96), &json!(false)));
    let mut both = probe(&face(1, 5, 0.2));
    (both["minScore"], both["maxFalseMatchRate"]) = (json!(0.5), json!(0.1));
    app.post(&path, &both).await.problem(422, "validation-failed");
    app.post(&path, &json!({"fingerprint": "Rk1SACAyMAAAAAA="}))
        .await
        .problem(501, "fingerprints-not-configured");

    let bare = app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201).id();
    let none = app.post(&format!("/v2/persons/{bare}/verify"), &probe(&face(1, 5, 0.2))).await;
    none.problem(409, "no-face-enrolled");
}

#[tokio::test]
async fn a_search_names_the_person_and_says_nobody_of_a_stranger() {
    let app = start().await;
    let mut ids = Vec::new();
    for who in 1..=30 {
        ids.push(enrol(&app, who).await);
    }
    let reply = search(&app, 7, json!({})).await;
    assert_eq!(found(&reply), ids[6..=6]);
    let candidate = &reply.json["candidates"][0];
    assert_eq!((&candidate["match"], &candidate["verificationStatus"]), (&json!(true), &json!("pending")));
    let samples = app.get(&format!("/v2/persons/{}/biometrics", ids[6])).await.expect(200);
    assert_eq!(candidate["sampleId"], samples.json["data"][0]["id"]);
    assert_eq!(reply.json["gallerySize"], 30);
    assert!(reply.json["falsePositiveRate"].as_f64().unwrap() <= 1.01e-3);

    let stranger = search(&app, 99, json!({})).await;
    assert_eq!(stranger.json["candidates"], json!([]), "an explicit nobody");

    // Everybody in order, and still nobody is claimed to match.
    let all = search(&app, 99, json!({"minScore": 0, "limit": 100})).await;
    assert_eq!(found(&all).len(), 30);
    let scores: Vec<f64> =
        all.json["candidates"].as_array().unwrap().iter().map(|c| c["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));
    assert!(all.json["candidates"].as_array().unwrap().iter().all(|c| c["match"] == json!(false)));
    assert_eq!(found(&search(&app, 7, json!({"minScore": 0, "limit": 3})).await).len(), 3);

    let loose = search(&app, 7, json!({"maxFalsePositiveRate": 0.5})).await;
    assert!(loose.json["threshold"].as_f64().unwrap() < reply.json["threshold"].as_f64().unwrap());
    for (member, value) in [
        ("limit", json!(0)),
        ("limit", json!(1.5)),
        ("minScore", json!(2)),
        ("statuses", json!([])),
        ("collections", json!(["nowhere"])),
    ] {
        let mut ask = probe(&face(7, 9, 0.2));
        ask[member] = value;
        app.post("/v2/persons/search", &ask).await.problem(422, "validation-failed");
    }
}

#[tokio::test]
async fn who_is_gone_failed_or_without_a_face_is_not_found_by_the_very_next_search() {
    let app = start().await;
    // Erased.
    let id = enrol(&app, 1).await;
    assert_eq!(found(&search(&app, 1, json!({})).await), std::slice::from_ref(&id));
    app.delete(&format!("/v2/persons/{id}")).await.expect(200);
    assert_eq!(search(&app, 1, json!({"minScore": 0})).await.json["candidates"], json!([]));
    // Without a face.
    let id = enrol(&app, 2).await;
    app.put(&format!("/v2/persons/{id}"), &json!({"biometricData": {"faceImage": null}})).await.expect(200);
    assert_eq!(search(&app, 2, json!({"minScore": 0})).await.json["candidates"], json!([]));
    // Failed, by a reviewer's word; found where failed ones are asked for; and back.
    let id = enrol(&app, 3).await;
    let status = |to: &str| json!({"verificationStatus": to, "statusReason": "seen"});
    app.put(&format!("/v2/persons/{id}"), &status("failed")).await.expect(200);
    assert_eq!(search(&app, 3, json!({})).await.json["candidates"], json!([]));
    assert_eq!(found(&search(&app, 3, json!({"statuses": ["failed"]})).await), std::slice::from_ref(&id));
    app.put(&format!("/v2/persons/{id}"), &status("pending")).await.expect(200);
    assert_eq!(found(&search(&app, 3, json!({})).await), [id]);
    // Replaced by another face.
    let id = enrol(&app, 4).await;
    let other = body("P", &face(5, 0, 0.2));
    app.put(&format!("/v2/persons/{id}"), &json!({"biometricData": other["biometricData"]}))
        .await
        .expect(200);
    assert_eq!(search(&app, 4, json!({})).await.json["candidates"], json!([]));
    assert_eq!(found(&search(&app, 5, json!({})).await), [id]);
}

#[tokio::test]
async fn an_expired_person_is_found_only_where_expired_ones_are_asked_for() {
    let app = start().await;
    let id = verified(&app, 1).await;
    assert_eq!(found(&search(&app, 1, json!({"statuses": ["verified"]})).await), std::slice::from_ref(&id));
    app.clock.turn(366 * 86_400);
    assert_eq!(search(&app, 1, json!({})).await.json["candidates"], json!([]));
    let expired = search(&app, 1, json!({"statuses": ["expired"]})).await;
    assert_eq!(found(&expired), [id]);
    assert_eq!(expired.json["candidates"][0]["verificationStatus"], "expired");
}

#[tokio::test]
async fn a_search_stays_in_its_tenant_and_in_its_collections() {
    let app = start().await;
    let staff = app.post("/v2/collections", &json!({"name": "Staff"})).await.expect(201).id();
    app.post("/v2/collections", &json!({"name": "guests"})).await.expect(201);
    let mut ann = body("Ann", &face(1, 0, 0.2));
    ann["collections"] = json!(["staff"]);
    let ann = app.post("/v2/persons", &ann).await.expect(201);
    assert_eq!(ann.json["collections"], json!([staff]));
    let bob = enrol(&app, 2).await;
    let inside = |name: &str| json!({"collections": [name]});
    assert_eq!(found(&search(&app, 1, inside("staff")).await), [ann.id()]);
    assert_eq!(search(&app, 1, inside("guests")).await.json["candidates"], json!([]));
    assert_eq!(search(&app, 2, inside("staff")).await.json["candidates"], json!([]));
    assert_eq!(search(&app, 1, inside(&staff)).await.json["gallerySize"], 1);

    app.post(&format!("/v2/collections/{staff}/members"), &json!({"personIds": [bob]})).await.expect(200);
    assert_eq!(found(&search(&app, 2, inside("staff")).await), std::slice::from_ref(&bob));
    app.delete(&format!("/v2/collections/{staff}/members/{bob}")).await.expect(204);
    assert_eq!(search(&app, 2, inside("staff")).await.json["candidates"], json!([]));

    let tenant = app.registry.create_tenant("other").await.unwrap().unwrap();
    let token = app.token_of(tenant, &[Scope::Admin]).await;
    let request = axum::http::Request::post("/v2/persons/search")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(probe(&face(1, 9, 0.2)).to_string()))
        .unwrap();
    let reply = app.raw(request).await.expect(200);
    assert_eq!((&reply.json["candidates"], &reply.json["gallerySize"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn collections_are_kept_listed_and_removed_with_their_members_left() {
    let app = start().await;
    let made = app.post("/v2/collections", &json!({"name": "Staff", "description": "all"})).await.expect(201);
    let path = format!("/v2/collections/{}", made.id());
    app.post("/v2/collections", &json!({"name": "STAFF"})).await.problem(409, "collection-name-taken");
    for bad in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "collection_x"}),
        json!({"name": "a\u{7}"}),
        json!({"name": "x", "colour": 1}),
    ] {
        app.post("/v2/collections", &bad).await.problem(422, "validation-failed");
    }
    let named = app.put(&path, &json!({"name": "Team", "description": null})).await.expect(200);
    assert_eq!((&named.json["name"], named.json.get("description")), (&json!("Team"), None));
    let one = app
        .post("/v2/persons", &json!({"firstName": "A", "lastName": "B", "collections": ["team"]}))
        .await
        .expect(201);
    let other = app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201).id();
    let members = format!("{path}/members");
    let nobody = format!("person_{}", "0".repeat(26));
    let refused =
        app.post(&members, &json!({"personIds": [other, nobody]})).await.problem(422, "validation-failed");
    assert_eq!(refused.json["errors"][0]["pointer"], "/personIds/1");
    assert_eq!(app.post(&members, &json!({"personIds": [other]})).await.expect(200).json["members"], 2);
    assert_eq!(app.get(&members).await.expect(200).json["pagination"]["total"], 2);
    assert_eq!(app.get("/v2/persons?collection=Team").await.expect(200).json["pagination"]["total"], 2);
    app.get("/v2/persons?collection=nowhere").await.problem(400, "invalid-parameter");
    // What was read can be sent back, and clears what it names null.
    let read = app.get(&format!("/v2/persons/{}", one.id())).await.expect(200);
    let same = app.put(&format!("/v2/persons/{}", one.id()), &read.json).await.expect(200);
    assert_eq!(same.json["version"], read.json["version"]);
    let out = app.put(&format!("/v2/persons/{}", one.id()), &json!({"collections": null})).await.expect(200);
    assert_eq!(out.json.get("collections"), None);

    app.delete(&path).await.expect(204);
    app.get(&path).await.problem(404, "not-found");
    app.delete(&path).await.problem(404, "not-found");
    assert_eq!(app.get(&format!("/v2/persons/{other}")).await.expect(200).json.get("collections"), None);
    for n in 0..3 {
        app.post("/v2/collections", &json!({"name": format!("c{n}")})).await.expect(201);
    }
    let first = app.get("/v2/collections?limit=2").await.expect(200);
    let next = first.json["pagination"]["nextCursor"].as_str().unwrap();
    let last = app.get(&format!("/v2/collections?limit=2&cursor={next}")).await.expect(200);
    assert_eq!(
        (last.json["data"][0]["name"].as_str(), last.json["pagination"].get("nextCursor")),
        (Some("c2"), None)
    );
}

#[tokio::test]
async fn more_faces_of_a_person_come_and_go() {
    let app = start().await;
    let id = verified(&app, 1).await;
    let path = format!("/v2/persons/{id}/biometrics");
    let added = app.post(&path, &probe(&face(1, 1, 0.3))).await.expect(201);
    assert_eq!((&added.json["primary"], &added.json["state"]), (&json!(false), &json!("enrolled")));
    assert_eq!(added.header("location"), format!("{path}/{}", added.id()));
    app.post(&path, &probe(&face(2, 0, 0.2))).await.problem(409, "face-mismatch");
    let mut forced = probe(&face(2, 0, 0.2));
    forced["force"] = json!(true);
    let writer = app.token_with(&[Scope::PersonsWrite]).await;
    let request = axum::http::Request::post(&path)
        .header("authorization", format!("Bearer {writer}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(forced.to_string()))
        .unwrap();
    app.raw(request).await.problem(403, "missing-scope");

    let listed = app.get(&path).await.expect(200);
    assert_eq!(listed.json["data"].as_array().unwrap().len(), 2);
    let whole = app.get(&format!("{path}/{}", added.id())).await.expect(200);
    assert_eq!(whole.json["image"], probe(&face(1, 1, 0.3))["faceImage"]);
    assert_eq!(
        found(&search(&app, 1, json!({})).await),
        std::slice::from_ref(&id),
        "one candidate, however many faces"
    );

    // A repeated request adds nothing.
    let again = |key: &'static str| {
        let (app, path) = (&app, &path);
        async move {
            let body = probe(&face(1, 2, 0.3));
            app.send(axum::http::Method::POST, path, &[("idempotency-key", key)], Some(&body))
                .await
                .expect(201)
                .id()
        }
    };
    assert_eq!(again("k").await, again("k").await);
    assert_eq!(app.get(&path).await.json["data"].as_array().unwrap().len(), 3);

    // The primary goes, the next takes its place; the last needs a reviewer.
    let primary = listed.json["data"][0]["id"].as_str().unwrap();
    let left = app.delete(&format!("{path}/{primary}")).await.expect(200);
    assert_eq!(left.json["verificationStatus"], "verified");
    assert_eq!(left.json["biometricData"]["faceImage"], probe(&face(1, 1, 0.3))["faceImage"]);
    for n in 3..11 {
        app.post(&path, &probe(&face(1, n, 0.3))).await.expect(201);
    }
    app.post(&path, &probe(&face(1, 11, 0.3))).await.problem(409, "too-many-samples");
    let all = app.get(&path).await.json["data"].as_array().unwrap().clone();
    for sample in &all[1..] {
        app.delete(&format!("{path}/{}", sample["id"].as_str().unwrap())).await.expect(200);
    }
    let last = format!("{path}/{}", all[0]["id"].as_str().unwrap());
    let request = axum::http::Request::delete(&last)
        .header("authorization", format!("Bearer {writer}"))
        .body(axum::body::Body::empty())
        .unwrap();
    app.raw(request).await.problem(403, "missing-scope");
    assert_eq!(app.delete(&last).await.expect(200).json["verificationStatus"], "pending");
    assert_eq!(search(&app, 1, json!({"minScore": 0})).await.json["candidates"], json!([]));
    app.delete(&last).await.problem(404, "not-found");
}

#[tokio::test]
async fn images_are_compared_without_being_stored() {
    let app = start().await;
    let image = |who, take| probe(&face(who, take, 0.2))["faceImage"].clone();
    let body = json!({"probe": image(1, 0), "gallery": [image(2, 0), image(1, 1)]});
    let reply = app.post("/v2/compare", &body).await.expect(200);
    assert_eq!(reply.json["match"], json!(true));
    assert_eq!(
        reply.json["results"].as_array().unwrap().iter().map(|r| r["match"].clone()).collect::<Vec<_>>(),
        [false, true]
    );
    let bad = json!({"probe": image(1, 0), "gallery": [image(1, 1), "AAAA"]});
    let refused = app.post("/v2/compare", &bad).await.problem(422, "image-undecodable");
    assert_eq!(refused.json["errors"][0]["pointer"], "/gallery/1");
    for bad in [
        json!({}),
        json!({"probe": image(1, 0), "gallery": []}),
        json!({"probe": null, "gallery": [image(1, 0)]}),
    ] {
        app.post("/v2/compare", &bad).await.problem(422, "validation-failed");
    }
    let found = app.post("/v2/detect", &probe(&face(1, 0, 0.0))).await.expect(200);
    assert_eq!(found.json["faces"].as_array().unwrap().len(), 1);
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0);
}

#[tokio::test]
async fn after_a_restart_the_gallery_is_what_the_store_holds() {
    let app = start().await;
    let mut ids = Vec::new();
    for who in 1..=40 {
        ids.push(enrol(&app, who).await);
    }
    app.post(&format!("/v2/persons/{}/biometrics", ids[3]), &probe(&face(4, 1, 0.2))).await.expect(201);
    app.delete(&format!("/v2/persons/{}", ids[0])).await.expect(200);
    let check = app.registry.check_galleries().await.unwrap();
    assert!(check.is_equal() && check.persons == 39 && check.faces == 40, "{check:?}");
    let app = app.restart().await;
    let check = app.registry.check_galleries().await.unwrap();
    assert!(check.is_equal() && check.persons == 39 && check.faces == 40, "{check:?}");
    assert_eq!(found(&search(&app, 9, json!({})).await), ids[8..=8]);
}

#[tokio::test]
async fn a_search_sees_what_another_process_has_enrolled() {
    let app = start().await;
    enrol(&app, 1).await;
    // A second registry over the same store, as the command line beside a running server is.
    let other = App::beside(&app, setup()).await;
    let id = enrol(&other, 2).await;
    assert_eq!(found(&search(&app, 2, json!({})).await), std::slice::from_ref(&id));
    app.delete(&format!("/v2/persons/{id}")).await.expect(200);
    assert_eq!(search(&other, 2, json!({"minScore": 0.6})).await.json["candidates"], json!([]));
    let tenant = other.registry.create_tenant("late").await.unwrap().unwrap();
    let token = app.token_of(tenant, &[Scope::Admin]).await;
    let request = axum::http::Request::post("/v2/persons/search")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(probe(&face(1, 9, 0.2)).to_string()))
        .unwrap();
    assert_eq!(app.raw(request).await.expect(200).json["gallerySize"], 0, "also of a tenant made meanwhile");
}

#[tokio::test]
async fn until_the_gallery_is_loaded_searches_are_503_and_the_rest_goes_on() {
    let app = App::with(Setup { faces: Some(engine()), load: false, ..Setup::default() }).await;
    let made = app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201);
    app.get(&format!("/v2/persons/{}", made.id())).await.expect(200);
    let refused =
        app.post("/v2/persons/search", &probe(&face(1, 0, 0.0))).await.problem(503, "gallery-loading");
    assert_eq!(refused.header("retry-after"), "1");
    app.post("/v2/persons/liveness", &body("P", &face(1, 0, 0.0))).await.problem(503, "gallery-loading");
    app.registry.load_galleries().await.unwrap();
    app.post("/v2/persons/liveness", &body("P", &face(1, 0, 0.0))).await.expect(201);
    assert_eq!(app.registry.tenants().await.unwrap()[0].0, TenantId::DEFAULT);
}

#[tokio::test]
async fn after_the_embedder_is_changed_nobody_else_is_taken_for_a_person_and_everybody_is_found_again() {
    let app = start().await;
    let (ann, bob) = (verified(&app, 1).await, verified(&app, 2).await);
    let app = app.restart_with(Setup { faces: Some(engine_named("supplied-2")), ..setup() }).await;
    // Searches wait until every template is there; nobody is called a stranger meanwhile, and nobody enrolled twice.
    app.post("/v2/persons/search", &probe(&face(1, 0, 0.2))).await.problem(503, "gallery-loading");
    app.post("/v2/persons/liveness", &body("P", &face(1, 3, 0.2))).await.problem(503, "gallery-loading");
    // One person is compared with what the stored image shows, not with nothing.
    app.post(&format!("/v2/persons/{ann}/liveness"), &probe(&face(2, 5, 0.2)))
        .await
        .problem(409, "face-mismatch");
    let own = app.post(&format!("/v2/persons/{ann}/verify"), &probe(&face(1, 5, 0.2))).await.expect(200);
    assert_eq!(own.json["match"], json!(true));
    assert_eq!(own.json["models"]["embedder"], "supplied-2");
    assert_eq!(app.registry.check_galleries().await.unwrap().without_template, 1, "one was made on the way");
    assert_eq!(app.registry.remake_templates().await.unwrap(), 1);
    assert_eq!(found(&search(&app, 1, json!({})).await), std::slice::from_ref(&ann));
    assert_eq!(found(&search(&app, 2, json!({})).await), [bob]);
    // And back: the first templates are still there.
    let app = app.restart_with(setup()).await;
    assert_eq!(found(&search(&app, 1, json!({})).await), [ann]);
    assert_eq!(app.registry.remake_templates().await.unwrap(), 0);
}

#[tokio::test]
async fn a_proven_person_without_a_face_is_pending_again_with_one_and_takes_nobody_elses() {
    let app = start().await;
    let other = verified(&app, 1).await;
    let bare = app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201).id();
    let path = format!("/v2/persons/{bare}");
    app.put(&path, &json!({"verificationStatus": "verified", "statusReason": "seen"})).await.expect(200);
    let image = |who| json!({"biometricData": probe(&face(who, 4, 0.2))});
    let refused = app.put(&path, &image(1)).await.problem(409, "duplicate-person");
    assert_eq!(refused.json["personId"], other);
    app.post(&format!("{path}/biometrics"), &probe(&face(2, 0, 0.2))).await.expect(201);
    assert_eq!(app.get(&path).await.json["verificationStatus"], "pending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn models_change_there_and_back_while_every_search_is_answered() {
    let app = std::sync::Arc::new(start().await);
    let mut ids = Vec::new();
    for who in 1..=20 {
        ids.push(verified(&app, who).await);
    }
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let answered = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let searching = {
        let (app, stop, ids) = (std::sync::Arc::clone(&app), std::sync::Arc::clone(&stop), ids.clone());
        let answered = std::sync::Arc::clone(&answered);
        tokio::spawn(async move {
            let mut seen = std::collections::BTreeSet::new();
            for who in (1..=20).cycle() {
                // A panic here is an answer that was not 200, or named somebody else.
                let reply = search(&app, who, json!({})).await;
                assert_eq!(found(&reply), ids[who as usize - 1..who as usize]);
                seen.insert(reply.json["models"]["embedder"].as_str().unwrap().to_owned());
                answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    return seen;
                }
            }
            seen
        })
    };
    let change = async |name: &str| {
        let next = app.registry.present().beside(engine_named(name)).unwrap();
        next.load_galleries().await.unwrap();
        while next.remake_templates().await.unwrap() > 0 {
            next.follow().await.unwrap();
        }
        next.take_over();
        // A search that began before sees with the models of before: the next change comes when it is answered, however busy
        // this machine is.
        let before = answered.load(std::sync::atomic::Ordering::Relaxed);
        while answered.load(std::sync::atomic::Ordering::Relaxed) < before + 2 && !searching.is_finished() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    change("supplied-2").await;
    let late = verified(&app, 21).await;
    assert_eq!(found(&search(&app, 21, json!({})).await), std::slice::from_ref(&late));
    assert_eq!(search(&app, 3, json!({})).await.json["models"]["embedder"], "supplied-2");
    app.post("/v2/persons/liveness", &body("P", &face(4, 7, 0.2))).await.problem(409, "duplicate-person");
    // A third set of models leaves those of the second alone while requests still see with them.
    change("supplied-3").await;
    assert_eq!(search(&app, 3, json!({})).await.json["models"]["embedder"], "supplied-3");
    // Back: who came meanwhile is known there too.
    change("supplied-1").await;
    assert_eq!(search(&app, 3, json!({})).await.json["models"]["embedder"], "supplied-1");
    assert_eq!(found(&search(&app, 21, json!({})).await), [late]);
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let seen = searching.await.unwrap();
    assert!(seen.contains("supplied-1"), "{seen:?}");
}

#[tokio::test]
async fn models_that_were_taken_over_from_are_given_back() {
    let app = App::start().await;
    let first = std::sync::Arc::new(());
    let seeing = app.registry.beside(engine_holding(&first)).unwrap();
    seeing.load_galleries().await.unwrap();
    seeing.take_over();
    drop(seeing);
    let id = app.post("/v2/persons", &body("A", &face(1, 0, 0.2))).await.expect(201).id();
    assert_eq!(found(&search(&app, 1, json!({})).await), [id]);
    assert!(std::sync::Arc::strong_count(&first) > 1, "its threads hold it");
    app.registry.beside(engine_named("supplied-2")).unwrap().take_over();
    // They end by themselves, when this machine lets them: only those that never do fail.
    for _ in 0..30_000 {
        if std::sync::Arc::strong_count(&first) == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the threads of the first models are still there");
}

#[tokio::test]
async fn making_a_collection_and_deciding_of_a_pair_are_done_once_however_often_they_are_sent() {
    let app = start().await;
    let keyed = |path: String, key: &'static str, body: Value| {
        let app = &app;
        async move { app.send(Method::POST, &path, &[("idempotency-key", key)], Some(&body)).await }
    };
    let make = |name: &str| keyed("/v2/collections".into(), "c", json!({"name": name, "description": "d"}));
    let made = make("staff").await.expect(201);
    app.put(&format!("/v2/collections/{}", made.id()), &json!({"name": "team"})).await.expect(200);
    let again = make("staff").await.expect(201);
    assert_eq!((again.json, &again.headers["location"]), (made.json, &made.headers["location"]));
    make("other").await.problem(422, "idempotency-key-reused");
    assert_eq!(app.get("/v2/collections").await.json["data"].as_array().map(Vec::len), Some(1));

    enrol(&app, 1).await;
    let mut twin = body("P", &face(1, 1, 0.2));
    twin["onDuplicate"] = json!("flag");
    app.post("/v2/persons", &twin).await.expect(201);
    let pair = app.get("/v2/duplicates").await.json["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v2/duplicates/{pair}/decide");
    let decide = || keyed(path.clone(), "d", json!({"decision": "different", "reason": "twins"}));
    let decided = decide().await.expect(200);
    // Taken back by somebody else meanwhile: the repetition is answered, and does not decide anew.
    app.post(&path, &json!({"decision": "open"})).await.expect(200);
    assert_eq!(decide().await.expect(200).json, decided.json);
    assert_eq!(app.get("/v2/duplicates").await.json["data"][0]["decision"], "open");
}
