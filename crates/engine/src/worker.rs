//! Faces, analysed on threads of their own.

use std::sync::Arc;

use domain::TenantId;
use domain::biometric::{Calibration, RejectionCode};

use crate::crew::{Crew, Lane};
use crate::error::EngineError;
use crate::face::{Analysis, Chain, Detection, Gates, ImageLimits, ModelIds, Template, Want};
use crate::models::{Known, Models, ModelsError};
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

/// Who looks at images: the chain of networks, or in tests a table of answers.
pub trait Analyst: Send + 'static {
    /// See [`Chain::analyse`].
    ///
    /// # Errors
    /// [`EngineError`].
    fn analyse(&mut self, bytes: &[u8], want: Want) -> Result<Analysis, EngineError>;

    /// See [`Chain::detect`].
    ///
    /// # Errors
    /// [`EngineError`].
    fn detect(&mut self, bytes: &[u8]) -> Result<Detection, EngineError>;
}

impl Analyst for Chain {
    fn analyse(&mut self, bytes: &[u8], want: Want) -> Result<Analysis, EngineError> {
        self.analyse(bytes, want)
    }

    fn detect(&mut self, bytes: &[u8]) -> Result<Detection, EngineError> {
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
    /// How well the embedder knows a face, by the length of what it says.
    pub known: Known,
}

/// The face engine; cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct Faces {
    crew: Crew<Box<dyn Analyst>>,
    /// Whose images it looks at.
    lane: Lane,
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
            known: embedder.known.clone(),
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
        let analysts = analysts.into_iter().map(|a| Box::new(a) as Box<dyn Analyst>).collect();
        let crew = Crew::start("face", analysts, places, RejectionCode::ImageUndecodable)?;
        Ok(Self { crew, lane: None, meaning: Arc::new(meaning), runtime: runtime.into() })
    }

    /// The same engine for the images of one tenant: tenants are served in turn.
    #[must_use]
    pub fn of(&self, tenant: TenantId) -> Self {
        Self { lane: Some(tenant), ..self.clone() }
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

    /// A template that was stored, as well known as its length says.
    #[must_use]
    pub fn known(&self, template: Template) -> Template {
        template.known(&self.meaning.known)
    }

    /// The runtime's name.
    #[must_use]
    pub fn runtime(&self) -> &str {
        &self.runtime
    }

    /// Analyses an image file on one of the threads.
    ///
    /// # Errors
    /// [`EngineError`]; `Busy` at once when the tenant's part of the queue is full.
    pub async fn analyse(&self, bytes: Vec<u8>, want: Want) -> Result<Analysis, EngineError> {
        self.crew.ask(self.lane, move |analyst| analyst.analyse(&bytes, want)).await
    }

    /// Finds all faces of an image file on one of the threads.
    ///
    /// # Errors
    /// As [`Self::analyse`].
    pub async fn detect(&self, bytes: Vec<u8>) -> Result<Detection, EngineError> {
        self.crew.ask(self.lane, move |analyst| analyst.detect(&bytes)).await
    }

    /// As [`Self::analyse`], from a thread that may wait.
    ///
    /// # Errors
    /// As [`Self::analyse`], but never `Busy`.
    pub fn analyse_blocking(&self, bytes: Vec<u8>, want: Want) -> Result<Analysis, EngineError> {
        self.crew.ask_blocking(self.lane, move |analyst| analyst.analyse(&bytes, want))
    }
}
