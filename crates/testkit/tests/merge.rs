//! Two records of one human become one, and two again.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::supplied::{body, face, probe, setup};
use testkit::{App, Reply};

/// Ann twice: once verified, once pending with more members, a second face and a fingerprint.
async fn twice(app: &App) -> (String, String) {
    let first = app.post("/v2/persons/liveness", &body("Ann", &face(1, 0, 0.2))).await.expect(201).id();
    let mut second = body("Anna", &face(1, 1, 0.2));
    second["onDuplicate"] = json!("flag");
    second["email"] = json!("ann@example.com");
    second["externalId"] = json!("A-1");
    second["biometricData"]["fingerprint"] = json!("Rk1SACAyMAAAAAA=");
    let second = app.post("/v2/persons", &second).await.expect(201).id();
    app.post(&format!("/v2/persons/{second}/biometrics"), &probe(&face(1, 2, 0.2))).await.expect(201);
    (first, second)
}

async fn merge(app: &App, verb: &str, id: &str, from: &str) -> Reply {
    app.post(&format!("/v2/persons/{id}/{verb}"), &json!({"personId": from})).await
}

async fn get(app: &App, id: &str) -> Reply {
    app.get(&format!("/v2/persons/{id}")).await
}

async fn found(app: &App) -> Vec<Value> {
    let reply = app.post("/v2/persons/search", &probe(&face(1, 9, 0.1))).await.expect(200);
    reply.json["candidates"].as_array().into_iter().flatten().map(|c| c["personId"].clone()).collect()
}

#[tokio::test]
async fn what_was_two_is_one_and_can_be_two_again() {
    let app = App::with(setup()).await;
    let (first, second) = twice(&app).await;
    let (before, other) = (get(&app, &first).await.json, get(&app, &second).await.json);
    assert_eq!(found(&app).await.len(), 2);

    let one = merge(&app, "merge", &first, &second).await.expect(200);
    assert_eq!(one.json["firstName"], "Ann", "what is known stays");
    assert_eq!((&one.json["email"], &one.json["externalId"]), (&other["email"], &other["externalId"]));
    assert_eq!(one.json["verificationStatus"], "verified");
    assert_eq!(one.json["mergedIds"], json!([second]));
    assert_eq!(one.json["biometricData"]["faceImage"], before["biometricData"]["faceImage"]);
    assert_eq!(one.json["biometricData"]["fingerprint"], other["biometricData"]["fingerprint"]);
    assert_eq!(one.json["biometricData"]["samples"].as_array().map(Vec::len), Some(4));
    get(&app, &second).await.problem(404, "not-found");
    assert_eq!(found(&app).await, [json!(first)], "one candidate");
    assert_eq!(app.get("/v2/persons?externalId=A-1").await.json["data"][0]["id"], json!(first));
    assert_eq!(app.get("/v2/duplicates").await.json["data"], json!([]));
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 1);
    // What was read can be sent back.
    let same = app.put(&format!("/v2/persons/{first}"), &one.json).await.expect(200);
    assert_eq!(same.json["version"], one.json["version"]);

    // A member that is changed since is not given up.
    app.put(&format!("/v2/persons/{first}"), &json!({"email": "new@example.com"})).await.expect(200);
    let parted = merge(&app, "unmerge", &first, &second).await.expect(200);
    assert_eq!(parted.json["email"], "new@example.com");
    for member in ["externalId", "mergedIds"] {
        assert_eq!(parted.json.get(member), None);
    }
    assert_eq!(parted.json["biometricData"]["samples"], before["biometricData"]["samples"]);
    let mut restored = get(&app, &second).await.expect(200).json;
    for member in ["version", "updatedAt"] {
        restored[member] = other[member].clone();
    }
    assert_eq!(restored, other);
    assert_eq!(found(&app).await.len(), 2);
    merge(&app, "unmerge", &first, &second).await.problem(404, "not-found");
    let check = app.registry.check_galleries().await.expect("a check");
    assert!(check.is_equal() && check.faces == 3, "{check:?}");
}

#[tokio::test]
async fn merging_is_refused_where_it_makes_no_sense() {
    let app = App::with(setup()).await;
    let (first, second) = twice(&app).await;
    let stranger = app.post("/v2/persons", &body("Bob", &face(2, 0, 0.1))).await.expect(201).id();
    let nobody = format!("person_{}", "0".repeat(26));
    merge(&app, "merge", &first, &first).await.problem(422, "validation-failed");
    merge(&app, "merge", &first, &nobody).await.problem(404, "not-found");
    merge(&app, "merge", &nobody, &first).await.problem(404, "not-found");
    merge(&app, "merge", &first, &stranger).await.problem(409, "face-mismatch");
    merge(&app, "unmerge", &first, &second).await.problem(404, "not-found");
    let path = format!("/v2/persons/{first}/merge");
    app.post(&path, &json!({})).await.problem(422, "validation-failed");
    app.post(&path, &json!({"personId": stranger, "force": true})).await.expect(200);

    // Once, however often it is sent.
    let ask = json!({"personId": second});
    let send = || app.send(Method::POST, &path, &[("idempotency-key", "m")], Some(&ask));
    let (a, b) = (send().await.expect(200), send().await.expect(200));
    assert_eq!(a.json["mergedIds"], b.json["mergedIds"]);
    assert_eq!(a.json["mergedIds"], json!([stranger, second]));
}

#[tokio::test]
async fn erasing_the_one_that_stays_erases_both() {
    let app = App::with(setup()).await;
    let (first, second) = twice(&app).await;
    merge(&app, "merge", &first, &second).await.expect(200);
    app.delete(&format!("/v2/persons/{first}")).await.expect(200);
    merge(&app, "unmerge", &first, &second).await.problem(404, "not-found");
    get(&app, &second).await.problem(404, "not-found");
    assert_eq!(found(&app).await, Vec::<Value>::new());
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0);
}

#[tokio::test]
async fn merging_parting_and_merging_again_goes_on_for_ever() {
    let app = App::with(setup()).await;
    let (first, second) = twice(&app).await;
    for _ in 0..3 {
        merge(&app, "merge", &first, &second).await.expect(200);
        merge(&app, "unmerge", &first, &second).await.expect(200);
        get(&app, &second).await.expect(200);
    }
    // Who is there again is seen by every check that enrolments go through.
    let check = app.registry.check_galleries().await.expect("a check");
    assert!(check.is_equal() && check.persons == 2, "{check:?}");
    app.delete(&format!("/v2/persons/{second}")).await.expect(200);
    assert_eq!(found(&app).await, [json!(first)]);
}

#[tokio::test]
async fn a_face_that_was_removed_meanwhile_does_not_come_back_as_a_hole() {
    let app = App::with(setup()).await;
    let first = app.post("/v2/persons/liveness", &body("Ann", &face(1, 0, 0.2))).await.expect(201).id();
    let mut second = body("Anna", &face(1, 1, 0.2));
    second["onDuplicate"] = json!("flag");
    let second = app.post("/v2/persons/liveness", &second).await.expect(201).id();
    let one = merge(&app, "merge", &first, &second).await.expect(200).json;
    let taken = one["biometricData"]["samples"][1]["id"].as_str().expect("a sample").to_owned();
    app.delete(&format!("/v2/persons/{first}/biometrics/{taken}")).await.expect(200);
    merge(&app, "unmerge", &first, &second).await.expect(200);
    let restored = get(&app, &second).await.expect(200).json;
    assert_eq!(restored["biometricData"].get("samples"), None);
    assert_eq!(restored["verificationStatus"], "pending", "nobody is verified by a face that is gone");
    let stranger =
        app.post(&format!("/v2/persons/{second}/liveness"), &probe(&face(9, 0, 0.1))).await.expect(200);
    assert_eq!(
        stranger.json["biometricData"]["samples"].as_array().map(Vec::len),
        Some(1),
        "a first face is kept"
    );
}

#[tokio::test]
async fn who_was_in_a_collection_that_is_gone_comes_back_outside_it() {
    let app = App::with(setup()).await;
    let staff = app.post("/v2/collections", &json!({"name": "staff"})).await.expect(201).id();
    app.post("/v2/collections", &json!({"name": "guests"})).await.expect(201);
    let (first, second) = twice(&app).await;
    let inside = json!({"collections": ["staff", "guests"]});
    app.put(&format!("/v2/persons/{second}"), &inside).await.expect(200);
    merge(&app, "merge", &first, &second).await.expect(200);
    app.delete(&format!("/v2/collections/{staff}")).await.expect(204);
    let parted = merge(&app, "unmerge", &first, &second).await.expect(200);
    assert_eq!(parted.json["mergedIds"], Value::Null);
    let restored = get(&app, &second).await.expect(200).json;
    assert_eq!(restored["collections"].as_array().map(Vec::len), Some(1), "the one that is left");
}

#[tokio::test]
async fn answers_kept_of_somebody_who_was_merged_are_given_again_after_parting() {
    let app = App::with(setup()).await;
    let first = app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201).id();
    let body = json!({"firstName": "C", "lastName": "D"});
    let send = || app.send(Method::POST, "/v2/persons", &[("idempotency-key", "k")], Some(&body));
    let made = send().await.expect(201);
    merge(&app, "merge", &first, &made.id()).await.expect(200);
    send().await.problem(404, "not-found");
    merge(&app, "unmerge", &first, &made.id()).await.expect(200);
    assert_eq!(send().await.expect(201).json, made.json);
}

#[tokio::test]
async fn merges_hang_in_one_another_so_deep_and_no_deeper() {
    let app = App::with(setup()).await;
    let new = async || app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.id();
    let mut inner = new().await;
    let mut outer = Vec::new();
    for _ in 0..8 {
        let next = new().await;
        merge(&app, "merge", &next, &inner).await.expect(200);
        outer.push(inner);
        inner = next;
    }
    let last = new().await;
    merge(&app, "merge", &last, &inner).await.problem(409, "too-many-merges");
    get(&app, &last).await.expect(200);
    // The other way round adds no depth, and all can be parted again.
    merge(&app, "merge", &inner, &last).await.expect(200);
    for before in outer.into_iter().rev() {
        merge(&app, "unmerge", &inner, &before).await.expect(200);
        inner = before;
    }
    get(&app, &inner).await.expect(200);
}

#[tokio::test]
async fn who_has_one_name_gets_no_other_by_a_merge_and_dates_stay_as_they_are_known() {
    let app = App::start().await;
    let make = async |body: Value| app.post("/v2/persons", &body).await.expect(201).id();
    let first = make(json!({ "firstName": "Suharto", "dateOfBirth": "1921" })).await;
    let more =
        json!({ "firstName": "Haji", "lastName": "Mohamed", "dateOfBirth": "1921-06-08", "gender": "male" });
    let second = make(more).await;
    let one = merge(&app, "merge", &first, &second).await.expect(200).json;
    assert_eq!((one["firstName"].as_str(), one.get("lastName")), (Some("Suharto"), None));
    assert_eq!((&one["dateOfBirth"], &one["gender"]), (&json!("1921"), &json!("male")));
    let parted = merge(&app, "unmerge", &first, &second).await.expect(200).json;
    assert_eq!(
        (parted["firstName"].as_str(), parted.get("lastName"), parted.get("gender")),
        (Some("Suharto"), None, None)
    );
    let again = get(&app, &second).await.expect(200).json;
    assert_eq!((&again["lastName"], &again["dateOfBirth"]), (&json!("Mohamed"), &json!("1921-06-08")));
    assert_eq!(app.get("/v2/persons?name=mohamed").await.expect(200).json["data"][0]["id"], json!(second));
}
