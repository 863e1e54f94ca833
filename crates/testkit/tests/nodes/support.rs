//! Nodes over one database, and clients that never give up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Method;
use serde_json::json;
use store_postgres::Settings;
use testkit::{App, Cluster, Home, Proxy, Reply, Setup};
use tokio::task::JoinSet;

/// For so long a node waits for its database, where no test says otherwise: longer than a busy machine makes it wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node with the wire to its database.
pub(crate) struct Node {
    pub(crate) app: Arc<App>,
    pub(crate) wire: Proxy,
}

/// Nodes over one fresh database, each with a wire of its own.
pub(crate) async fn nodes(cluster: &Cluster, count: usize, setup: &Setup) -> Vec<Node> {
    nodes_with(cluster, count, setup, PATIENCE).await
}

/// The same, of so much patience.
pub(crate) async fn nodes_with(
    cluster: &Cluster,
    count: usize,
    setup: &Setup,
    patience: Duration,
) -> Vec<Node> {
    let direct = cluster.database().await;
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(node(cluster, &direct, setup, patience).await);
    }
    nodes
}

/// A node over a database that may be in use already.
pub(crate) async fn node(cluster: &Cluster, direct: &str, setup: &Setup, patience: Duration) -> Node {
    let wire = Proxy::to(cluster.port()).await;
    let url = wire.url(direct, cluster.port());
    let settings = Settings { connections: 8, patience, ..Settings::at(&url) };
    let app = App::over(Home::Used(Arc::new(settings)), setup.clone()).await;
    Node { app: Arc::new(app), wire }
}

/// Asks until the answer is not 503, with the same key; answers how often it was 503 besides.
pub(crate) async fn insist(app: &App, key: &str, body: &serde_json::Value) -> (Reply, usize) {
    let mut refused = 0;
    loop {
        let reply = app.send(Method::POST, "/v2/persons", &[("idempotency-key", key)], Some(body)).await;
        match reply.status.as_u16() {
            503 => {
                assert!(reply.headers.contains_key("retry-after"), "{}", reply.text);
                refused += 1;
            }
            // The first attempt with the key is still under way, on this node or in doubt.
            409 if reply.json["code"] == "idempotency-in-progress" => {}
            _ => return (reply, refused),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Clients that create persons through all nodes until they are told to stop.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    clients: JoinSet<Vec<String>>,
}

impl Load {
    pub(crate) fn start(apps: &[Arc<App>], clients: usize) -> Self {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut set = JoinSet::new();
        for client in 0..clients {
            let (app, stop) = (Arc::clone(&apps[client % apps.len()]), Arc::clone(&stop));
            let acknowledged = Arc::clone(&acknowledged);
            set.spawn(async move {
                let mut ids = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let key = format!("{client}-{}", ids.len());
                    let body = json!({"firstName": "A", "lastName": key, "externalId": key});
                    let (reply, _) = insist(&app, &key, &body).await;
                    ids.push(reply.expect(201).id());
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                ids
            });
        }
        Self { stop, acknowledged, clients: set }
    }

    /// Waits until so many more were acknowledged.
    pub(crate) async fn go_on(&self, more: usize) {
        let target = self.acknowledged.load(Ordering::Relaxed) + more;
        while self.acknowledged.load(Ordering::Relaxed) < target {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops, and proves that every acknowledged person is there, once, and nobody else is.
    pub(crate) async fn nobody_is_lost_or_doubled(self, app: &App) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let ids: Vec<String> = self.clients.join_all().await.into_iter().flatten().collect();
        for id in &ids {
            app.get(&format!("/v2/persons/{id}")).await.expect(200);
        }
        let total = app.get("/v2/persons").await.expect(200).json["pagination"]["total"].clone();
        assert_eq!(total, ids.len(), "as many persons as acknowledgements");
        app.registry.check().await.expect("a whole store");
        ids.len()
    }
}
