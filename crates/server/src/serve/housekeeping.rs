//! Work that waits for no request.

use std::sync::Arc;
use std::time::Duration;

use registry::Registry;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(600);

/// How long one node keeps the work to itself, in seconds: it goes on with it as long as it lives, and another takes over
/// soon after it is gone.
const TURN: u32 = 900;

/// How often it is told how many damaged records were met.
const TOLD_EVERY: Duration = Duration::from_secs(15);

/// Tells how often this node has met a damaged record, for as long as the server runs.
pub(crate) async fn tell_damage(registry: Arc<Registry>) {
    let mut ticks = tokio::time::interval(TOLD_EVERY);
    loop {
        ticks.tick().await;
        metrics::counter!("personhood_damaged_records_total").absolute(registry.damaged_records());
    }
}

/// Removes what was kept for a time only, for as long as the server runs; of all nodes one does it.
pub(crate) async fn run(registry: Arc<Registry>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        match registry.reindex().await {
            Ok(0) => {}
            Ok(persons) => tracing::info!(
                event = "reindexed",
                persons,
                "persons can be found by the index of this version"
            ),
            Err(error) => tracing::warn!(%error, "persons could not be indexed; trying again later"),
        }
        match registry.has_turn("evidence", TURN).await {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                tracing::warn!(%error, "it cannot be told whose turn it is; trying again later");
                continue;
            }
        }
        match registry.retire_evidence().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(event = "evidence-removed", removed, "old evidence was removed"),
            Err(error) => tracing::warn!(%error, "old evidence could not be removed; trying again later"),
        }
        match registry.tidy().await {
            Ok(0) => {}
            Ok(removed) => {
                tracing::info!(event = "orphans-removed", removed, "images without a row were removed");
            }
            Err(error) => tracing::warn!(%error, "orphans could not be collected; trying again later"),
        }
    }
}
