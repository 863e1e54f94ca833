//! What is known of one tenant's enrolled faces, and how far it has followed the store.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{PersonId, SampleId};
use gallery::{Gallery, Held, Sample};
use minutiae::gallery::{Gallery as FingerGallery, Held as HeldPrints, Print};
use store::Sequence;

use super::follow::Templates;
use super::in_flight::InFlight;

/// One person, opened.
pub(super) struct Known {
    pub(super) person: PersonId,
    pub(super) tag: u32,
    pub(super) collections: Vec<u128>,
    /// Keys and templates; none for a person who is not to be found.
    pub(super) samples: Templates,
    /// Enrolled faces whose template of the model in force is still to be made.
    pub(super) missing: usize,
    /// Fingerprints, ready to be compared.
    pub(super) prints: Vec<Print>,
    /// Enrolled fingerprints whose template of the extractor in force is still to be made.
    pub(super) missing_prints: usize,
}

/// Which galleries a question or an enrolment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Modalities {
    pub(crate) face: bool,
    pub(crate) finger: bool,
}

impl Known {
    /// Somebody who is not to be found.
    pub(super) const fn gone(person: PersonId) -> Self {
        Self {
            person,
            tag: 0,
            collections: Vec::new(),
            samples: Vec::new(),
            missing: 0,
            prints: Vec::new(),
            missing_prints: 0,
        }
    }
}

/// How far a gallery is.
#[derive(Debug)]
pub(super) enum Progress {
    /// Loading: where the next page begins, how many readers are at work, and the position when it began.
    Loading { begun: Option<Sequence>, after: Option<PersonId>, at_end: bool, readers: usize },
    /// It holds all that was committed up to here.
    Following(Sequence),
}

/// A tenant's gallery.
pub(crate) struct Population {
    gallery: Arc<Gallery>,
    fingers: Arc<FingerGallery>,
    progress: Mutex<Progress>,
    /// Who lacks a template of a face, and of a fingerprint.
    lacking: Mutex<[HashSet<u128>; 2]>,
    pub(crate) in_flight: InFlight,
}

/// The key of a person in a gallery.
pub(crate) const fn subject(person: PersonId) -> u128 {
    u128::from_be_bytes(person.to_bytes())
}

/// The key of a sample among those of one person: its last eight bytes, which are random.
pub(crate) fn sample_key(sample: SampleId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = sample.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Population {
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            gallery: Arc::new(Gallery::new(dimensions)),
            fingers: Arc::default(),
            progress: Mutex::new(Progress::Loading { begun: None, after: None, at_end: false, readers: 0 }),
            lacking: Mutex::default(),
            in_flight: InFlight::default(),
        }
    }

    pub(crate) const fn gallery(&self) -> &Arc<Gallery> {
        &self.gallery
    }

    pub(crate) const fn fingers(&self) -> &Arc<FingerGallery> {
        &self.fingers
    }

    /// How many persons a question is asked of.
    pub(crate) fn size(&self, about: Modalities, collections: Option<&[u128]>) -> usize {
        let (fingers, both) = self.fingers.population(collections);
        let faces = self.gallery.population(collections);
        match (about.face, about.finger) {
            (true, true) => faces + fingers - both.min(faces),
            (true, false) => faces,
            (false, _) => fingers,
        }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The position up to which everything is held; none while it loads.
    pub(crate) fn position(&self) -> Option<Sequence> {
        match *self.progress() {
            Progress::Following(position) => Some(position),
            Progress::Loading { .. } => None,
        }
    }

    /// Whether templates of the models in force are still to be made.
    pub(crate) fn lacks_templates(&self, of: Modalities) -> bool {
        let lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        lacking.iter().zip([of.face, of.finger]).any(|(who, asked)| asked && !who.is_empty())
    }

    /// Takes in persons as they were at some position.
    pub(super) fn put(&self, known: &Known) {
        let mut samples: Vec<Sample<'_>> = Vec::with_capacity(known.samples.len());
        for (key, template) in &known.samples {
            samples.push(Sample { key: *key, vector: template.values(), discount: template.discount() });
        }
        let mut lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        for (lacking, missing) in lacking.iter_mut().zip([known.missing, known.missing_prints]) {
            if missing > 0 {
                lacking.insert(subject(known.person));
            } else if !lacking.is_empty() {
                lacking.remove(&subject(known.person));
            }
        }
        drop(lacking);
        let prints = HeldPrints {
            tag: known.tag,
            collections: &known.collections,
            prints: &known.prints,
            elsewhere: !known.samples.is_empty(),
        };
        self.fingers.put(subject(known.person), &prints);
        self.gallery.put(
            subject(known.person),
            &Held { tag: known.tag, collections: &known.collections, samples: &samples },
        );
    }

    /// Takes in what was committed from one position to another, unless somebody else has done so meanwhile.
    pub(super) fn advance(&self, from: Sequence, known: &[Known], to: Sequence) {
        let mut progress = self.progress();
        if matches!(*progress, Progress::Following(at) if at == from) {
            known.iter().for_each(|known| self.put(known));
            *progress = Progress::Following(to);
        }
    }

    /// Forgets everything, to be loaded anew.
    pub(super) fn reset(&self, from: Sequence) {
        let mut progress = self.progress();
        if matches!(*progress, Progress::Following(at) if at == from) {
            *progress = Progress::Loading { begun: None, after: None, at_end: false, readers: 0 };
            self.gallery.clear();
            self.fingers.clear();
            *self.lacking.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
        }
    }
}
