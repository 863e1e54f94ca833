//! All impressions of one population: put in, taken out and searched while others do the same.

mod entry;
mod search;
mod searcher;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use entry::Entry;

pub use entry::{Held, Print};
pub use search::{Accepts, Candidate, Question};
pub use searcher::{Asker, Full, Searcher};

/// Where subjects are: a subject keeps its slot for as long as it is held, so that a search passes it once.
#[derive(Debug, Default)]
struct Slots {
    entries: Vec<Option<Arc<Entry>>>,
    of_subject: HashMap<u128, usize>,
    free: Vec<usize>,
    prints: usize,
    elsewhere: usize,
}

impl Slots {
    /// Counts an entry in, or out.
    fn count(&mut self, entry: &Entry, comes: bool) {
        let change = |count: &mut usize, by: usize| *count = if comes { *count + by } else { *count - by };
        change(&mut self.prints, entry.prints.len());
        change(&mut self.elsewhere, usize::from(entry.elsewhere));
    }
}

/// An index of impressions under opaque keys.
///
/// A subject is one candidate however many impressions it has. All methods may be called from any thread at any time; a search
/// sees every `put` that returned before it began.
#[derive(Debug, Default)]
pub struct Gallery {
    slots: RwLock<Slots>,
}

/// How much a gallery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Subjects with at least one impression.
    pub subjects: usize,
    /// Impressions.
    pub prints: usize,
}

impl Gallery {
    fn read(&self) -> RwLockReadGuard<'_, Slots> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, subject: u128) -> Option<Arc<Entry>> {
        let slots = self.read();
        slots.entries.get(*slots.of_subject.get(&subject)?)?.clone()
    }

    /// Replaces all that is held of `subject`.
    pub fn put(&self, subject: u128, held: &Held<'_>) {
        if held.prints.is_empty() {
            if self.entry(subject).is_some() {
                self.remove(subject);
            }
            return;
        }
        let entry = Entry::new(subject, held);
        let mut slots = self.write();
        let slot = match slots.of_subject.get(&subject) {
            Some(slot) => *slot,
            None => {
                let slot = slots.free.pop().unwrap_or(slots.entries.len());
                if slot == slots.entries.len() {
                    slots.entries.push(None);
                }
                slots.of_subject.insert(subject, slot);
                slot
            }
        };
        slots.count(&entry, true);
        if let Some(before) = slots.entries[slot].replace(Arc::new(entry)) {
            slots.count(&before, false);
        }
    }

    /// Forgets a subject.
    pub fn remove(&self, subject: u128) {
        let mut slots = self.write();
        if let Some(slot) = slots.of_subject.remove(&subject) {
            if let Some(before) = slots.entries[slot].take() {
                slots.count(&before, false);
            }
            slots.free.push(slot);
        }
    }

    /// Forgets everybody.
    pub fn clear(&self) {
        *self.write() = Slots::default();
    }

    /// All subjects, in no order.
    #[must_use]
    pub fn subjects(&self) -> Vec<u128> {
        self.read().of_subject.keys().copied().collect()
    }

    /// The keys of a subject's impressions.
    #[must_use]
    pub fn held(&self, subject: u128) -> Option<Vec<u64>> {
        self.entry(subject).map(|entry| entry.prints.iter().map(|p| p.key).collect())
    }

    /// How many subjects a question is asked of, and how many of them are held elsewhere too.
    #[must_use]
    pub fn population(&self, collections: Option<&[u128]>) -> (usize, usize) {
        let slots = self.read();
        let Some(wanted) = collections else { return (slots.of_subject.len(), slots.elsewhere) };
        let members = slots.entries.iter().flatten().filter(|e| e.is_in(wanted));
        members.fold((0, 0), |(all, elsewhere), e| (all + 1, elsewhere + usize::from(e.elsewhere)))
    }

    /// How much is held.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let slots = self.read();
        Usage { subjects: slots.of_subject.len(), prints: slots.prints }
    }

    /// Compares a question with one subject, whatever its threshold.
    #[must_use]
    pub fn compare(&self, question: &Question, subject: u128) -> Option<Candidate> {
        self.entry(subject)?.compare(question, &mut crate::Scratch::default())
    }
}

#[cfg(test)]
mod tests;
