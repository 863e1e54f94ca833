//! The threads that read what takes time: tenants are served in turn, and a question has a time limit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use ::store::StoreError;
use domain::TenantId;
use domain::fair::Queue;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::connection;
use crate::failure::failed;

/// So many steps of SQLite's machine lie between two looks at the time: some tens of microseconds.
const STEPS: i32 = 4_096;

/// Whose question it is; none is the server's own.
pub(crate) type Lane = Option<TenantId>;

type Job = Box<dyn FnOnce(&Reader) + Send>;

/// Threads with a read-only connection each; they end when this is dropped, once they have answered what waits.
pub(crate) struct LongReaders {
    questions: Arc<Queue<Lane, Job>>,
    limit: Duration,
}

/// A connection, and until when it may work.
struct Reader {
    connection: Connection,
    /// In milliseconds since [`beginning`]; the largest number is no limit.
    until: Arc<AtomicU64>,
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the store is closing".into())
}

/// A moment that others are measured from.
fn beginning() -> Instant {
    static BEGINNING: OnceLock<Instant> = OnceLock::new();
    *BEGINNING.get_or_init(Instant::now)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Reader {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connection::reader(path)?;
        let until = Arc::new(AtomicU64::new(u64::MAX));
        let limit = Arc::clone(&until);
        let is_over = move || millis(beginning().elapsed()) >= limit.load(Ordering::Relaxed);
        connection.progress_handler(STEPS, Some(is_over)).map_err(failed)?;
        Ok(Self { connection, until })
    }

    fn read<T>(
        &self,
        limit: Option<Duration>,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let until = limit.map_or(u64::MAX, |limit| millis(beginning().elapsed() + limit));
        self.until.store(until, Ordering::Relaxed);
        let result = read(&self.connection).map_err(failed);
        self.until.store(u64::MAX, Ordering::Relaxed);
        result
    }
}

impl LongReaders {
    /// Starts `count` threads; so many questions may wait, and one of a tenant may take `limit`.
    pub(crate) fn start(
        path: &Path,
        count: usize,
        waiting: usize,
        limit: Duration,
    ) -> Result<Self, StoreError> {
        let questions = Arc::new(Queue::new(waiting));
        let readers = Self { questions: Arc::clone(&questions), limit };
        // One thread is left to the others, however slow the questions of one tenant are.
        let most = count.saturating_sub(1);
        for number in 0..count {
            let (reader, questions) = (Reader::open(path)?, Arc::clone(&questions));
            let work = move || {
                while let Some((lane, job)) = questions.pop_sharing(most) {
                    let job: Job = job;
                    // Whoever asked is told by the channel that closes.
                    if catch_unwind(AssertUnwindSafe(|| job(&reader))).is_err() {
                        tracing::error!("a read panicked");
                    }
                    questions.done(&lane);
                }
            };
            thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(work)
                .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        }
        Ok(readers)
    }

    /// The answer to a question; `Busy` at once when the lane is full, and when the question takes too long.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        lane: Lane,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, result) = oneshot::channel();
        let limit = lane.map(|_| self.limit);
        let job = move |reader: &Reader| {
            // Nobody waits for it any more.
            if !answer.is_closed() {
                let _ = answer.send(reader.read(limit, read));
            }
        };
        self.questions.push(lane, Box::new(job)).map_err(|_| StoreError::Busy)?;
        result.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Drop for LongReaders {
    fn drop(&mut self) {
        self.questions.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Counts for ever.
    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    fn readers(folder: &Path, limit: Duration) -> LongReaders {
        let path = folder.join("x.sqlite");
        connection::writer(&path).unwrap();
        LongReaders::start(&path, 1, 16, limit).unwrap()
    }

    #[tokio::test]
    async fn an_endless_question_of_a_tenant_is_broken_off_and_the_next_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(folder.path(), Duration::from_millis(20));
        let tenant = Some(TenantId::from_bytes([1; 16]));
        let endless = |c: &Connection| c.query_row(ENDLESS, [], |row| row.get::<_, i64>(0));
        assert_eq!(readers.ask(tenant, endless).await, Err(StoreError::Busy));
        let short = |c: &Connection| c.query_row("SELECT 1", [], |row| row.get::<_, i64>(0));
        assert_eq!(readers.ask(tenant, short).await, Ok(1), "the connection can be used again");
    }

    /// The thread is held up while all hand their questions in, so that the order is no clock's to decide.
    #[tokio::test]
    async fn a_crowd_of_one_tenant_does_not_stand_before_another() {
        let folder = tempfile::tempdir().unwrap();
        let readers = Arc::new(readers(folder.path(), Duration::from_secs(60)));
        let lane = |n| Some(TenantId::from_bytes([n; 16]));
        let (begin, begun) = mpsc::channel::<()>();
        let (done, order) = mpsc::channel();
        let ask = |n: u8, work: Box<dyn FnOnce() + Send>| {
            let readers = Arc::clone(&readers);
            let done = done.clone();
            async move {
                let read = move |_: &Connection| {
                    work();
                    let _ = done.send(n);
                    Ok(())
                };
                readers.ask(lane(n), read).await
            }
        };
        let mut all: Vec<std::pin::Pin<Box<dyn Future<Output = _>>>> = Vec::new();
        let (started, has_started) = mpsc::channel();
        all.push(Box::pin(ask(
            9,
            Box::new(move || {
                started.send(()).unwrap();
                begun.recv().unwrap();
            }),
        )));
        let first = |future: &mut std::pin::Pin<Box<dyn Future<Output = Result<(), StoreError>>>>| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            match future.as_mut().poll(&mut context) {
                std::task::Poll::Ready(result) => result,
                std::task::Poll::Pending => Ok(()),
            }
        };
        assert_eq!(first(&mut all[0]), Ok(()));
        has_started.recv().unwrap();
        let mut refused = 0;
        for _ in 0..20 {
            let mut one: std::pin::Pin<Box<dyn Future<Output = _>>> = Box::pin(ask(1, Box::new(|| ())));
            refused += usize::from(first(&mut one) == Err(StoreError::Busy));
            all.push(one);
        }
        assert!(refused > 0, "its lane is full, which is its own affair");
        let mut one: std::pin::Pin<Box<dyn Future<Output = _>>> = Box::pin(ask(2, Box::new(|| ())));
        assert_eq!(first(&mut one), Ok(()), "another tenant finds a place");
        begin.send(()).unwrap();
        one.await.unwrap();
        assert_eq!(
            order.iter().take(3).collect::<Vec<_>>(),
            [9, 1, 2],
            "one of the crowd was before it, not all"
        );
    }
}
