//! The engine for fingerprints: cheap to clone, shared by all requests.

use std::sync::Arc;

use domain::TenantId;
use domain::biometric::{Calibration, RejectionCode};

use super::chain::{Chain, Limits};
use super::{Gate, Impression, Sent};
use crate::crew::{Crew, Lane};
use crate::error::EngineError;
use crate::models::{Fingerprints, Manifest, Models};
use crate::runtime::{self, Runtime, memory};
use crate::worker::StartError;

/// How many threads, and how long a queue.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Threads; each inference takes up to 450 MB while it runs.
    pub workers: usize,
    /// Fingerprints that may wait.
    pub queue: usize,
    /// What one may cost.
    pub limits: Limits,
}

/// Who finds minutiae in images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extractor {
    /// The network.
    Network,
    /// The built-in program: fewer true minutiae and more false ones, and no weights.
    BuiltIn,
}

/// The engine.
#[derive(Clone)]
pub struct Fingers {
    crew: Crew<Chain>,
    /// Whose fingerprints it looks at.
    lane: Lane,
    models: Arc<Fingerprints>,
    extractor: Extractor,
    runtime: Arc<str>,
}

impl Fingers {
    /// Starts the threads: with the network where it is installed, else with the built-in program.
    ///
    /// # Errors
    /// [`StartError`] when installed weights are damaged or do not load.
    pub fn start(models: &Models, settings: Settings) -> Result<Self, StartError> {
        if !models.has_fingerprint_network() {
            return Self::built_in(models.manifest(), settings);
        }
        let library = models.checked_library()?;
        Self::start_with(models, settings, runtime::choose(library.as_deref()).as_ref())
    }

    /// With the network, on a given runtime.
    ///
    /// # Errors
    /// As [`Self::start`], also when the network is not installed.
    pub fn start_with(
        models: &Models,
        settings: Settings,
        runtime: &dyn Runtime,
    ) -> Result<Self, StartError> {
        memory::loading();
        let started = (|| {
            let bytes = models.read(&models.manifest().fingerprints().network.weights)?;
            let networks = (0..settings.workers.max(1)).map(|_| runtime.load(&bytes).map(Some));
            let networks = networks.collect::<Result<Vec<_>, _>>()?;
            Self::employ(models.manifest(), settings, networks, Extractor::Network, &runtime.name())
        })();
        memory::serving();
        started
    }

    /// With the built-in program.
    ///
    /// # Errors
    /// [`StartError::Thread`].
    pub fn built_in(manifest: &Manifest, settings: Settings) -> Result<Self, StartError> {
        let none = (0..settings.workers.max(1)).map(|_| None).collect();
        Self::employ(manifest, settings, none, Extractor::BuiltIn, "built in")
    }

    fn employ(
        manifest: &Manifest,
        settings: Settings,
        networks: Vec<Option<Box<dyn runtime::Network>>>,
        extractor: Extractor,
        runtime: &str,
    ) -> Result<Self, StartError> {
        let models = Arc::new(manifest.fingerprints().clone());
        let chain = |network| Chain {
            models: Arc::clone(&models),
            network,
            limits: settings.limits,
            input: Vec::new(),
        };
        let chains = networks.into_iter().map(chain).collect();
        let crew = Crew::start("finger", chains, settings.queue, RejectionCode::FingerprintUndecodable)?;
        Ok(Self { crew, lane: None, models, extractor, runtime: runtime.into() })
    }

    /// The same engine for the fingerprints of one tenant: tenants are served in turn.
    #[must_use]
    pub fn of(&self, tenant: TenantId) -> Self {
        Self { lane: Some(tenant), ..self.clone() }
    }

    /// Who finds minutiae in images.
    #[must_use]
    pub const fn extractor(&self) -> Extractor {
        self.extractor
    }

    /// The runtime's name.
    #[must_use]
    pub fn runtime(&self) -> &str {
        &self.runtime
    }

    /// The name of whoever finds minutiae in images: templates of another are made again.
    #[must_use]
    pub fn id(&self) -> &str {
        match self.extractor {
            Extractor::Network => &self.models.network.weights.id,
            Extractor::BuiltIn => &self.models.built_in.id,
        }
    }

    /// What templates are called that clients bring.
    #[must_use]
    pub fn foreign_id(&self) -> &str {
        &self.models.foreign.id
    }

    /// What scores of comparisons mean: of templates of ours with each other, or where at least one is a client's.
    #[must_use]
    pub fn calibration(&self, foreign: bool) -> &Calibration {
        match (foreign, self.extractor) {
            (true, _) => &self.models.foreign.calibration,
            (false, Extractor::Network) => &self.models.network.calibration,
            (false, Extractor::BuiltIn) => &self.models.built_in.calibration,
        }
    }

    /// The template of a fingerprint, on one of the threads.
    ///
    /// # Errors
    /// [`EngineError`]; `Busy` at once when the tenant's part of the queue is full.
    pub async fn extract(&self, sent: Sent, gate: Gate) -> Result<Impression, EngineError> {
        self.crew.ask(self.lane, move |chain| chain.extract(&sent, gate)).await
    }

    /// As [`Self::extract`], from a thread that may wait.
    ///
    /// # Errors
    /// As [`Self::extract`], but never `Busy`.
    pub fn extract_blocking(&self, sent: Sent, gate: Gate) -> Result<Impression, EngineError> {
        self.crew.ask_blocking(self.lane, move |chain| chain.extract(&sent, gate))
    }
}
