//! Group commit: what waits for one tenant goes together, one batch of a tenant at a time.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::store::{Changes, CommitError, Committed, Sequence, StoreError};
use domain::TenantId;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use crate::failure::Failure;
use crate::ids::Id;
use crate::images::StoreId;
use crate::notices::Heard;
use crate::pool::Pool;
use crate::write::{self, Broken, Outcomes};

/// Changes that may wait, those of one tenant no more than stay free beside it; beyond it the answer is "busy".
const QUEUE: usize = 2_048;
/// Most changes of one transaction.
const BATCH: usize = 256;
/// Most bytes of images of one transaction, unless it is a single change: bounds the time others wait for the lock.
const BATCH_BYTES: usize = 8 << 20;
/// From so many changes in the last batch on, the next one waits a moment to grow as well: the clients that were just
/// answered are about to ask again.
const CROWD: usize = 8;
const LINGER: Duration = Duration::from_millis(1);
/// How many times as long as for an answer it is asked what became of a commit.
const PERSEVERANCE: u32 = 4;
/// Between two attempts.
const AGAIN: Duration = Duration::from_millis(100);

type Outcome = Result<Committed, CommitError>;

struct Job {
    changes: Box<Changes>,
    answer: oneshot::Sender<Outcome>,
}

impl Job {
    fn bytes(&self) -> usize {
        self.changes.samples.iter().map(|s| s.image.len()).sum()
    }
}

#[derive(Default)]
struct Lanes {
    /// What waits, by tenant; a tenant that is here has somebody at work for it.
    waiting: HashMap<TenantId, VecDeque<Job>>,
    /// How many wait in all.
    jobs: usize,
}

impl Lanes {
    /// Whether another change of the tenant may wait.
    fn has_room(&self, tenant: TenantId) -> bool {
        let held = self.waiting.get(&tenant).map_or(0, VecDeque::len);
        QUEUE.checked_sub(self.jobs + 1).is_some_and(|free| held == 0 || held < free)
    }
}

/// The way to the database for all that is written.
pub(crate) struct Writer {
    pool: Pool,
    patience: Duration,
    lanes: Mutex<Lanes>,
    heard: Arc<Heard>,
    names: Names,
    /// Where images lie elsewhere, what this store is called there.
    elsewhere: Option<StoreId>,
}

/// Names of commits that no other node gives.
pub(crate) struct Names {
    /// Drawn by the database when this node began.
    node: [u8; 8],
    next: std::sync::atomic::AtomicU64,
}

impl Names {
    pub(crate) fn new(node: [u8; 8]) -> Self {
        Self { node, next: std::sync::atomic::AtomicU64::new(0) }
    }

    fn next(&self) -> Id {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes();
        let mut name = [0; 16];
        name[..8].copy_from_slice(&self.node);
        name[8..].copy_from_slice(&number);
        Id(name)
    }
}

impl Writer {
    pub(crate) fn new(
        pool: Pool,
        patience: Duration,
        heard: Arc<Heard>,
        names: Names,
        elsewhere: Option<StoreId>,
    ) -> Arc<Self> {
        Arc::new(Self { pool, patience, lanes: Mutex::default(), heard, names, elsewhere })
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits as soon as the batch under way for the tenant is done. What was taken in is committed even if nobody waits
    /// for the answer any more.
    pub(crate) async fn commit(self: &Arc<Self>, tenant: TenantId, changes: Changes) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        let job = Job { changes: Box::new(changes), answer };
        let begin = {
            let mut lanes = self.lanes();
            if !lanes.has_room(tenant) {
                return Err(StoreError::Busy.into());
            }
            lanes.jobs += 1;
            let begin = !lanes.waiting.contains_key(&tenant);
            lanes.waiting.entry(tenant).or_default().push_back(job);
            begin
        };
        if begin {
            tokio::spawn(Arc::clone(self).work(tenant));
        }
        outcome.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the store is closing".into()).into()))
    }

    /// One batch after the other, until nothing waits for the tenant.
    async fn work(self: Arc<Self>, tenant: TenantId) {
        let turn = Turn { writer: &self, tenant };
        let mut last = 0;
        loop {
            if last >= CROWD {
                sleep(LINGER).await;
            }
            let Some(batch) = self.gather(tenant) else {
                // The lane is gone already: whoever comes now opens another.
                std::mem::forget(turn);
                return;
            };
            last = batch.len();
            self.commit_batch(tenant, batch).await;
        }
    }

    fn gather(&self, tenant: TenantId) -> Option<Vec<Job>> {
        let mut lanes = self.lanes();
        let waiting = lanes.waiting.get_mut(&tenant)?;
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(job) = waiting.front() {
            bytes += job.bytes();
            if batch.len() >= BATCH || (bytes > BATCH_BYTES && !batch.is_empty()) {
                break;
            }
            batch.extend(waiting.pop_front());
        }
        if batch.is_empty() {
            lanes.waiting.remove(&tenant);
            return None;
        }
        lanes.jobs -= batch.len();
        Some(batch)
    }

    async fn commit_batch(self: &Arc<Self>, tenant: TenantId, batch: Vec<Job>) {
        let changes: Vec<&Changes> = batch.iter().map(|job| &*job.changes).collect();
        match self.attempt(tenant, &changes).await {
            Ok(outcomes) => answer(batch, outcomes.into_iter().map(|o| o.map_err(CommitError::from))),
            // Finding out may take long: nobody else waits for it.
            Err(Undone::Perhaps(doubt)) => {
                tokio::spawn(Arc::clone(self).clear_up(tenant, batch, doubt));
            }
            // One that the database does not take keeps no other from being taken.
            Err(Undone::Not(failure)) if batch.len() > 1 && failure.is_about_what_was_sent() => {
                for job in batch {
                    self.alone(tenant, vec![job]).await;
                }
            }
            Err(Undone::Not(failure)) => {
                let error = told(failure);
                let all = vec![Err(error); batch.len()];
                answer(batch, all.into_iter());
            }
        }
    }

    /// As [`Self::commit_batch`], by way of the heap: for those who are called by it.
    fn alone(
        self: &Arc<Self>,
        tenant: TenantId,
        batch: Vec<Job>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let writer = Arc::clone(self);
        Box::pin(async move { writer.commit_batch(tenant, batch).await })
    }

    /// Finds out what became of a batch whose answer was lost, and tries it anew where it can no longer happen.
    async fn clear_up(self: Arc<Self>, tenant: TenantId, batch: Vec<Job>, doubt: Doubt) {
        tracing::debug!(failure = ?doubt.failure, "the answer to a commit was lost; finding out what became of it");
        let deadline = Instant::now() + self.patience * PERSEVERANCE;
        loop {
            match self.has_happened(tenant, (doubt.last, doubt.name)).await {
                Ok(true) => {
                    self.heard.note(tenant, doubt.last);
                    return answer(batch, doubt.outcomes.into_iter().map(|o| o.map_err(CommitError::from)));
                }
                Ok(false) => return self.alone(tenant, batch).await,
                Err(_) if Instant::now() + AGAIN < deadline => sleep(AGAIN).await,
                Err(_) => {
                    let all = vec![Err(told(Failure::Doubt)); batch.len()];
                    return answer(batch, all.into_iter());
                }
            }
        }
    }

    /// Tries for as long as there is patience: connections break, and databases change places. An attempt that has begun is
    /// never broken off from outside: its outcome would not be known.
    async fn attempt(&self, tenant: TenantId, batch: &[&Changes]) -> Result<Outcomes, Undone> {
        let deadline = Instant::now() + self.patience;
        loop {
            let failure = match self.try_once(tenant, batch).await {
                Ok(outcomes) => {
                    if let Some(last) = outcomes.iter().rev().find_map(|o| o.as_ref().ok()) {
                        self.heard.note(tenant, last.sequence);
                    }
                    return Ok(outcomes);
                }
                Err(Undone::Not(failure)) => failure,
                Err(doubt) => return Err(doubt),
            };
            if !failure.may_pass() || Instant::now() + AGAIN >= deadline {
                return Err(Undone::Not(failure));
            }
            tracing::debug!(?failure, "a batch is tried again");
            sleep(AGAIN).await;
        }
    }

    async fn try_once(&self, tenant: TenantId, batch: &[&Changes]) -> Result<Outcomes, Undone> {
        let (connection, name) = (self.pool.connection().await.map_err(Undone::Not)?, self.names.next());
        write::run(&connection, tenant, batch, (name, self.elsewhere)).await.map_err(|broken| match broken {
            Broken::Not(failure) => Undone::Not(failure),
            Broken::Perhaps(failure, last, outcomes) => {
                Undone::Perhaps(Doubt { failure, last, name, outcomes })
            }
        })
    }

    async fn has_happened(&self, tenant: TenantId, commit: (Sequence, Id)) -> Result<bool, Failure> {
        write::has_happened(&self.pool.connection().await?, tenant, commit).await
    }
}

/// Why a batch has no outcome.
enum Undone {
    /// It was not committed.
    Not(Failure),
    /// It may have been.
    Perhaps(Doubt),
}

/// A commit whose answer was lost: by what, which commit it would have led to, its name, and what it would have answered.
struct Doubt {
    failure: Failure,
    last: Sequence,
    name: Id,
    outcomes: Outcomes,
}

/// Somebody is at work for a tenant. Should that break off, whoever waits is told so, and the next one begins anew: a lane
/// without a worker would be closed for ever.
struct Turn<'a> {
    writer: &'a Writer,
    tenant: TenantId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut lanes = self.writer.lanes();
        let left = lanes.waiting.remove(&self.tenant).map_or(0, |jobs| jobs.len());
        lanes.jobs -= left;
    }
}

/// What callers are told, and the operator.
fn told(failure: Failure) -> CommitError {
    let error = StoreError::from(failure);
    if !matches!(error, StoreError::Busy) {
        tracing::error!(%error, "changes could not be committed");
    }
    error.into()
}

fn answer(batch: Vec<Job>, outcomes: impl Iterator<Item = Outcome>) {
    for (job, outcome) in batch.into_iter().zip(outcomes) {
        let _ = job.answer.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_of_one_tenant_leaves_room_for_another() {
        let (many, one) = (TenantId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        let mut lanes = Lanes::default();
        while lanes.has_room(many) {
            let changes = Box::new(Changes::at(domain::Time::from_millis(0)));
            lanes.waiting.entry(many).or_default().push_back(Job { changes, answer: oneshot::channel().0 });
            lanes.jobs += 1;
        }
        assert_eq!(lanes.jobs, QUEUE / 2);
        assert!(lanes.has_room(one));
    }
}
