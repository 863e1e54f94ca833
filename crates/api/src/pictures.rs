//! Turns at reading images for answers: an image is large before it is counted as part of an answer, so few requests of a
//! tenant read some at once, and the others of that tenant wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests of one tenant that read images at once.
const TOGETHER: usize = 4;

/// One line for each tenant.
#[derive(Default)]
pub(crate) struct Builders(Mutex<HashMap<TenantId, Arc<Semaphore>>>);

/// A turn, until it is dropped.
pub(crate) struct Builder(
    #[expect(dead_code, reason = "held for what its end does")] Option<OwnedSemaphorePermit>,
);

impl Builders {
    /// Waits for a turn. Nobody waits here for a client: whoever has a turn gives it back before an answer is sent.
    pub(crate) async fn next(&self, tenant: TenantId) -> Builder {
        let line = {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let line = lines.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(TOGETHER)));
            Arc::clone(line)
        };
        // It is never closed.
        Builder(line.acquire_owned().await.ok())
    }
}
