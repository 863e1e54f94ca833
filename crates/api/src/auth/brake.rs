//! The brake on guessing tokens: from the eleventh bad token a minute and address, the refusal comes late.
//! Good tokens are never delayed, so nobody can lock another out.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

/// Bad tokens a minute and address that are refused at once.
const FREE: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
/// How late the others are refused.
const LATE: Duration = Duration::from_millis(250);
/// Most refusals held back at once: beyond it they come at once, but as 429.
const HELD: usize = 256;
/// Addresses remembered before old ones are dropped.
const ADDRESSES: usize = 10_000;

/// Counts bad tokens by address.
pub(crate) struct Brake {
    seen: DefaultKeyedRateLimiter<IpAddr>,
    held: Arc<Semaphore>,
}

impl Brake {
    pub(crate) fn new() -> Self {
        let quota = Quota::per_minute(FREE);
        Self { seen: RateLimiter::dashmap(quota), held: Arc::new(Semaphore::new(HELD)) }
    }

    /// Waits as long as a bad token from `peer` deserves; `false` when too many are waiting already.
    pub(crate) async fn hold(&self, peer: IpAddr) -> bool {
        if self.seen.len() > ADDRESSES {
            self.seen.retain_recent();
        }
        if self.seen.check_key(&peer).is_ok() {
            return true;
        }
        let Ok(_place) = self.held.try_acquire() else { return false };
        tokio::time::sleep(LATE).await;
        true
    }
}
