//! Every route of the description refuses whoever may not use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use domain::{DuplicateId, Scope, Time};
use serde_json::{Value, json};
use store::{Changes, PairChange, PairDecision, PairRow};
use testkit::{App, Reply, TestRandom};

/// What the paths of one tenant name.
struct Things {
    person: String,
    sample: String,
    collection: String,
    duplicate: String,
}

impl Things {
    /// Identifiers in the right form, of nothing.
    fn unknown() -> Self {
        let id = |prefix: &str| format!("{prefix}_{}", "0".repeat(26));
        Self {
            person: id("person"),
            sample: id("sample"),
            collection: id("collection"),
            duplicate: id("duplicate"),
        }
    }

    fn path(&self, template: &str) -> String {
        template
            .replace("{personId}", &self.person)
            .replace("{sampleId}", &self.sample)
            .replace("{collectionId}", &self.collection)
            .replace("{duplicateId}", &self.duplicate)
    }
}

/// Every operation that needs a token: method, path, scope.
fn guarded(things: &Things) -> Vec<(Method, String, Option<Scope>)> {
    let document = api::document();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"] == json!([]) {
                continue;
            }
            let scope = operation["x-required-scope"].as_str().map(|s| Scope::parse(s).unwrap());
            operations.push((method.to_uppercase().parse().unwrap(), things.path(path), scope));
        }
    }
    assert!(operations.len() >= 27, "the description names the routes");
    operations
}

async fn call(app: &App, method: &Method, path: &str, authorization: Option<String>) -> Reply {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    app.raw(request.body(Body::from("{}")).unwrap()).await
}

/// A person with a sample in a collection, and a pair on the review list.
async fn things(app: &App) -> Things {
    let collection = app.post("/v2/collections", &json!({"name": "staff"})).await.expect(201).id();
    let body = json!({
        "firstName": "John", "lastName": "Doe", "collections": ["staff"],
        "biometricData": {"fingerprint": "Rk1SACAyMAAAAAA="}
    });
    let made = app.post("/v2/persons", &body).await.expect(201);
    let other = app.post("/v2/persons", &json!({"firstName": "J", "lastName": "D"})).await.expect(201).id();
    let sample = made.json["biometricData"]["samples"][0]["id"].as_str().unwrap().to_owned();
    let duplicate = DuplicateId::new(Time::EPOCH, &TestRandom);
    let mut changes = Changes::at(Time::EPOCH);
    let mut persons = [made.id().parse().unwrap(), other.parse().unwrap()];
    persons.sort();
    changes.pairs.push(PairChange::Insert(PairRow {
        id: duplicate,
        persons,
        created_at: Time::EPOCH,
        decision: PairDecision::Open,
        version: 1,
        sealed: Vec::new(),
    }));
    let store = app.home().open().await;
    store.commit(domain::TenantId::DEFAULT, changes).await.unwrap();
    Things { person: made.id(), sample, collection, duplicate: duplicate.to_string() }
}

#[tokio::test]
async fn no_token_and_wrong_tokens_are_401_everywhere() {
    let app = App::start().await;
    let things = things(&app).await;
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
    // All at once: bad tokens are refused late.
    let mut asked = tokio::task::JoinSet::new();
    let app = Arc::new(app);
    for (method, path, _) in guarded(&things) {
        for value in [
            None,
            Some(String::new()),
            Some(format!("Basic {}", app.token)),
            Some(format!("Bearer {typo}")),
            Some(format!("Bearer {revoked}")),
            Some(format!("Bearer {expired}")),
            Some("Bearer x".into()),
        ] {
            let (app, method, path) = (Arc::clone(&app), method.clone(), path.clone());
            asked.spawn(async move {
                let reply = call(&app, &method, &path, value.clone()).await.problem(401, "unauthorized");
                assert!(reply.header("www-authenticate").starts_with("Bearer"), "{method} {path} {value:?}");
            });
        }
    }
    asked.join_all().await;
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 2);
}

#[tokio::test]
async fn too_small_a_scope_is_403_everywhere() {
    let app = App::start().await;
    let things = things(&app).await;
    for (method, path, scope) in guarded(&things) {
        let Some(scope) = scope else { continue };
        let others: Vec<Scope> =
            Scope::ALL.into_iter().filter(|s| *s != scope && *s != Scope::Admin).collect();
        let token = app.token_with(&others).await;
        call(&app, &method, &path, Some(format!("Bearer {token}"))).await.problem(403, "missing-scope");
    }
}

#[tokio::test]
async fn another_tenants_things_look_like_none() {
    let app = App::start().await;
    let things = things(&app).await;
    let tenant = app.registry.create_tenant("other").await.unwrap().unwrap();
    let token = app.token_of(tenant, &[Scope::Admin]).await;
    let unknown = Things::unknown();
    for ((method, path, _), (_, nowhere, _)) in guarded(&things).into_iter().zip(guarded(&unknown)) {
        if path == nowhere {
            continue;
        }
        let body = match path.rsplit('/').next().unwrap() {
            "liveness" | "verify" | "biometrics" => json!({"faceImage": "AAAA"}),
            "members" => json!({"personIds": [things.person]}),
            "merge" | "unmerge" => json!({"personId": format!("person_{}1", "0".repeat(25))}),
            "decide" => json!({"decision": "same"}),
            _ => json!({}),
        };
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
    let (ours, other) = (App::start().await, App::start().await);
    let rows = other.home().open().await.tokens(domain::TenantId::DEFAULT).await.unwrap();
    let mut changes = store::Changes::at(domain::Time::EPOCH);
    changes.tokens.push(store::TokenChange::Insert(rows[0].clone()));
    ours.home().open().await.commit(domain::TenantId::DEFAULT, changes).await.unwrap();
    let request = Request::get("/v2/persons").header("authorization", format!("Bearer {}", other.token));
    ours.raw(request.body(Body::empty()).unwrap()).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_tenant_made_while_the_server_runs_has_its_own_figures_at_once() {
    let strict = registry::Settings { liveness_threshold: 0.95, ..registry::Settings::default() };
    let setup = testkit::Setup { named: Some(("gym".to_owned(), strict)), ..testkit::supplied::setup() };
    let app = App::with(setup).await;
    // The command line, beside the running server.
    let beside = App::beside(&app, testkit::Setup::default()).await;
    let gym = beside.registry.create_tenant("gym").await.unwrap().unwrap();
    let other = beside.registry.create_tenant("club").await.unwrap().unwrap();
    for (tenant, status) in [(gym, "failed"), (other, "verified"), (domain::TenantId::DEFAULT, "verified")] {
        let token = beside.token_of(tenant, &[Scope::PersonsWrite, Scope::PersonsRead]).await;
        let face = testkit::supplied::face(1, 0, 0.2);
        let body = testkit::supplied::body("P", &face);
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v2/persons/liveness")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let made = app.raw(request).await;
        assert_eq!(made.json["verificationStatus"], status, "{}", made.text);
    }
}
