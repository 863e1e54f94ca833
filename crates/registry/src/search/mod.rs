//! Galleries: one a tenant, held in memory, following the store.

mod check;
mod follow;
mod in_flight;
mod load;
mod population;
mod tag;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

use domain::TenantId;
use gallery::{Candidate, Found, Probe, Question, Scanner};
use minutiae::gallery::{Asker, Searcher};
use tokio::sync::{Semaphore, oneshot};

use crate::error::Error;

pub use check::GalleryCheck;
pub(crate) use follow::collection_key;
pub(crate) use in_flight::Entry;
pub(crate) use population::{Modalities, Population, sample_key, subject};
pub use tag::Statuses;

/// Questions that may wait for a searching thread; those of one tenant take half of the places at most.
const PLACES: usize = 512;
/// Questions about fingerprints that may wait: each takes a hundred times as long.
const FINGER_PLACES: usize = 64;

/// The galleries of all tenants, and the threads that search them.
pub(crate) struct Galleries {
    scanner: Scanner,
    searcher: Searcher,
    dimensions: usize,
    populations: RwLock<HashMap<TenantId, Arc<Population>>>,
    /// Whose turn it is to read the next page while galleries load: readers take turns so that the store is read in
    /// order, while what was read is opened by all of them at once.
    turn: Semaphore,
    /// Whether the galleries there were at the start are loaded: what appears later is small.
    loaded: AtomicBool,
}

impl Galleries {
    /// For faces with so many dimensions; without a face engine none are put in.
    pub(crate) fn start(dimensions: usize, threads: usize) -> Result<Self, Error> {
        let failed = |e: std::io::Error| Error::Fault(format!("no searching thread: {e}"));
        let scanner = Scanner::start(threads, PLACES).map_err(failed)?;
        let searcher = Searcher::start(threads, FINGER_PLACES).map_err(failed)?;
        Ok(Self {
            scanner,
            searcher,
            dimensions,
            populations: RwLock::default(),
            turn: Semaphore::new(1),
            loaded: AtomicBool::new(false),
        })
    }

    /// The population of a tenant, made when it is new.
    pub(crate) fn of(&self, tenant: TenantId) -> Arc<Population> {
        if let Some(known) = self.populations.read().unwrap_or_else(PoisonError::into_inner).get(&tenant) {
            return Arc::clone(known);
        }
        let mut populations = self.populations.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(populations.entry(tenant).or_insert_with(|| Arc::new(Population::new(self.dimensions))))
    }

    /// Asks the searching threads, all questions in one pass.
    pub(crate) async fn ask(
        &self,
        population: &Population,
        questions: Vec<Question>,
    ) -> Result<Vec<Vec<Candidate>>, Error> {
        let asked = self.scanner.ask_together(population.gallery(), questions).map_err(|_| Error::Busy)?;
        let mut all = Vec::with_capacity(asked.len());
        for answer in asked {
            let found: Found = answer.await.map_err(|_| Error::Fault("a search came to nothing".into()))?;
            all.push(found.candidates);
        }
        Ok(all)
    }
}

impl Galleries {
    /// Asks the thread that searches fingerprints.
    pub(crate) async fn ask_fingers(
        &self,
        population: &Population,
        question: minutiae::gallery::Question,
    ) -> Result<Vec<minutiae::gallery::Candidate>, Error> {
        let (sender, answer) = oneshot::channel();
        let gallery = Arc::clone(population.fingers());
        self.searcher.ask(gallery, question, Waiting(sender)).map_err(|_| Error::Busy)?;
        answer.await.map_err(|_| Error::Fault("a search of fingerprints came to nothing".into()))
    }
}

/// A request that waits for a search of fingerprints.
struct Waiting(oneshot::Sender<Vec<minutiae::gallery::Candidate>>);

impl Asker for Waiting {
    fn is_waiting(&self) -> bool {
        !self.0.is_closed()
    }

    fn told(self: Box<Self>, found: Vec<minutiae::gallery::Candidate>) {
        let _ = self.0.send(found);
    }
}

/// A probe from a template.
pub(crate) fn probe(template: &engine::face::Template) -> Result<Probe, Error> {
    Probe::new(template.values()).ok_or_else(|| Error::Fault("a template has no direction".into()))
}
