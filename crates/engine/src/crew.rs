//! Threads that each own a worker, behind one bounded queue: overload is an answer, never a long wait. Tenants are served
//! in turn, so that a crowd of one costs another no more than one piece of work before its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::{io, thread};

use domain::TenantId;
use domain::biometric::{Rejection, RejectionCode};
use domain::fair::Queue;
use tokio::sync::oneshot;

use crate::error::EngineError;
use crate::runtime::RuntimeError;

/// A piece of work.
type Job<W> = Box<dyn FnOnce(&mut W) + Send>;

/// Whose work it is; none is the server's own.
pub(crate) type Lane = Option<TenantId>;

/// The threads; they end when the last clone is dropped.
pub(crate) struct Crew<W> {
    office: Arc<Office<W>>,
    /// What a request is told whose work panicked.
    undecodable: RejectionCode,
}

/// Where work is handed in. The threads hold the queue alone, so that this is dropped with the last clone.
struct Office<W>(Arc<Queue<Lane, Job<W>>>);

impl<W> Drop for Office<W> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<W> Clone for Crew<W> {
    fn clone(&self) -> Self {
        Self { office: Arc::clone(&self.office), undecodable: self.undecodable }
    }
}

impl<W: Send + 'static> Crew<W> {
    /// Starts a thread for each of `workers`.
    pub(crate) fn start(
        name: &str,
        workers: Vec<W>,
        places: usize,
        undecodable: RejectionCode,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(places));
        let office = Arc::new(Office(Arc::clone(&queue)));
        let threads = workers.len();
        for (index, mut worker) in workers.into_iter().enumerate() {
            let queue = Arc::clone(&queue);
            let work = move || {
                while let Some((lane, job)) = queue.pop_of(threads) {
                    let job: Job<W> = job;
                    job(&mut worker);
                    queue.done(&lane);
                }
            };
            thread::Builder::new().name(format!("{name}-{index}")).spawn(work)?;
        }
        Ok(Self { office, undecodable })
    }

    /// The answer to a piece of work; `Busy` at once when the lane is full.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&mut W) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (job, answer) = self.job(work);
        self.office.0.push(lane, job).map_err(|_| EngineError::Busy)?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Self::ask`], from a thread that may wait for a place: never `Busy`.
    pub(crate) fn ask_blocking<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&mut W) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (job, answer) = self.job(work);
        self.office.0.push_waiting(&lane, job).map_err(|_| stopped())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// Work that is not done once the client has gone. A decoder bug costs one request, not a worker.
    fn job<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut W) -> Result<T, EngineError> + Send + 'static,
    ) -> (Job<W>, oneshot::Receiver<Result<T, EngineError>>) {
        let (answer, result) = oneshot::channel();
        let undecodable = self.undecodable;
        let job = move |worker: &mut W| {
            if answer.is_closed() {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| work(worker))).unwrap_or_else(|_| {
                tracing::error!("the analysis of an image panicked");
                Err(Rejection::new(undecodable).into())
            });
            let _ = answer.send(result);
        };
        (Box::new(job), result)
    }
}

fn stopped() -> EngineError {
    EngineError::Fault(RuntimeError("the inference threads have stopped".into()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What a future answers without being waited for.
    fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
        match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn when_the_queue_is_full_the_answer_is_busy_at_once() {
        let (begin, begun) = mpsc::channel::<()>();
        let crew = Crew::start("test", vec![()], 1, RejectionCode::ImageUndecodable).unwrap();
        let (started, has_started) = oneshot::channel();
        let work = move |(): &mut ()| {
            let _ = started.send(());
            begun.recv().map_err(|_| stopped())
        };
        // One is worked on for as long as this test likes, one waits in the only place.
        let held = tokio::spawn({
            let crew = crew.clone();
            async move { crew.ask(None, work).await }
        });
        has_started.await.unwrap();
        let (job, waiting) = crew.job(|(): &mut ()| Ok(()));
        assert!(crew.office.0.push(None, job).is_ok());
        for _ in 0..20 {
            let answer = at_once(crew.ask(None, |(): &mut ()| Ok(())));
            assert!(matches!(answer, Some(Err(EngineError::Busy))), "{answer:?}");
        }
        // Those who came first are served, and then there is room again.
        begin.send(()).unwrap();
        held.await.unwrap().unwrap();
        waiting.await.unwrap().unwrap();
        crew.ask(None, |(): &mut ()| Ok(())).await.unwrap();
    }

    /// The worker is held up while others hand their work in, so that the order is theirs to decide and no clock's.
    #[tokio::test]
    async fn a_crowd_of_one_tenant_does_not_stand_before_another() {
        let (many, one) = (Some(TenantId::from_bytes([1; 16])), Some(TenantId::from_bytes([2; 16])));
        let (begin, begun) = mpsc::channel::<()>();
        let crew = Crew::start("test", vec![Vec::<u8>::new()], 16, RejectionCode::ImageUndecodable).unwrap();
        let (started, has_started) = oneshot::channel();
        let held = crew.clone();
        let held = tokio::spawn(async move {
            let work = move |_: &mut Vec<u8>| {
                let _ = started.send(());
                begun.recv().map_err(|_| stopped())
            };
            held.ask(None, work).await
        });
        has_started.await.unwrap();
        let ask = |lane: Lane, mark: u8| {
            let (job, answer) = crew.job(move |done: &mut Vec<u8>| {
                done.push(mark);
                Ok(done.clone())
            });
            crew.office.0.push(lane, job).map(|()| answer).map_err(|_| EngineError::Busy)
        };
        let crowd: Vec<_> = (0..20).map(|_| ask(many, 1)).collect();
        assert!(crowd.iter().any(Result::is_err), "its lane is full, which is its own affair");
        let answer = ask(one, 2).expect("another tenant finds a place");
        begin.send(()).unwrap();
        held.await.unwrap().unwrap();
        assert_eq!(answer.await.unwrap().unwrap(), [1, 2], "one of the crowd was before it, not all");
    }
}
