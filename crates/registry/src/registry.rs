//! The registry: everything the rules need, in one place.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::{Clock, Random, TenantId, Time};
use engine::finger::Fingers;
use engine::worker::Faces;
use store::Store;
use vault::Kek;

use crate::access::TokenCache;
use crate::error::Error;
use crate::keys::Keys;
use crate::search::Galleries;
use crate::settings::Settings;
use crate::turns::Turns;

/// What a registry is made of.
pub struct Parts {
    /// Where persons live.
    pub store: Arc<dyn Store>,
    /// The operator's secret.
    pub kek: Kek,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, cryptographically strong.
    pub random: Arc<dyn Random>,
    /// Figures.
    pub settings: Settings,
}

/// The models in force, and what is known of everybody in their terms.
#[derive(Clone)]
struct Eyes {
    faces: Option<Faces>,
    galleries: Arc<Galleries>,
}

/// The rules, ready to use; cheap to clone, and every clone shares everything but the models it sees with: these stay
/// the same for as long as the clone lives, so that a request never sees with two.
#[derive(Clone)]
pub struct Registry {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) faces: Option<Faces>,
    /// The same for as long as the process lives.
    pub(crate) fingers: Option<Fingers>,
    pub(crate) galleries: Option<Arc<Galleries>>,
    /// The models that new requests see with.
    in_force: Arc<RwLock<Option<Eyes>>>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) settings: Settings,
    /// Figures of tenants that have their own, by name: some may not be made yet.
    of_tenants: Arc<HashMap<String, Settings>>,
    clock: Arc<dyn Clock>,
    high_water: Arc<AtomicI64>,
    /// When the last sealed mark of each tenant was handed to the store, in milliseconds.
    pub(crate) marked: Arc<Mutex<HashMap<TenantId, i64>>>,
    /// Records that did not open, since the start.
    pub(crate) damaged: Arc<AtomicU64>,
    /// Whose turn it is to open many records.
    pub(crate) turns: Turns,
    /// Tenants whose persons are all indexed as the settings say.
    pub(crate) indexed: Arc<Mutex<HashMap<TenantId, bool>>>,
    pub(crate) tokens: Arc<TokenCache>,
    /// What this process is called where work is shared out.
    process: [u8; 16],
    /// Idempotency keys whose first request is under way in this process.
    pub(crate) under_way: Arc<Mutex<HashMap<[u8; 16], [u8; 16]>>>,
}

impl Registry {
    /// Opens the registry: makes the default tenant on the first start, and proves that the KEK is the right one
    /// by unwrapping every tenant's key.
    ///
    /// # Errors
    /// [`Error::Fault`] for a wrong KEK, else what the store says.
    pub async fn open(parts: Parts) -> Result<Self, Error> {
        let registry = Self {
            store: parts.store,
            keys: Arc::new(Keys::new(parts.kek)),
            process: parts.random.bytes(),
            faces: None,
            fingers: None,
            galleries: None,
            in_force: Arc::default(),
            random: parts.random,
            settings: parts.settings,
            of_tenants: Arc::default(),
            clock: parts.clock,
            high_water: Arc::default(),
            marked: Arc::default(),
            damaged: Arc::default(),
            turns: Turns::default(),
            indexed: Arc::default(),
            tokens: Arc::default(),
            under_way: Arc::default(),
        };
        registry.open_tenants().await?;
        let high_water = registry.proven_high_water().await?;
        registry.high_water.fetch_max(high_water.millis(), Ordering::Relaxed);
        Ok(registry)
    }

    /// The same registry with a face engine: without one, questions about faces are answered with a refusal. It sees through
    /// [`Self::present`] and [`Self::for_request`], so that nobody holds on to models once others have taken over; their
    /// galleries are empty until [`Self::load_galleries`].
    ///
    /// # Errors
    /// [`Error::Fault`] when a thread cannot be started.
    pub fn with_faces(self, faces: Faces) -> Result<Self, Error> {
        self.beside(faces)?.take_over();
        Ok(self)
    }

    /// The same registry with an engine for fingerprints: without one they are kept as sent, and cannot be compared.
    ///
    /// # Errors
    /// [`Error::Fault`] when a thread cannot be started.
    pub fn with_fingers(self, fingers: Fingers) -> Result<Self, Error> {
        let faces = self.eyes().and_then(|eyes| eyes.faces);
        let dimensions = faces.as_ref().map_or(1, Faces::dimensions);
        let galleries = Arc::new(Galleries::start(dimensions, self.settings.search_threads)?);
        Self { faces, fingers: Some(fingers.clone()), galleries: Some(galleries), ..self.clone() }
            .take_over();
        Ok(Self { fingers: Some(fingers), ..self })
    }

    /// A registry over the same store that sees with other models, while requests go on with those in force: its
    /// galleries can be loaded and templates made before it takes over.
    ///
    /// # Errors
    /// As [`Self::with_faces`].
    pub fn beside(&self, faces: Faces) -> Result<Self, Error> {
        let galleries = Arc::new(Galleries::start(faces.dimensions(), self.settings.search_threads)?);
        Ok(Self { faces: Some(faces), galleries: Some(galleries), ..self.clone() })
    }

    /// From now on requests see with this registry's models. Those under way end with what they began with.
    pub fn take_over(&self) {
        let eyes = self.galleries.clone().map(|galleries| Eyes { faces: self.faces.clone(), galleries });
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = eyes;
    }

    /// The same registry with figures of their own for some tenants.
    #[must_use]
    pub fn with_settings_of(self, tenants: HashMap<String, Settings>) -> Self {
        Self { of_tenants: Arc::new(tenants), ..self }
    }

    /// The registry for one request: the figures of its tenant, its place in the engines' queues, and the models in force
    /// now until it is dropped.
    #[must_use]
    pub fn for_request(&self, tenant: TenantId) -> Self {
        let settings = self.own_settings(tenant).unwrap_or(self.settings);
        let present = self.present();
        let (faces, fingers) = (present.faces.as_ref(), present.fingers.as_ref());
        let (faces, fingers) = (faces.map(|f| f.of(tenant)), fingers.map(|f| f.of(tenant)));
        Self { settings, faces, fingers, ..present }
    }

    fn own_settings(&self, tenant: TenantId) -> Option<Settings> {
        if self.of_tenants.is_empty() {
            return None;
        }
        self.of_tenants.get(&*self.keys.name(tenant)?).copied()
    }

    /// The registry that sees with the models in force now, until it is dropped.
    #[must_use]
    pub fn present(&self) -> Self {
        let (faces, galleries) = self.eyes().map(|e| (e.faces, e.galleries)).unzip();
        Self { faces: faces.flatten(), galleries, ..self.clone() }
    }

    /// The whole structure of the store; slow.
    ///
    /// # Errors
    /// What the store says.
    pub async fn check(&self) -> Result<(), Error> {
        Ok(self.store.check().await?)
    }

    /// Now: the clock, but never earlier than any decision before, so that a clock set back un-expires nobody.
    pub fn now(&self) -> Time {
        let clock = self.clock.now().millis();
        Time::from_millis(self.high_water.fetch_max(clock, Ordering::Relaxed).max(clock))
    }

    /// What the clock says.
    pub(crate) fn clock(&self) -> Time {
        self.clock.now()
    }

    /// The face engine.
    pub(crate) fn faces(&self) -> Result<&Faces, Error> {
        self.faces.as_ref().ok_or(Error::FacesNotConfigured)
    }

    /// Whether faces can be analysed.
    #[must_use]
    pub fn has_faces(&self) -> bool {
        self.faces.is_some() || self.eyes().is_some_and(|eyes| eyes.faces.is_some())
    }

    /// Who finds minutiae in fingerprints; none where nothing does.
    #[must_use]
    pub fn extractor(&self) -> Option<&str> {
        self.fingers.as_ref().map(Fingers::id)
    }

    /// The name of the embedder that new requests see with.
    pub(crate) fn embedder_in_force(&self) -> Option<Arc<str>> {
        self.eyes()?.faces.map(|faces| Arc::clone(&faces.ids().embedder))
    }

    fn eyes(&self) -> Option<Eyes> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The figures in force.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether requests can be served.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.store.ready().await?)
    }

    /// Whether a piece of work that one process does for all is this one's, which it then is for so many seconds.
    ///
    /// # Errors
    /// What the store says.
    pub async fn has_turn(&self, work: &'static str, seconds: u32) -> Result<bool, Error> {
        Ok(self.store.lease(work, self.process, seconds).await?)
    }

    /// Removes what broken commits have left behind, and answers how many pieces.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tidy(&self) -> Result<usize, Error> {
        Ok(self.store.tidy().await?)
    }

    /// Waits until another process has committed something, where the store can tell; else for ever.
    pub async fn news(&self) {
        self.store.news().await;
    }

    /// A random value that names one request.
    #[must_use]
    pub fn request_id(&self) -> u128 {
        u128::from_be_bytes(self.random.bytes())
    }
}
