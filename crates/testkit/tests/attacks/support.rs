//! Somebody verified, and tokens that may not review.

use axum::http::Method;
use domain::Scope;
use serde_json::{Value, json};
use testkit::supplied::{body, face};
use testkit::{App, Reply};

/// The token of an integration: it may do all but review.
pub(crate) async fn writer(app: &App) -> String {
    app.token_with(&[Scope::PersonsRead, Scope::PersonsWrite, Scope::BiometricsRead, Scope::BiometricsMatch])
        .await
}

/// A verified person.
pub(crate) async fn verified(app: &App, who: u64) -> String {
    app.post("/v2/persons/liveness", &body("John", &face(who, 0, 0.1))).await.expect(201).id()
}

/// Base64 of bytes.
pub(crate) fn text(bytes: &[u8]) -> String {
    testkit::fingers::text(bytes)
}

/// The body of an update that brings a face.
pub(crate) fn new_face(image: &[u8]) -> Value {
    json!({ "biometricData": { "faceImage": text(image) } })
}

/// The identifiers of a person's samples.
pub(crate) async fn samples(app: &App, path: &str) -> Vec<String> {
    let all = app.get(&format!("{path}/biometrics")).await.expect(200);
    let all = all.json["data"].as_array().unwrap().clone();
    all.iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect()
}

/// `POST` with another token than the test's own.
pub(crate) async fn post(app: &App, token: &str, path: &str, body: &Value) -> Reply {
    app.ask(token, Method::POST, path, Some(body)).await
}

/// `PUT` with another token than the test's own.
pub(crate) async fn put(app: &App, token: &str, path: &str, body: &Value) -> Reply {
    app.ask(token, Method::PUT, path, Some(body)).await
}

/// `DELETE` with another token than the test's own.
pub(crate) async fn delete(app: &App, token: &str, path: &str) -> Reply {
    app.ask(token, Method::DELETE, path, None).await
}
