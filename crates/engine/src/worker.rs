//! Inference threads behind a bounded queue: overload is an answer, never a long wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use domain::biometric::{Calibration, Rejection, RejectionCode};
use tokio::sync::oneshot;

use crate::face::{Analysis, Chain, Detection, FaceError, Gates, ImageLimits, ModelIds, Want};
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

/// What a worker does with an image.
enum Job {
    Analyse { bytes: Vec<u8>, want: Want, answer: oneshot::Sender<Result<Analysis, FaceError>> },
    Detect { bytes: Vec<u8>, answer: oneshot::Sender<Result<Detection, FaceError>> },
}

/// Who looks at images: the chain of networks, or in tests a table of answers.
pub trait Analyst: Send + 'static {
    /// See [`Chain::analyse`].
    ///
    /// # Errors
    /// [`FaceError`].
    fn analyse(&mut self, bytes: &[u8], want: Want) -> Result<Analysis, FaceError>;

    /// See [`Chain::detect`].
    ///
    /// # Errors
    /// [`FaceError`].
    fn detect(&mut self, bytes: &[u8]) -> Result<Detection, FaceError>;
}

impl Analyst for Chain {
    fn analyse(&mut self, bytes: &[u8], want: Want) -> Result<Analysis, FaceError> {
        self.analyse(bytes, want)
    }

    fn detect(&mut self, bytes: &[u8]) -> Result<Detection, FaceError> {
        self.detect(bytes)
    }
}

/// What the workers' answers mean.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// Names and versions of the models.
    pub ids: ModelIds,
    /// Components of a template.
    pub dimensions: usize,
    /// What a cosine of two templates says.
    pub calibration: Calibration,
}

/// The face engine; cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct Faces {
    queue: SyncSender<Job>,
    meaning: Arc<Meaning>,
    runtime: Arc<str>,
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
        let chains = (0..settings.workers.max(1))
            .map(|_| loaded.chain(runtime, settings.gates, settings.limits))
            .collect::<Result<Vec<_>, _>>()?;
        let embedder = &models.manifest().embedder;
        let meaning = Meaning {
            ids: loaded.ids(),
            dimensions: embedder.dimensions,
            calibration: embedder.calibration.clone(),
        };
        Self::employ(chains, settings.queue, meaning, &runtime.name())
    }

    /// Starts a thread for each of `analysts`.
    ///
    /// # Errors
    /// [`StartError::Thread`].
    pub fn employ(
        analysts: Vec<impl Analyst>,
        places: usize,
        meaning: Meaning,
        runtime: &str,
    ) -> Result<Self, StartError> {
        let (queue, jobs) = sync_channel(places.max(1));
        let jobs = Arc::new(Mutex::new(jobs));
        for (index, analyst) in analysts.into_iter().enumerate() {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new().name(format!("face-{index}")).spawn(move || work(analyst, &jobs))?;
        }
        Ok(Self { queue, meaning: Arc::new(meaning), runtime: runtime.into() })
    }

    /// Names and versions of the models.
    #[must_use]
    pub fn ids(&self) -> &ModelIds {
        &self.meaning.ids
    }

    /// Components of a template.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.meaning.dimensions
    }

    /// What a cosine of two templates says.
    #[must_use]
    pub fn calibration(&self) -> &Calibration {
        &self.meaning.calibration
    }

    /// The runtime's name.
    #[must_use]
    pub fn runtime(&self) -> &str {
        &self.runtime
    }

    fn send(&self, job: Job) -> Result<(), FaceError> {
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => FaceError::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })
    }

    /// Analyses an image file on one of the threads.
    ///
    /// # Errors
    /// [`FaceError`]; `Busy` at once when the queue is full.
    pub async fn analyse(&self, bytes: Vec<u8>, want: Want) -> Result<Analysis, FaceError> {
        let (answer, result) = oneshot::channel();
        self.send(Job::Analyse { bytes, want, answer })?;
        result.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Finds all faces of an image file on one of the threads.
    ///
    /// # Errors
    /// As [`Self::analyse`].
    pub async fn detect(&self, bytes: Vec<u8>) -> Result<Detection, FaceError> {
        let (answer, result) = oneshot::channel();
        self.send(Job::Detect { bytes, answer })?;
        result.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Self::analyse`], from a thread that may wait.
    ///
    /// # Errors
    /// As [`Self::analyse`], but never `Busy`.
    pub fn analyse_blocking(&self, bytes: Vec<u8>, want: Want) -> Result<Analysis, FaceError> {
        let (answer, result) = oneshot::channel();
        self.queue.send(Job::Analyse { bytes, want, answer }).map_err(|_| stopped())?;
        result.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> FaceError {
    FaceError::Fault(RuntimeError("the inference threads have stopped".into()))
}

fn work(mut analyst: impl Analyst, jobs: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting: exactly one idle worker waits in `recv`, the others for the lock.
        let received = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match received {
            Ok(Job::Analyse { bytes, want, answer }) => {
                reply(answer, || analyst.analyse(&bytes, want));
            }
            Ok(Job::Detect { bytes, answer }) => reply(answer, || analyst.detect(&bytes)),
            Err(_) => return,
        }
    }
}

/// Does a piece of work unless the client has gone. A decoder bug must cost one request, not a worker.
fn reply<T>(answer: oneshot::Sender<Result<T, FaceError>>, work: impl FnOnce() -> Result<T, FaceError>) {
    if answer.is_closed() {
        return;
    }
    let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!("the analysis of an image panicked");
        Err(Rejection::new(RejectionCode::ImageUndecodable).into())
    });
    let _ = answer.send(result);
}
