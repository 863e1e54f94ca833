//! The one thread that writes, and its group commit. Tenants take turns within a batch.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ::store::{Changes, CommitError, Committed, PersonChange, StoreError};
use domain::TenantId;
use domain::fair::{Next, Queue};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::connection;
use crate::failure::{failed, is_lost_sync};
use crate::write::{self, Refused};

/// Changes that may wait, those of one tenant at most half of them; beyond it the answer is "busy".
const QUEUE: usize = 2_048;
/// Most changes in one transaction: bounds the wait of the first.
const BATCH: usize = 64;
/// Most changes of one tenant in a transaction while others write as well: a crowd of one tenant makes the batch that
/// another waits for a quarter as long as it could be.
const SHARE: usize = BATCH / 4;
/// For so many batches after one of several tenants it is taken that others write as well.
const MIXED: usize = 64;
/// Under load, how long a batch waits to grow to half the size of the last one. Without it the first change to
/// arrive after a commit would be synced alone while all others wait.
const LINGER: Duration = Duration::from_micros(300);

type Outcome = Result<Committed, CommitError>;

enum Work {
    Commit { tenant: TenantId, changes: Box<Changes>, answer: oneshot::Sender<Outcome> },
    Row { write: WriteRow, answer: oneshot::Sender<Result<bool, StoreError>> },
}

/// Writes one row, and answers whether it did.
type WriteRow = Box<dyn FnOnce(&Connection) -> rusqlite::Result<bool> + Send>;

/// Whose change it is; none is nobody's in particular.
type Lane = Option<TenantId>;
type Waiting = Queue<Lane, Work>;

/// The way to the writing thread, which ends when this is dropped.
pub(crate) struct Writer {
    queue: Arc<Waiting>,
    thread: Option<JoinHandle<()>>,
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closing".into())
}

impl Writer {
    pub(crate) fn start(connection: Connection) -> Result<Self, StoreError> {
        let queue = Arc::new(Waiting::new(QUEUE));
        let work = Arc::clone(&queue);
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(connection, &work))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    fn send(&self, lane: Lane, work: Work) -> Result<(), StoreError> {
        if !self.is_running() {
            return Err(closed());
        }
        self.queue.push(lane, work).map_err(|_| StoreError::Busy)
    }

    pub(crate) async fn commit(&self, tenant: TenantId, changes: Changes) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        self.send(Some(tenant), Work::Commit { tenant, changes: Box::new(changes), answer })?;
        outcome.await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Writes one row that is nobody's in particular.
    pub(crate) async fn row(
        &self,
        write: impl FnOnce(&Connection) -> rusqlite::Result<bool> + Send + 'static,
    ) -> Result<bool, StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.send(None, Work::Row { write: Box::new(write), answer })?;
        outcome.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Whether another change would be taken.
    pub(crate) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|t| !t.is_finished())
    }
}

impl Drop for Writer {
    /// Waits until everything in the queue is on disk.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut connection: Connection, work: &Waiting) {
    let (mut last, mut due, mut crowd) = (1, false, Crowd::default());
    while let Some(first) = work.pop() {
        let batch = gather(first, work, last / 2, &mut crowd);
        last = batch.len();
        due |= batch.iter().any(is_erasure);
        commit_batch(&mut connection, batch);
        due = due && !log_emptied(&connection);
    }
}

/// Whether more than one tenant has written lately.
#[derive(Default)]
struct Crowd {
    before: Lane,
    mixed: usize,
}

impl Crowd {
    /// Most changes of one lane in the next batch.
    const fn share(&self) -> usize {
        if self.mixed > 0 { SHARE } else { BATCH }
    }

    fn note(&mut self, lane: Lane) {
        if lane.is_some() && lane != self.before {
            self.mixed = if self.before.is_some() { MIXED } else { 0 };
            self.before = lane;
        }
    }

    const fn batch_is_done(&mut self) {
        self.mixed = self.mixed.saturating_sub(1);
    }
}

/// Brings the log into the file and empties it, because what was erased must not live on there. `false` while a reader
/// still needs the log: then it is tried again after the next batch, and nobody waits for it.
fn log_emptied(connection: &Connection) -> bool {
    let _ = connection.busy_timeout(Duration::ZERO);
    let busy: rusqlite::Result<i64> =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    let _ = connection.busy_timeout(connection::PATIENCE);
    matches!(busy, Ok(0))
}

/// The changes that wait, `first` in front, from tenant after tenant and of none more than its share; lingers for `wanted`
/// of them.
fn gather(first: (Lane, Work), work: &Waiting, wanted: usize, crowd: &mut Crowd) -> Vec<Work> {
    let (lane, first) = first;
    let (mut batch, mut of) = (vec![first], HashMap::from([(lane, 1)]));
    crowd.note(lane);
    let deadline = Instant::now() + LINGER;
    while batch.len() < BATCH {
        let share = crowd.share();
        let left = deadline.saturating_duration_since(Instant::now());
        let patience = if batch.len() >= wanted { Duration::ZERO } else { left };
        let has_share = |lane: &Lane| of.get(lane).is_none_or(|taken| *taken < share);
        match work.pop_where(has_share, patience) {
            Next::Work(lane, next) => {
                *of.entry(lane).or_insert(0) += 1;
                crowd.note(lane);
                batch.push(next);
            }
            Next::Nothing | Next::Closed => break,
        }
    }
    crowd.batch_is_done();
    batch
}

fn is_erasure(work: &Work) -> bool {
    match work {
        Work::Commit { changes, .. } => {
            changes.persons.iter().any(|p| matches!(p, PersonChange::Erase { .. }))
        }
        Work::Row { .. } => false,
    }
}

/// An outcome that may only be told after the commit.
enum Pending {
    Commit(oneshot::Sender<Outcome>, Outcome),
    Row(oneshot::Sender<Result<bool, StoreError>>, bool),
}

/// Applies a batch in one transaction and tells each its outcome once the whole is on disk.
fn commit_batch(connection: &mut Connection, batch: Vec<Work>) {
    let mut pending = Vec::with_capacity(batch.len());
    let mut rest = batch.into_iter();
    let result = apply_batch(connection, &mut rest, &mut pending);
    let failure = match result {
        Ok(()) => None,
        Err(error) => {
            if is_lost_sync(&error) {
                tracing::error!(%error, "a file could not be brought to disk; ending the process");
                std::process::abort();
            }
            tracing::error!(%error, "a batch of changes could not be committed");
            Some(failed(error))
        }
    };
    for told in pending {
        match told {
            Pending::Commit(answer, outcome) => {
                drop(answer.send(failure.clone().map_or(outcome, |f| Err(f.into()))));
            }
            Pending::Row(answer, written) => drop(answer.send(failure.clone().map_or(Ok(written), Err))),
        }
    }
    for work in rest {
        let failure = failure.clone().unwrap_or_else(closed);
        match work {
            Work::Commit { answer, .. } => drop(answer.send(Err(failure.into()))),
            Work::Row { answer, .. } => drop(answer.send(Err(failure))),
        }
    }
}

/// Each change in a savepoint of its own: one conflict fails alone, a fault of the store fails the batch.
fn apply_batch(
    connection: &mut Connection,
    batch: &mut impl Iterator<Item = Work>,
    pending: &mut Vec<Pending>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for work in batch {
        match work {
            Work::Commit { tenant, changes, answer } => {
                transaction.prepare_cached("SAVEPOINT change")?.execute([])?;
                let outcome = match write::apply(&transaction, tenant, &changes) {
                    Ok(committed) => Ok(committed),
                    Err(Refused::Conflict(conflict)) => {
                        transaction.prepare_cached("ROLLBACK TO change")?.execute([])?;
                        Err(conflict.into())
                    }
                    Err(Refused::Sql(error)) => {
                        // Told with the failure of the batch; this outcome is never seen.
                        pending.push(Pending::Commit(answer, Err(closed().into())));
                        return Err(error);
                    }
                };
                transaction.prepare_cached("RELEASE change")?.execute([])?;
                pending.push(Pending::Commit(answer, outcome));
            }
            Work::Row { write, answer } => {
                let written = write(&transaction)?;
                pending.push(Pending::Row(answer, written));
            }
        }
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change that writes nothing; its answer is of no interest.
    fn nothing(tenant: TenantId) -> Work {
        Work::Commit {
            tenant,
            changes: Box::new(Changes::at(domain::Time::from_millis(0))),
            answer: oneshot::channel().0,
        }
    }

    fn tenant(n: u8) -> TenantId {
        TenantId::from_bytes([n; 16])
    }

    fn tenants(batch: &[Work]) -> Vec<TenantId> {
        let of = |work: &Work| match work {
            Work::Commit { tenant, .. } => *tenant,
            Work::Row { .. } => TenantId::DEFAULT,
        };
        batch.iter().map(of).collect()
    }

    fn next(work: &Waiting, crowd: &mut Crowd) -> Vec<TenantId> {
        let first = work.pop().unwrap();
        tenants(&gather(first, work, 1, crowd))
    }

    #[test]
    fn a_crowd_of_one_tenant_does_not_stand_before_another() {
        let (work, mut crowd) = (Waiting::new(QUEUE), Crowd::default());
        let fill = || while work.push(Some(tenant(1)), nothing(tenant(1))).is_ok() {};
        fill();
        assert_eq!(next(&work, &mut crowd).len(), BATCH, "alone it has the whole batch");
        fill();
        assert!(work.push(Some(tenant(2)), nothing(tenant(2))).is_ok(), "another finds a place");
        let batch = next(&work, &mut crowd);
        assert!(batch[..2].contains(&tenant(2)), "its turn is next");
        assert_eq!(batch.len(), SHARE + 1, "and the batch it waits for is short");
        assert_eq!(next(&work, &mut crowd).len(), SHARE, "as is the one it may have to wait for next");
        for _ in 0..MIXED {
            fill();
            next(&work, &mut crowd);
        }
        assert_eq!(next(&work, &mut crowd).len(), BATCH, "until nobody else has written for a while");
    }
}
