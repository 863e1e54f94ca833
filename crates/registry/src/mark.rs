//! The high-water mark: the latest moment of any commit, so that a clock set back un-expires nobody. It is sealed, because
//! whoever moves it ahead would make every token and every verification run out.

use std::sync::PoisonError;

use domain::{TenantId, Time};
use store::{Changes, CommitError, Committed, Mark};

use crate::error::Error;
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;

/// How often a tenant's commits bring a sealed mark, in milliseconds.
const EVERY: i64 = 60_000;
/// How far ahead of the clock a mark is believed that no server has sealed, in seconds: what commits of the last moments
/// before a stop may differ by.
const UNPROVEN: i64 = 300;

impl Registry {
    /// Commits, with a sealed mark from time to time.
    ///
    /// # Errors
    /// As [`store::Store::commit`].
    pub(crate) async fn commit(
        &self,
        tenant: TenantId,
        mut changes: Changes,
    ) -> Result<Committed, CommitError> {
        if self.mark_is_due(tenant, changes.now) {
            match self.seal_mark(tenant, changes.now).await {
                Ok(sealed) => changes.mark = Some(sealed),
                Err(error) => tracing::warn!(%error, "the high-water mark cannot be sealed"),
            }
        }
        self.store.commit(tenant, changes).await
    }

    fn mark_is_due(&self, tenant: TenantId, now: Time) -> bool {
        let mut marked = self.marked.lock().unwrap_or_else(PoisonError::into_inner);
        let last = marked.entry(tenant).or_default();
        let due = now.millis() - *last >= EVERY;
        if due {
            *last = now.millis();
        }
        due
    }

    async fn seal_mark(&self, tenant: TenantId, now: Time) -> Result<Vec<u8>, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        Ok(keys.records().seal(nonce(&*self.random), &place::mark(tenant), &now.millis().to_be_bytes())?)
    }

    /// The latest moment of any commit, as far as it is proven: by a seal, or because it lies no further ahead of the clock
    /// than clocks differ.
    pub(crate) async fn proven_high_water(&self) -> Result<Time, Error> {
        let mut proven = Time::EPOCH;
        let believed = self.clock().plus_seconds(UNPROVEN);
        for mark in self.store.marks().await? {
            let sealed = match &mark.sealed {
                Some(_) => self.open_mark(&mark).await,
                None => None,
            };
            if mark.at > believed && sealed.is_none_or(|sealed| mark.at > sealed.plus_seconds(UNPROVEN)) {
                tracing::warn!(
                    tenant = %mark.tenant,
                    at = %mark.at,
                    "the store claims commits from the future that no server has sealed: they are not believed"
                );
            }
            proven = proven.max(sealed.unwrap_or(Time::EPOCH)).max(mark.at.min(believed));
        }
        Ok(proven)
    }

    async fn open_mark(&self, mark: &Mark) -> Option<Time> {
        let keys = self.keys.of(&*self.store, mark.tenant).await.ok()?;
        let plain = keys.records().open(&place::mark(mark.tenant), mark.sealed.clone()?).ok()?;
        Some(Time::from_millis(i64::from_be_bytes(plain.try_into().ok()?)))
    }
}
