//! Replicas: lists may come from them, as long as they are as far as this node has heard.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::store::{ListQuery, Page, StoreError};
use domain::TenantId;
use tokio::time::Instant;

use crate::failure::Failure;
use crate::location::Location;
use crate::notices::Heard;
use crate::pool::Pool;
use crate::read;
use crate::settings::Settings;

/// A replica that does not answer is left alone for so long: nobody should wait for it again and again.
const ASIDE: Duration = Duration::from_secs(10);

/// Replicas, taken in turn.
pub(crate) struct Replicas {
    all: Vec<Replica>,
    next: AtomicUsize,
}

struct Replica {
    pool: Pool,
    aside_until: Mutex<Option<Instant>>,
}

impl Replica {
    fn aside_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.aside_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replicas {
    pub(crate) fn new(settings: &Settings) -> Result<Self, StoreError> {
        let open = |url: &String| {
            let location = Location::parse(url, false)?.with_password(settings.password.as_deref());
            let pool = Pool::new(&location, settings.connections, settings.prepared, settings.patience)?;
            Ok::<_, StoreError>(Replica { pool, aside_until: Mutex::default() })
        };
        let all = settings.replicas.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { all, next: AtomicUsize::new(0) })
    }

    /// A page from a replica that has everything this node has answered or heard of; `None` where none has, or none answers:
    /// then the page is read where everything is.
    pub(crate) async fn page(&self, heard: &Heard, tenant: TenantId, query: &ListQuery) -> Option<Page> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let replica = self.all.get(turn.checked_rem(self.all.len())?)?;
        if replica.aside_until().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let least = heard.position(tenant);
        match read::list::page(&replica.pool, tenant, query).await {
            Ok((page, position)) if position >= least => Some(page),
            Ok(_) => None,
            Err(Failure::Full) => None,
            // The question's fault, not the replica's.
            Err(failure) if failure.is_overdue() => None,
            Err(failure) => {
                tracing::warn!(?failure, "a replica does not answer");
                *replica.aside_until() = Some(Instant::now() + ASIDE);
                None
            }
        }
    }
}
