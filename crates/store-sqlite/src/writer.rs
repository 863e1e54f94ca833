//! The one thread that writes, and its group commit.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ::store::{Changes, CommitError, Committed, PersonChange, StoreError};
use domain::TenantId;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::connection;
use crate::failure::{failed, is_lost_sync};
use crate::write::{self, Refused};

/// Changes that may wait; beyond it the answer is "busy".
const QUEUE: usize = 1_024;
/// Most changes in one transaction: bounds the wait of the first.
const BATCH: usize = 64;
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

/// The way to the writing thread, which ends when this is dropped.
pub(crate) struct Writer {
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closing".into())
}

impl Writer {
    pub(crate) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, work) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(connection, &work))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        self.queue.as_ref().ok_or_else(closed)?.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => closed(),
        })
    }

    pub(crate) async fn commit(&self, tenant: TenantId, changes: Changes) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        self.send(Work::Commit { tenant, changes: Box::new(changes), answer })?;
        outcome.await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Writes one row that is nobody's in particular.
    pub(crate) async fn row(
        &self,
        write: impl FnOnce(&Connection) -> rusqlite::Result<bool> + Send + 'static,
    ) -> Result<bool, StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.send(Work::Row { write: Box::new(write), answer })?;
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
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut connection: Connection, work: &Receiver<Work>) {
    let (mut last, mut due) = (1, false);
    while let Ok(first) = work.recv() {
        let batch = gather(first, work, last / 2);
        last = batch.len();
        due |= batch.iter().any(is_erasure);
        commit_batch(&mut connection, batch);
        due = due && !log_emptied(&connection);
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

/// The changes that wait, `first` in front; lingers for `wanted` of them.
fn gather(first: Work, work: &Receiver<Work>, wanted: usize) -> Vec<Work> {
    let mut batch = vec![first];
    let deadline = Instant::now() + LINGER;
    loop {
        batch.extend(work.try_iter().take(BATCH - batch.len()));
        if batch.len() >= wanted {
            return batch;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match work.recv_timeout(left) {
            Ok(next) => batch.push(next),
            Err(_) => return batch,
        }
    }
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
