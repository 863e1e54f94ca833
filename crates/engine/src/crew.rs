//! Threads that each own a worker, behind one bounded queue: overload is an answer, never a long wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use domain::biometric::{Rejection, RejectionCode};
use tokio::sync::oneshot;

use crate::error::EngineError;
use crate::runtime::RuntimeError;

/// A piece of work.
type Job<W> = Box<dyn FnOnce(&mut W) + Send>;

/// The threads; they end when the last clone is dropped.
pub(crate) struct Crew<W> {
    queue: SyncSender<Job<W>>,
    /// What a request is told whose work panicked.
    undecodable: RejectionCode,
}

impl<W> Clone for Crew<W> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), undecodable: self.undecodable }
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
        let (queue, jobs) = sync_channel(places.max(1));
        let jobs = Arc::new(Mutex::new(jobs));
        for (index, worker) in workers.into_iter().enumerate() {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new().name(format!("{name}-{index}")).spawn(move || work(worker, &jobs))?;
        }
        Ok(Self { queue, undecodable })
    }

    /// The answer to a piece of work; `Busy` at once when the queue is full.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut W) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (job, answer) = self.job(work);
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => EngineError::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Self::ask`], from a thread that may wait for a place: never `Busy`.
    pub(crate) fn ask_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut W) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (job, answer) = self.job(work);
        self.queue.send(job).map_err(|_| stopped())?;
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

fn work<W>(mut worker: W, jobs: &Mutex<Receiver<Job<W>>>) {
    loop {
        // The lock is held while waiting: exactly one idle worker waits in `recv`, the others for the lock.
        let received = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match received {
            Ok(job) => job(&mut worker),
            Err(_) => return,
        }
    }
}
