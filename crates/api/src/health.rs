//! Health, for whoever keeps the server running; no token needed, nothing revealed.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::problem::{Answer, Problem};
use crate::respond;
use crate::state::Api;

/// The process lives.
pub(crate) async fn livez() -> Answer {
    respond::json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// Requests can be served. Without weights they can, apart from those about faces: said, but no failure.
pub(crate) async fn readyz(State(api): State<Api>) -> Answer {
    let registry = api.registry_before_permission();
    registry.ready().await.map_err(Problem::from)?;
    let faces = if registry.has_faces() { "ready" } else { "not-configured" };
    let fingers = registry.extractor().unwrap_or("not-configured");
    respond::json(
        StatusCode::OK,
        &json!({ "status": "ok", "store": "ready", "faces": faces, "liveness": faces, "fingerprints": fingers }),
    )
}
