//! Work that waits for no request.

use std::sync::Arc;
use std::time::Duration;

use registry::Registry;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(600);

/// Removes what was kept for a time only, for as long as the server runs.
pub(crate) async fn run(registry: Arc<Registry>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        match registry.retire_evidence().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(event = "evidence-removed", removed, "old evidence was removed"),
            Err(error) => tracing::warn!(%error, "old evidence could not be removed; trying again later"),
        }
    }
}
