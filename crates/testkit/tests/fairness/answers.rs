//! Memory for answers.

use api::Limits;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use testkit::{Setup, supplied};

use crate::support::{post, request, two, unread, with_face};

const IMAGE: usize = 300 << 10;

fn with_answers(answers_bytes: usize) -> Setup {
    Setup { limits: Limits { answers_bytes, ..testkit::patient() }, ..supplied::setup() }
}

#[tokio::test]
async fn a_list_with_images_is_made_as_it_is_read() {
    let (app, _) = two(supplied::setup()).await;
    for n in 0..20 {
        post(&app, &app.token, "/v2/persons", &with_face(n, IMAGE)).await.expect(201);
    }
    let path = "/v2/persons?include=biometricData&sort=createdAt&limit=15";
    let mut answer = unread(&app, request(&app.token, "GET", path, Body::empty())).await;
    assert_eq!(answer.status(), 200);
    let (mut text, mut pieces) = (Vec::new(), 0);
    while let Some(frame) = answer.body_mut().frame().await {
        let piece = frame.unwrap().into_data().unwrap();
        assert!(piece.len() < 2 * IMAGE, "one person at a time: {}", piece.len());
        text.extend_from_slice(&piece);
        pieces += 1;
    }
    assert_eq!(pieces, 16, "fifteen persons and the end");
    let list: Value = serde_json::from_slice(&text).unwrap();
    let names: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|p| p["firstName"].as_str().unwrap()).collect();
    assert_eq!(names, (0..15).map(|n| format!("Ann {n}")).collect::<Vec<_>>());
    let image = |p: &Value| p["biometricData"]["faceImage"].as_str().unwrap().len();
    assert!(list["data"].as_array().unwrap().iter().all(|p| image(p) >= IMAGE * 4 / 3));
    assert_eq!(list["pagination"]["total"], 20);
    let cursor = list["pagination"]["nextCursor"].as_str().unwrap();
    let rest = app.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    assert_eq!(rest.json["data"].as_array().unwrap().len(), 5);
    assert!(rest.json["pagination"].get("nextCursor").is_none());
    let none = app.get("/v2/persons?include=biometricData&email=a@b.example").await.expect(200);
    assert_eq!(none.json["data"], json!([]));
}

#[tokio::test]
async fn a_page_of_large_images_ends_early_and_goes_on_by_cursor() {
    let (app, _) = two(supplied::setup()).await;
    for n in 0..6 {
        post(&app, &app.token, "/v2/persons", &with_face(n, 9 << 20)).await.expect(201);
    }
    let (mut met, mut path) = (Vec::new(), "/v2/persons?include=biometricData&sort=createdAt".to_owned());
    let mut pages = 0;
    loop {
        let page = app.get(&path).await.expect(200);
        pages += 1;
        let names =
            page.json["data"].as_array().unwrap().iter().map(|p| p["firstName"].as_str().unwrap().to_owned());
        met.extend(names);
        let Some(cursor) = page.json["pagination"]["nextCursor"].as_str() else { break };
        path = format!("/v2/persons?include=biometricData&sort=createdAt&cursor={cursor}");
    }
    assert_eq!(met, (0..6).map(|n| format!("Ann {n}")).collect::<Vec<_>>());
    assert_eq!(pages, 2, "the first page ends once it is long");
}

#[tokio::test]
async fn answers_that_are_not_read_are_bounded_and_refuse_only_their_own() {
    let (app, other) = two(with_answers(6 << 20)).await;
    let id = post(&app, &app.token, "/v2/persons", &with_face(1, IMAGE)).await.expect(201).id();
    let theirs = post(&app, &other, "/v2/persons", &with_face(2, IMAGE)).await.expect(201).id();
    let ask = || request(&app.token, "GET", &format!("/v2/persons/{id}"), Body::empty());
    let mut held = Vec::new();
    let refused = loop {
        let answer = unread(&app, ask()).await;
        if answer.status() != 200 {
            break answer;
        }
        held.push(answer);
        assert!(held.len() < 20, "there is an end to it");
    };
    assert_eq!((refused.status().as_u16(), held.len()), (503, 5), "a third of the memory, 400 kB each");
    let ask_other = || request(&other, "GET", &format!("/v2/persons/{theirs}"), Body::empty());
    app.raw(ask_other()).await.expect(200);
    // Lists with images that nobody reads are of the same memory: one waits for it, and the other tenant's does not.
    let list = "/v2/persons?include=biometricData";
    app.raw(request(&other, "GET", list, Body::empty())).await.expect(200);
    drop(held);
    app.raw(ask()).await.expect(200);
}

#[tokio::test]
async fn files_for_those_without_a_token_are_held_once_compressed_and_bounded() {
    let (app, _) = two(with_answers(12 << 20)).await;
    let script = "/docs/swagger-ui-bundle.js";
    let ask = |coding: &'static str, tag: &str| {
        let request = Request::get(script).header("accept-encoding", coding).header("if-none-match", tag);
        request.body(Body::empty()).unwrap()
    };
    let plain = unread(&app, ask("identity", "")).await;
    let packed = unread(&app, ask("gzip", "")).await;
    let tag = packed.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(unread(&app, ask("gzip", &tag)).await.status(), 304);
    let length = |body: Body| async { body.collect().await.unwrap().to_bytes().len() };
    let (plain, packed) = (length(plain.into_body()).await, length(packed.into_body()).await);
    assert!(packed * 2 < plain, "{packed} of {plain}");
    // Nobody reads these.
    let mut held = Vec::new();
    loop {
        let answer = unread(&app, ask("identity", "")).await;
        if answer.status() == 503 {
            break;
        }
        held.push(answer);
        assert!(held.len() * plain < 12 << 20, "there is an end to it");
    }
    assert!(!held.is_empty() && held.len() * plain <= 4 << 20, "all of them together have a third");
    let person = json!({ "firstName": "Ann", "lastName": "Doe", "metadata": { "k": "x".repeat(400) } });
    let id = app.post("/v2/persons", &person).await.expect(201).id();
    app.get(&format!("/v2/persons/{id}")).await.expect(200);
    drop(held);
    app.get("/openapi.json").await.expect(200);
}
