//! Bad input gets a precise answer, and never a fault of the server.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::time::Duration;

use api::Limits;
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use testkit::{App, Reply, Setup};

async fn send(app: &App, method: Method, path: &str, content_type: &str, body: impl Into<Body>) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", app.token))
        .header("content-type", content_type)
        .body(body.into())
        .unwrap();
    app.raw(request).await
}

#[tokio::test]
async fn bodies_that_are_not_acceptable_json_are_400() {
    let app = App::start().await;
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let wide = format!(
        "{{\"metadata\":{{{}\"z\":\"\"}}}}",
        (0..3_000).map(|i| format!("\"k{i}\":\"\",")).collect::<String>()
    );
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "{\"firstName\":\"A\",}",
        "{\"firstName\":\"A\",\"firstName\":\"B\"}",
        "{\"a\":1e400}",
        "{\"firstName\":\"\\ud800\"}",
        "{\"firstName\":NaN}",
        "\u{feff}\u{feff}{}",
        &deep,
        &wide,
    ] {
        send(&app, Method::POST, "/v2/persons", "application/json", body.to_owned())
            .await
            .problem(400, "malformed-json");
    }
    send(&app, Method::POST, "/v2/persons", "application/json", vec![b'{', b'"', 0xff, b'"'])
        .await
        .problem(400, "malformed-json");
}

#[tokio::test]
async fn every_fault_of_a_body_is_reported_at_once_and_no_value_repeated() {
    let app = App::start().await;
    let body = json!({
        "firstName": 7, "email": "not-an-address-canary", "phone": "123", "dateOfBirth": "2023-02-30", "documentType": "a;b",
        "documentNumber": "", "nationality": "usa1", "shoeSize": 43, "metadata": {"k": 1}, "biometricData": {"faceImage": "%%%", "iris": ""}
    });
    let reply = app.post("/v2/persons", &body).await.problem(422, "validation-failed");
    let mut pointers: Vec<&str> =
        reply.json["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/biometricData/faceImage",
            "/biometricData/iris",
            "/dateOfBirth",
            "/documentNumber",
            "/documentType",
            "/email",
            "/firstName",
            "/metadata/k",
            "/nationality",
            "/phone",
            "/shoeSize"
        ]
    );
    assert!(!reply.text.contains("canary"));
}

#[tokio::test]
async fn wrong_types_anywhere_are_refused_with_a_pointer() {
    let app = App::start().await;
    for name in [
        "firstName",
        "lastName",
        "email",
        "phone",
        "dateOfBirth",
        "documentType",
        "documentNumber",
        "externalId",
        "nationality",
        "gender",
        "metadata",
        "biometricData",
    ] {
        for value in [json!(1), json!(true), json!([]), json!(1e300)] {
            let mut body = json!({"firstName": "A", "lastName": "B"});
            body[name] = value;
            let reply = app.post("/v2/persons", &body).await.problem(422, "validation-failed");
            assert_eq!(reply.json["errors"][0]["pointer"], format!("/{name}"));
        }
    }
}

#[tokio::test]
async fn liveness_detection_belongs_to_its_own_route() {
    let app = App::start().await;
    let body = |detection: Value| json!({"firstName": "A", "lastName": "B", "biometricData": {"livenessDetection": detection, "faceImage": "AAAA"}});
    let reply = app.post("/v2/persons", &body(json!(true))).await.problem(422, "validation-failed");
    assert!(reply.text.contains("/v2/persons/liveness"));
    app.post("/v2/persons/liveness", &body(json!(false))).await.problem(422, "validation-failed");
    app.post("/v2/persons/liveness", &json!({"firstName": "A", "lastName": "B"}))
        .await
        .problem(422, "validation-failed");
}

#[tokio::test]
async fn other_media_types_paths_and_methods_have_their_own_answers() {
    let app = App::start().await;
    send(&app, Method::POST, "/v2/persons", "text/plain", "{}").await.problem(415, "unsupported-media-type");
    send(
        &app,
        Method::POST,
        "/v2/persons",
        "application/json; charset=utf-8",
        r#"{"firstName":"A","lastName":"B"}"#,
    )
    .await
    .expect(201);
    app.get("/v2/nothing").await.problem(404, "not-found");
    app.get("/v2/persons/person_123456789").await.problem(404, "not-found");
    let reply = app.send(Method::DELETE, "/v2/persons", &[], None).await.problem(405, "method-not-allowed");
    assert!(reply.header("allow").contains("POST"), "{}", reply.header("allow"));
    app.send(Method::GET, "/v2/persons", &[("accept", "text/html")], None)
        .await
        .problem(406, "not-acceptable");
    let gzip = app.send(Method::POST, "/v2/persons", &[("content-encoding", "gzip")], Some(&json!({}))).await;
    let _ = gzip.problem(415, "unsupported-media-type");
    let long = "x".repeat(20_000);
    app.send(Method::GET, "/v2/persons", &[("x-filler", &long)], None)
        .await
        .problem(431, "headers-too-large");
}

#[tokio::test]
async fn large_bodies_are_refused_and_slow_ones_timed_out() {
    let limits = Limits { body_bytes: 10_000, body_time: Duration::from_millis(50), ..testkit::patient() };
    let app = App::with(Setup { limits, ..Setup::default() }).await;
    send(&app, Method::POST, "/v2/persons", "application/json", "x".repeat(10_001))
        .await
        .problem(413, "body-too-large");
    let never = Body::new(http_body_util::StreamBody::new(Endless));
    send(&app, Method::POST, "/v2/persons", "application/json", never).await.problem(408, "request-timeout");
}

/// A body that never comes.
struct Endless;

impl futures_core::Stream for Endless {
    type Item = Result<http_body::Frame<axum::body::Bytes>, std::convert::Infallible>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn beyond_the_memory_for_bodies_the_server_is_busy() {
    let limits = Limits { bodies_bytes: 8 << 10, body_bytes: 64 << 10, ..testkit::patient() };
    let app = App::with(Setup { limits, ..Setup::default() }).await;
    let reply = send(&app, Method::POST, "/v2/persons", "application/json", "x".repeat(9 << 10))
        .await
        .problem(503, "busy");
    assert_eq!(reply.header("retry-after"), "1");
    app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201);
}

#[tokio::test]
async fn a_quota_is_told_in_headers_and_kept() {
    let limits = Limits { requests_per_minute: Some(3), ..testkit::patient() };
    let app = App::with(Setup { limits, ..Setup::default() }).await;
    for left in [2, 1, 0] {
        let reply = app.get("/v2/persons").await.expect(200);
        assert_eq!(reply.header("ratelimit"), format!("\"default\";r={left}"));
    }
    let reply = app.get("/v2/persons").await.problem(429, "too-many-requests");
    assert!(reply.header("retry-after").parse::<u64>().is_ok_and(|s| s > 0));
}

#[tokio::test]
async fn request_ids_come_back_and_strange_ones_do_not() {
    let app = App::start().await;
    let sent = app.send(Method::GET, "/livez", &[("x-request-id", "abc-1")], None).await;
    assert_eq!(sent.header("x-request-id"), "abc-1");
    let strange = app.send(Method::GET, "/v2/nothing", &[("x-request-id", "a b<c>")], None).await;
    assert_eq!(strange.header("x-request-id").len(), 32);
    assert_eq!(strange.json["instance"], format!("urn:request:{}", strange.header("x-request-id")));
}

#[tokio::test]
async fn only_named_origins_may_call_from_a_browser() {
    let limits = Limits { cors_origins: vec!["https://good.example".into()], ..testkit::patient() };
    let app = App::with(Setup { limits, ..Setup::default() }).await;
    let preflight = |origin: &'static str| {
        let request = Request::options("/v2/persons")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        request.body(Body::empty()).unwrap()
    };
    let good = app.raw(preflight("https://good.example")).await.expect(204);
    assert_eq!(good.header("access-control-allow-origin"), "https://good.example");
    assert_eq!(app.raw(preflight("https://evil.example")).await.header("access-control-allow-origin"), "");
    let simple =
        app.send(Method::GET, "/v2/persons", &[("origin", "https://good.example")], None).await.expect(200);
    assert!(simple.header("access-control-expose-headers").contains("etag"));
}

#[tokio::test]
async fn every_error_page_is_served_and_the_reference_needs_no_network() {
    let app = App::start().await;
    for (name, _) in api::error_pages::all() {
        app.get(&format!("/docs/errors/{name}")).await.expect(200);
    }
    let index = app.get("/docs/").await.expect(200);
    assert!(!index.text.contains("https://") && !index.text.contains("http://"), "{}", index.text);
    app.get("/docs/swagger-ui-bundle.js").await.expect(200);
    app.get("/docs/../../etc/passwd").await.problem(404, "not-found");
    assert_eq!(app.get("/openapi.json").await.expect(200).json, api::document());
}
