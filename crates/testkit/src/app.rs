//! The server.

use std::sync::Arc;
use std::time::Duration;

use api::{Api, Limits};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use domain::{Scope, Scopes, TenantId};
use engine::finger::Fingers;
use engine::worker::Faces;
use http_body_util::BodyExt as _;
use registry::{Parts, Registry, Settings};
use serde_json::Value;
use store::Store;
use tower::ServiceExt as _;
use vault::Kek;

use crate::clock::{TestClock, TestRandom};
use crate::described;
use crate::gate::Gate;
use crate::home::Home;
use crate::response::Reply;

/// Limits that no time ends anything by: what a test sees does not depend on how busy the machine is.
#[must_use]
pub fn patient() -> Limits {
    let hour = Duration::from_secs(3_600);
    Limits {
        grace: hour,
        body_time: hour,
        request_time: hour,
        answer_time: hour,
        quota_minute: hour,
        ..Limits::default()
    }
}

/// What a test wants of its server.
#[derive(Clone)]
pub struct Setup {
    /// A face engine; none answers 501.
    pub faces: Option<Faces>,
    /// An engine for fingerprints; without one they are kept as sent.
    pub fingers: Option<Fingers>,
    /// Figures of the rules.
    pub settings: Settings,
    /// Figures of the default tenant's own.
    pub own: Option<Settings>,
    /// Figures of another tenant, by its name.
    pub named: Option<(String, Settings)>,
    /// Limits of the HTTP face.
    pub limits: Limits,
    /// Whether the galleries are loaded before the first request.
    pub load: bool,
    /// A gate before the store.
    pub gate: Option<Gate>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            faces: None,
            fingers: None,
            settings: Settings::default(),
            own: None,
            named: None,
            limits: patient(),
            load: true,
            gate: None,
        }
    }
}

/// A server with one token that may do everything in the default tenant.
pub struct App {
    /// The rules behind it.
    pub registry: Arc<Registry>,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its token.
    pub token: String,
    router: Router,
    setup: Setup,
    home: Home,
}

impl App {
    /// A server without faces.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// A server with real faces.
    pub async fn with_faces() -> Self {
        Self::with(Setup { faces: Some(crate::faces::engine()), ..Setup::default() }).await
    }

    /// A server as `setup` says.
    pub async fn with(setup: Setup) -> Self {
        Self::over(Home::fresh().await, setup).await
    }

    /// A second server over the same data, with a clock of its own.
    pub async fn beside(other: &Self, setup: Setup) -> Self {
        Self::over(other.home.clone(), setup).await
    }

    /// A server over data that may be there already.
    pub async fn over(home: Home, setup: Setup) -> Self {
        let clock = Arc::new(TestClock::default());
        let registry = open(home.open().await, &clock, &setup).await;
        let made =
            registry.create_token(TenantId::DEFAULT, "test", Scopes::ALL, None).await.expect("a token");
        let router = api::router(Api::new(Arc::clone(&registry), setup.limits.clone()));
        Self { registry, clock, token: made.secret, router, setup, home }
    }

    /// The same data, opened anew.
    #[must_use]
    pub async fn restart(self) -> Self {
        let setup = self.setup.clone();
        self.restart_with(setup).await
    }

    /// The same data, opened anew by a server that is set up in another way.
    #[must_use]
    pub async fn restart_with(self, setup: Setup) -> Self {
        let Self { registry, clock, token, router, home, .. } = self;
        drop((router, registry));
        let registry = open(home.open().await, &clock, &setup).await;
        let router = api::router(Api::new(Arc::clone(&registry), setup.limits.clone()));
        Self { registry, clock, token, router, setup, home }
    }

    /// Where its data is.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// The whole router, for tests that speak to it by socket.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A token of the default tenant with these scopes.
    pub async fn token_with(&self, scopes: &[Scope]) -> String {
        self.token_of(TenantId::DEFAULT, scopes).await
    }

    /// A token of a tenant with these scopes.
    pub async fn token_of(&self, tenant: TenantId, scopes: &[Scope]) -> String {
        let scopes = scopes.iter().copied().collect();
        self.registry.create_token(tenant, "test", scopes, None).await.expect("a token").secret
    }

    /// Sends a request as it is. Whatever the answer, it must be as the interface is described.
    pub async fn raw(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        let reply = Reply { status: parts.status, headers: parts.headers, json, text };
        described::check(&method, &path, &reply);
        reply
    }

    /// Sends a request with the server's token.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        self.sent(&self.token, method, path, headers, body).await
    }

    /// Sends a request with a token.
    pub async fn ask(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.sent(token, method, path, &[], body).await
    }

    async fn sent(
        &self,
        token: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(json) => {
                request = request.header("content-type", "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.raw(request.body(body).expect("a request")).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, &[], Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }
}

async fn open(store: Arc<dyn Store>, clock: &Arc<TestClock>, setup: &Setup) -> Arc<Registry> {
    let parts = Parts {
        store: setup.gate.as_ref().map_or_else(|| Arc::clone(&store), |gate| gate.before(Arc::clone(&store))),
        kek: Kek::from_bytes([7; 32]),
        clock: Arc::clone(clock) as _,
        random: Arc::new(TestRandom),
        settings: setup.settings,
    };
    let registry = Registry::open(parts).await.expect("a registry");
    let own = setup.own.map(|settings| ("default".to_owned(), settings));
    let registry = registry.with_settings_of(own.into_iter().chain(setup.named.clone()).collect());
    let registry = match setup.faces.clone() {
        Some(faces) => registry.with_faces(faces).expect("threads"),
        None => registry,
    };
    let registry = match setup.fingers.clone() {
        Some(fingers) => registry.with_fingers(fingers).expect("threads"),
        None => registry,
    };
    let registry = registry.present();
    registry.reindex().await.expect("an index");
    if setup.load {
        registry.load_galleries().await.expect("the galleries load");
    }
    Arc::new(registry)
}
