//! A registry in a temporary folder, and serving a router.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::{Clock, Random, Scopes, TenantId, Time};
use engine::worker::Faces;
use registry::{Parts, Registry, Settings};
use store::Store;
use tokio::runtime::Runtime;
use vault::Kek;

struct Now;

impl Clock for Now {
    #[expect(clippy::disallowed_methods, reason = "a benchmark runs in real time")]
    fn now(&self) -> Time {
        Time::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

struct Os;

impl Random for Os {
    #[expect(clippy::disallowed_methods, reason = "the cost of real randomness is part of the figure")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("randomness");
    }
}

/// A registry with one token.
pub struct Home {
    /// The rules.
    pub registry: Arc<Registry>,
    /// A token that may do everything.
    pub token: String,
}

impl Home {
    /// Over `store`, with real time and randomness.
    pub async fn open(store: Arc<dyn Store>, faces: Option<Faces>) -> Self {
        Self::open_with(store, Kek::from_bytes([7; 32]), faces).await
    }

    /// Over the store in `folder`, with galleries that are still to be loaded.
    pub async fn open_unloaded(folder: &Path, faces: Faces) -> Self {
        Self::make(Arc::new(Self::store(folder)), Kek::from_bytes([7; 32]), Some(faces)).await
    }

    /// The caller behind the token.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn caller(&self) -> registry::Caller {
        self.registry.authenticate(&self.token).await.expect("a valid token")
    }

    /// Over a data folder made by the real binary, with its key.
    ///
    /// # Panics
    /// When the folder has no key.
    pub async fn open_keyed(folder: &Path) -> Self {
        let inside = folder.join("keys/kek");
        let mut beside = folder.as_os_str().to_owned();
        beside.push("-keys");
        let key = if inside.exists() { inside } else { Path::new(&beside).join("kek") };
        let text = std::fs::read_to_string(key).expect("the key of a data folder");
        let bytes = BASE64_STANDARD.decode(text.trim()).expect("base64");
        let kek = Kek::from_bytes(bytes.try_into().expect("32 bytes"));
        Self::open_with(Arc::new(Self::store(folder)), kek, None).await
    }

    async fn open_with(store: Arc<dyn Store>, kek: Kek, faces: Option<Faces>) -> Self {
        let home = Self::make(store, kek, faces).await;
        home.registry.load_galleries().await.expect("the galleries load");
        home
    }

    async fn make(store: Arc<dyn Store>, kek: Kek, faces: Option<Faces>) -> Self {
        let parts =
            Parts { store, kek, clock: Arc::new(Now), random: Arc::new(Os), settings: Settings::default() };
        let mut registry = Registry::open(parts).await.expect("a registry");
        if let Some(faces) = faces {
            registry = registry.with_faces(faces).expect("threads").present();
        }
        let made =
            registry.create_token(TenantId::DEFAULT, "bench", Scopes::ALL, None).await.expect("a token");
        Self { registry: Arc::new(registry), token: made.secret }
    }

    /// A store in `folder`.
    #[must_use]
    pub fn store(folder: &Path) -> store_sqlite::SqliteStore {
        store_sqlite::SqliteStore::open(folder).expect("a store")
    }
}

/// Serves `router` on a free port of `runtime`.
#[must_use]
pub fn serve(runtime: &Runtime, router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        let server = axum_server::from_tcp(listener).expect("a listener").http1_only();
        server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
    });
    address
}
