//! Every route of the description refuses whoever may not use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Scope;
use serde_json::{Value, json};
use testkit::{App, Reply};

/// Every operation that needs a token: method, path for a person, scope.
fn guarded(person: &str) -> Vec<(Method, String, Option<Scope>)> {
    let document = api::document();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"] == json!([]) {
                continue;
            }
            let scope = operation["x-required-scope"].as_str().map(|s| Scope::parse(s).unwrap());
            operations.push((
                method.to_uppercase().parse().unwrap(),
                path.replace("{personId}", person),
                scope,
            ));
        }
    }
    assert!(operations.len() >= 9, "the description names the routes");
    operations
}

async fn call(app: &App, method: &Method, path: &str, authorization: Option<String>) -> Reply {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    app.raw(request.body(Body::from("{}")).unwrap()).await
}

async fn person(app: &App) -> String {
    app.post("/v2/persons", &json!({"firstName": "John", "lastName": "Doe"})).await.expect(201).id()
}

#[tokio::test]
async fn no_token_and_wrong_tokens_are_401_everywhere() {
    let app = App::start().await;
    let id = person(&app).await;
    let last = if app.token.ends_with('0') { "1" } else { "0" };
    let typo = format!("{}{last}", &app.token[..app.token.len() - 1]);
    let revoked = app.token_with(&[Scope::Admin]).await;
    let tokens = app.registry.tokens(domain::TenantId::DEFAULT).await.unwrap();
    app.registry.revoke_token(domain::TenantId::DEFAULT, tokens.last().unwrap().id).await.unwrap();
    let expired = app
        .registry
        .create_token(domain::TenantId::DEFAULT, "x", domain::Scopes::ALL, Some(1))
        .await
        .unwrap()
        .secret;
    app.clock.turn(2);
    for (method, path, _) in guarded(&id) {
        for value in [
            None,
            Some(String::new()),
            Some(format!("Basic {}", app.token)),
            Some(format!("Bearer {typo}")),
            Some(format!("Bearer {revoked}")),
            Some(format!("Bearer {expired}")),
            Some("Bearer x".into()),
        ] {
            let reply = call(&app, &method, &path, value.clone()).await.problem(401, "unauthorized");
            assert!(reply.header("www-authenticate").starts_with("Bearer"), "{method} {path} {value:?}");
        }
    }
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 1);
}

#[tokio::test]
async fn too_small_a_scope_is_403_everywhere() {
    let app = App::start().await;
    let id = person(&app).await;
    for (method, path, scope) in guarded(&id) {
        let Some(scope) = scope else { continue };
        let others: Vec<Scope> =
            Scope::ALL.into_iter().filter(|s| *s != scope && *s != Scope::Admin).collect();
        let token = app.token_with(&others).await;
        call(&app, &method, &path, Some(format!("Bearer {token}"))).await.problem(403, "missing-scope");
    }
}

#[tokio::test]
async fn another_tenants_person_looks_like_none() {
    let app = App::start().await;
    let id = person(&app).await;
    let tenant = app.registry.create_tenant("other").await.unwrap().unwrap();
    let token = app.token_of(tenant, &[Scope::Admin]).await;
    let unknown = "person_00000000000000000000000000";
    for ((method, path, _), (_, nowhere, _)) in guarded(&id).into_iter().zip(guarded(unknown)) {
        if !path.contains(&id) {
            continue;
        }
        let body = if path.ends_with("/liveness") { json!({"faceImage": "AAAA"}) } else { json!({}) };
        let ask = async |path: &str| {
            let request = Request::builder()
                .method(&method)
                .uri(path)
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .header("x-request-id", "same");
            app.raw(request.body(Body::from(body.to_string())).unwrap()).await.problem(404, "not-found")
        };
        assert_eq!(ask(&path).await.text, ask(&nowhere).await.text, "{method} {path}");
    }
    let listed = Request::get("/v2/persons")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(app.raw(listed).await.expect(200).json["pagination"]["total"], 0);
}

#[tokio::test]
async fn images_need_their_own_scope() {
    let app = App::start().await;
    let body =
        json!({"firstName": "J", "lastName": "D", "biometricData": {"fingerprint": "Rk1SACAyMAAAAAA="}});
    let id = app.post("/v2/persons", &body).await.expect(201).id();
    let token = app.token_with(&[Scope::PersonsRead]).await;
    let get = |path: String| {
        Request::get(path).header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap()
    };
    let read = app.raw(get(format!("/v2/persons/{id}"))).await.expect(200);
    assert_eq!(read.json["biometricData"]["fingerprint"], Value::Null);
    assert_eq!(read.json["biometricData"]["samples"][0]["kind"], "fingerprint");
    let listed = app.raw(get("/v2/persons?include=biometricData".into())).await.expect(200);
    assert_eq!(listed.json["data"][0]["biometricData"]["fingerprint"], Value::Null);
    let whole = app.get("/v2/persons?include=biometricData").await.expect(200);
    assert_eq!(whole.json["data"][0]["biometricData"]["fingerprint"], "Rk1SACAyMAAAAAA=");
}

#[tokio::test]
async fn a_token_can_see_itself() {
    let app = App::start().await;
    let token = app.token_with(&[Scope::PersonsRead]).await;
    let request = Request::get("/v2/tokens/self")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    let own = app.raw(request).await.expect(200);
    assert_eq!(own.json["scopes"], json!(["persons:read"]));
    assert!(!own.text.contains(&token));
}

#[tokio::test]
async fn a_token_put_into_the_store_by_hand_is_no_token() {
    use store::Store as _;
    let (ours, other) = (App::start().await, App::start().await);
    let rows = store_sqlite::SqliteStore::open(other.folder())
        .unwrap()
        .tokens(domain::TenantId::DEFAULT)
        .await
        .unwrap();
    let mut changes = store::Changes::at(domain::Time::EPOCH);
    changes.tokens.push(store::TokenChange::Insert(rows[0].clone()));
    store_sqlite::SqliteStore::open(ours.folder())
        .unwrap()
        .commit(domain::TenantId::DEFAULT, changes)
        .await
        .unwrap();
    let request = Request::get("/v2/persons").header("authorization", format!("Bearer {}", other.token));
    ours.raw(request.body(Body::empty()).unwrap()).await.problem(401, "unauthorized");
}
