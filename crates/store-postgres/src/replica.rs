//! Replicas: lists may come from them, as long as they are as far as this node has heard.

use std::sync::atomic::{AtomicUsize, Ordering};

use ::store::{ListQuery, Page, StoreError};
use domain::TenantId;

use crate::failure::Failure;
use crate::location::Location;
use crate::notices::Heard;
use crate::pool::Pool;
use crate::read;
use crate::settings::Settings;

/// Replicas, taken in turn.
pub(crate) struct Replicas {
    pools: Vec<Pool>,
    next: AtomicUsize,
}

impl Replicas {
    pub(crate) fn new(settings: &Settings) -> Result<Self, StoreError> {
        let open = |url: &String| {
            let location = Location::parse(url, false)?;
            Pool::new(&location, settings.connections, settings.prepared, settings.patience)
        };
        let pools = settings.replicas.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { pools, next: AtomicUsize::new(0) })
    }

    /// A page from a replica that has everything this node has answered or heard of; `None` where none has, or none answers:
    /// then the page is read where everything is.
    pub(crate) async fn page(&self, heard: &Heard, tenant: TenantId, query: &ListQuery) -> Option<Page> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let pool = self.pools.get(turn.checked_rem(self.pools.len())?)?;
        let least = heard.position(tenant);
        match read::list::page(pool, tenant, query).await {
            Ok((page, position)) if position >= least => Some(page),
            Ok(_) => None,
            Err(Failure::Full) => None,
            Err(failure) => {
                tracing::warn!(?failure, "a replica does not answer");
                None
            }
        }
    }
}
