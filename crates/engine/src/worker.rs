//! Inference threads behind a bounded queue: overload is an answer, never a long wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use domain::biometric::{Rejection, RejectionCode};
use tokio::sync::oneshot;

use crate::face::{Analysis, Chain, FaceError, Gates, ImageLimits, ModelIds, Want};
use crate::models::{Models, ModelsError};
use crate::runtime::{self, Runtime, RuntimeError, memory};

/// How many threads, how long a queue, and what an image must be.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Inference threads.
    pub workers: usize,
    /// Images that may wait.
    pub queue: usize,
    /// Quality gates.
    pub gates: Gates,
    /// Image limits.
    pub limits: ImageLimits,
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The weights.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// The runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A thread.
    #[error("cannot start an inference thread: {0}")]
    Thread(#[from] std::io::Error),
}

struct Job {
    bytes: Vec<u8>,
    want: Want,
    answer: oneshot::Sender<Result<Analysis, FaceError>>,
}

/// The face engine; cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct Faces {
    queue: SyncSender<Job>,
    ids: Arc<ModelIds>,
    runtime: Arc<str>,
    same_person: f32,
}

impl Faces {
    /// Loads the weights and starts the threads. They end when the last clone is dropped.
    ///
    /// # Errors
    /// [`StartError`] when weights are missing or damaged, or the runtime cannot load them.
    pub fn start(models: &Models, settings: Settings) -> Result<Self, StartError> {
        let library = models.checked_library()?;
        Self::start_with(models, settings, runtime::choose(library.as_deref()).as_ref())
    }

    /// As [`Self::start`], on a given runtime.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(
        models: &Models,
        settings: Settings,
        runtime: &dyn Runtime,
    ) -> Result<Self, StartError> {
        memory::loading();
        let started = Self::load_and_start(models, settings, runtime);
        memory::serving();
        started
    }

    fn load_and_start(
        models: &Models,
        settings: Settings,
        runtime: &dyn Runtime,
    ) -> Result<Self, StartError> {
        let loaded = crate::face::load(models)?;
        let (queue, jobs) = sync_channel(settings.queue.max(1));
        let jobs = Arc::new(Mutex::new(jobs));
        for index in 0..settings.workers.max(1) {
            let (chain, jobs) = (loaded.chain(runtime, settings.gates, settings.limits)?, Arc::clone(&jobs));
            thread::Builder::new().name(format!("face-{index}")).spawn(move || work(chain, &jobs))?;
        }
        let same_person = models.manifest().embedder.same_person_cosine;
        Ok(Self { queue, ids: Arc::new(loaded.ids()), runtime: runtime.name().into(), same_person })
    }

    /// Names and versions of the models.
    #[must_use]
    pub fn ids(&self) -> &ModelIds {
        &self.ids
    }

    /// The runtime's name.
    #[must_use]
    pub fn runtime(&self) -> &str {
        &self.runtime
    }

    /// Cosine from which two templates count as one person in a 1:1 comparison.
    #[must_use]
    pub const fn same_person_cosine(&self) -> f32 {
        self.same_person
    }

    /// Analyses an image file on one of the threads.
    ///
    /// # Errors
    /// [`FaceError`]; `Busy` at once when the queue is full.
    pub async fn analyse(&self, bytes: Vec<u8>, want: Want) -> Result<Analysis, FaceError> {
        let (answer, result) = oneshot::channel();
        self.queue.try_send(Job { bytes, want, answer }).map_err(|error| match error {
            TrySendError::Full(_) => FaceError::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        result.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Self::analyse`], from a thread that may wait.
    ///
    /// # Errors
    /// As [`Self::analyse`], but never `Busy`.
    pub fn analyse_blocking(&self, bytes: Vec<u8>, want: Want) -> Result<Analysis, FaceError> {
        let (answer, result) = oneshot::channel();
        self.queue.send(Job { bytes, want, answer }).map_err(|_| stopped())?;
        result.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> FaceError {
    FaceError::Fault(RuntimeError("the inference threads have stopped".into()))
}

fn work(mut chain: Chain, jobs: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting: exactly one idle worker waits in `recv`, the others for the lock.
        let received = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { bytes, want, answer }) = received else { return };
        if answer.is_closed() {
            continue; // The client has gone.
        }
        // A decoder bug must cost one request, not a worker.
        let result = catch_unwind(AssertUnwindSafe(|| chain.analyse(&bytes, want))).unwrap_or_else(|_| {
            tracing::error!("the analysis of an image panicked");
            Err(Rejection::new(RejectionCode::ImageUndecodable).into())
        });
        let _ = answer.send(result);
    }
}
