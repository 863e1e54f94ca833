//! All templates of one population: put in, taken out and compared while others search.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use roaring::RoaringBitmap;

use crate::block::{Block, CAPACITY, Label, NONE};
use crate::code::Coded;
use crate::index::Index;
use crate::kernel::Kernel;
use crate::nearest::Candidate;
use crate::probe::{Probe, padded};
use crate::watch::Watch;

/// A block that many read and few write. A reader holds it for the time of one block: some twenty microseconds.
pub(crate) type Shared = Arc<RwLock<Block>>;

/// One template of a subject.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Tells the subject's templates apart; all but the highest number.
    pub key: u64,
    /// Its components; brought to length one.
    pub vector: &'a [f32],
    /// What is taken off each of its cosines, because it is known less well than others: 0 or more.
    pub discount: f32,
}

/// Key of the mean of a subject's templates, which is held beside them where there are several: their noise averages
/// out, so it is often nearer to a new image than any of them.
const MEAN: u64 = u64::MAX;

/// What is held of a subject.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held<'a> {
    /// The owner's word; a question may filter by it.
    pub tag: u32,
    /// Collections the subject is in.
    pub collections: &'a [u128],
    /// Its templates.
    pub samples: &'a [Sample<'a>],
}

/// A template on its way in.
struct Unit {
    key: u64,
    probe: Probe,
    discount: f32,
}

/// How much a gallery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Subjects with at least one template.
    pub subjects: usize,
    /// Templates, and means of several.
    pub vectors: usize,
    /// Bytes of memory.
    pub bytes: usize,
}

/// Slots that can be filled.
#[derive(Debug, Default)]
struct Free {
    slots: Vec<u32>,
    filled: usize,
}

/// The members of one collection.
#[derive(Debug, Default)]
struct Members {
    slots: RoaringBitmap,
    subjects: usize,
}

/// Who is in which collection.
#[derive(Debug, Default)]
struct Collections {
    slots: HashMap<u128, Members>,
    of_subject: HashMap<u128, Box<[u128]>>,
}

/// An index of vectors of length one under opaque keys.
///
/// A subject is one candidate however many templates it has. All methods may be called from any thread at any time;
/// a search sees every `put` and `remove` that returned before it began.
#[derive(Debug)]
pub struct Gallery {
    dimensions: usize,
    pub(crate) kernel: Kernel,
    blocks: RwLock<Vec<Shared>>,
    index: Index,
    free: Mutex<Free>,
    collections: RwLock<Collections>,
    pub(crate) watch: Watch,
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

impl Gallery {
    /// An empty gallery of vectors with so many components.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Self::with_kernel(dimensions, Kernel::best())
    }

    /// As [`Self::new`], with given instructions.
    #[must_use]
    pub fn with_kernel(dimensions: usize, kernel: Kernel) -> Self {
        Self {
            dimensions,
            kernel,
            blocks: RwLock::default(),
            index: Index::new(),
            free: Mutex::default(),
            collections: RwLock::default(),
            watch: Watch::default(),
        }
    }

    /// Replaces all that is held of `subject`. A vector that is not of this gallery's length, or has none, is left out, and
    /// one whose key is held already is taken to be the same.
    ///
    /// A search under way finds the subject by what was held before or by what is held now.
    pub fn put(&self, subject: u128, held: &Held<'_>) {
        let mut units = self.units(held.samples);
        let _change = self.watch.change(subject);
        let mut shard = self.index.shard(subject);
        let old = self.chain(shard.first(|slot| self.label(slot).subject));
        let unchanged =
            old.len() == units.len() && old.iter().all(|(_, key)| units.iter().any(|unit| unit.key == *key));
        // The mean is another one as soon as any of the others is.
        let stays =
            |key: u64, units: &[Unit]| (unchanged || key != MEAN) && units.iter().any(|u| u.key == key);
        let (mut slots, spare): (Vec<_>, Vec<_>) =
            old.iter().copied().partition(|(_, key)| stays(*key, &units));
        units.retain(|unit| slots.iter().all(|(_, kept)| *kept != unit.key));
        let mut spare: Vec<u32> = spare.into_iter().map(|(slot, _)| slot).collect();
        for Unit { key, probe, discount } in units {
            let coded = Coded { discount, ..Coded::of(&probe.values()[..self.dimensions]) };
            let slot = spare.pop().unwrap_or_else(|| self.take_slot());
            self.fill(slot, &coded, Label { subject, sample: key, tag: held.tag, next: NONE });
            slots.push((slot, key));
        }
        let nexts = slots.iter().skip(1).map(|(slot, _)| *slot).chain([NONE]);
        for ((slot, key), next) in slots.iter().zip(nexts) {
            self.relabel(*slot, Label { subject, sample: *key, tag: held.tag, next });
        }
        shard.set(slots.first().map(|(slot, _)| *slot), |slot| self.label(slot).subject);
        let slots: Vec<u32> = slots.into_iter().map(|(slot, _)| slot).collect();
        let old: Vec<u32> = old.into_iter().map(|(slot, _)| slot).collect();
        self.set_collections(subject, &old, if slots.is_empty() { &[] } else { held.collections }, &slots);
        for slot in spare {
            self.give_slot(slot);
        }
    }

    /// All usable samples, and their mean where there are several.
    fn units(&self, samples: &[Sample<'_>]) -> Vec<Unit> {
        let usable = samples.iter().filter(|s| s.vector.len() == self.dimensions);
        let unit = |s: &Sample<'_>| {
            Probe::new(s.vector).map(|probe| Unit { key: s.key, probe, discount: s.discount.max(0.0) })
        };
        let mut units: Vec<Unit> = usable.filter_map(unit).collect();
        if units.len() > 1 {
            let mut sum = vec![0.0f32; self.dimensions];
            units.iter().for_each(|u| sum.iter_mut().zip(u.probe.values()).for_each(|(s, v)| *s += v));
            // It is known no better than the one that is known least.
            let discount = units.iter().map(|unit| unit.discount).fold(0.0, f32::max);
            units.extend(Probe::new(&sum).map(|probe| Unit { key: MEAN, probe, discount }));
        }
        units
    }

    /// Forgets a subject.
    pub fn remove(&self, subject: u128) {
        self.put(subject, &Held::default());
    }

    /// Forgets everybody.
    pub fn clear(&self) {
        for subject in self.subjects() {
            self.remove(subject);
        }
    }

    /// All subjects with at least one template, in no order.
    #[must_use]
    pub fn subjects(&self) -> Vec<u128> {
        let mut subjects = Vec::new();
        for block in self.blocks() {
            let block = read(&block);
            let labels = (0..block.slots()).map(|slot| block.label(slot));
            // The last template of a chain stands for its subject.
            subjects.extend(labels.filter(|l| l.subject != 0 && l.next == NONE).map(|l| l.subject));
        }
        subjects
    }

    /// What is held of a subject: its tag and the keys of its templates.
    #[must_use]
    pub fn held(&self, subject: u128) -> Option<(u32, Vec<u64>)> {
        let shard = self.index.shard(subject);
        let slots = self.chain(shard.first(|slot| self.label(slot).subject));
        let tag = self.label(slots.first()?.0).tag;
        Some((tag, slots.into_iter().map(|(_, key)| key).filter(|key| *key != MEAN).collect()))
    }

    /// Compares a probe with one subject.
    #[must_use]
    pub fn compare(&self, probe: &Probe, subject: u128) -> Option<Candidate> {
        let shard = self.index.shard(subject);
        let slots = self.chain(shard.first(|slot| self.label(slot).subject));
        let (mut best, mut fused): (Option<(f32, u64)>, Option<f32>) = (None, None);
        let mut templates = 0;
        for (slot, key) in slots {
            let (block, at) = self.find(slot);
            let score = read(&block).score(at, probe);
            if key == MEAN {
                fused = Some(score);
                continue;
            }
            templates += 1;
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, key));
            }
        }
        let (best, sample) = best?;
        Some(Candidate { subject, sample, best, fused: fused.unwrap_or(best), templates })
    }

    /// How many subjects a question is asked of; one who is in several of the collections counts for each.
    #[must_use]
    pub fn population(&self, collections: Option<&[u128]>) -> usize {
        match collections {
            None => self.index.len(),
            Some(wanted) => {
                let all = read(&self.collections);
                wanted.iter().filter_map(|c| all.slots.get(c)).map(|members| members.subjects).sum()
            }
        }
    }

    /// Whether a subject is in at least one of `wanted`.
    pub(crate) fn is_member(&self, subject: u128, wanted: &[u128]) -> bool {
        read(&self.collections).of_subject.get(&subject).is_some_and(|c| c.iter().any(|c| wanted.contains(c)))
    }

    /// How much is held.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let blocks: usize = self.blocks().iter().map(|b| read(b).bytes() + size_of::<RwLock<Block>>()).sum();
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (vectors, listed) = (free.filled, 4 * free.slots.capacity());
        drop(free);
        let collections = read(&self.collections);
        let slots: usize = collections.slots.values().map(|m| m.slots.serialized_size()).sum();
        let lists: usize = collections.of_subject.values().map(|c| 48 + 16 * c.len()).sum();
        let bytes = blocks + listed + slots + lists + self.index.bytes();
        Usage { subjects: self.index.len(), vectors, bytes }
    }

    pub(crate) fn blocks(&self) -> Vec<Shared> {
        read(&self.blocks).clone()
    }

    /// The slots of all who are in at least one of `wanted`.
    pub(crate) fn members(&self, wanted: &[u128]) -> RoaringBitmap {
        let collections = read(&self.collections);
        let found = wanted.iter().filter_map(|c| collections.slots.get(c));
        found.fold(RoaringBitmap::new(), |all, members| all | &members.slots)
    }

    fn find(&self, slot: u32) -> (Shared, usize) {
        let slot = slot as usize;
        (Arc::clone(&read(&self.blocks)[slot / CAPACITY]), slot % CAPACITY)
    }

    fn label(&self, slot: u32) -> Label {
        let (block, at) = self.find(slot);
        read(&block).label(at)
    }

    fn fill(&self, slot: u32, coded: &Coded, label: Label) {
        let (block, at) = self.find(slot);
        block.write().unwrap_or_else(PoisonError::into_inner).fill(at, coded, label);
    }

    fn relabel(&self, slot: u32, label: Label) {
        let (block, at) = self.find(slot);
        block.write().unwrap_or_else(PoisonError::into_inner).set_label(at, label);
    }

    /// The slots of a subject with their keys.
    fn chain(&self, first: Option<u32>) -> Vec<(u32, u64)> {
        let mut slots = Vec::new();
        let mut at = first;
        while let Some(slot) = at {
            let label = self.label(slot);
            slots.push((slot, label.sample));
            at = Some(label.next).filter(|next| *next != NONE);
        }
        slots
    }

    fn take_slot(&self) -> u32 {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.filled += 1;
        if let Some(slot) = free.slots.pop() {
            return slot;
        }
        let grown = self.grow();
        free.slots.extend(grown.clone().skip(1).rev());
        grown.start
    }

    /// Adds empty slots to the last block, or a block.
    fn grow(&self) -> std::ops::Range<u32> {
        let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        loop {
            let last = blocks.len().saturating_sub(1);
            if let Some(block) = blocks.last() {
                let mut block = block.write().unwrap_or_else(PoisonError::into_inner);
                let from = block.slots();
                if block.grow() {
                    let number = |at: usize| u32::try_from(last * CAPACITY + at).unwrap_or(NONE);
                    return number(from)..number(block.slots());
                }
            }
            blocks.push(Arc::new(RwLock::new(Block::new(padded(self.dimensions)))));
        }
    }

    fn give_slot(&self, slot: u32) {
        let (block, at) = self.find(slot);
        block.write().unwrap_or_else(PoisonError::into_inner).clear(at);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.filled -= 1;
        free.slots.push(slot);
    }

    fn set_collections(&self, subject: u128, old: &[u32], collections: &[u128], new: &[u32]) {
        if collections.is_empty() && !read(&self.collections).of_subject.contains_key(&subject) {
            return;
        }
        let mut all = self.collections.write().unwrap_or_else(PoisonError::into_inner);
        for collection in all.of_subject.remove(&subject).iter().flatten() {
            if let Some(members) = all.slots.get_mut(collection) {
                for slot in old {
                    members.slots.remove(*slot);
                }
                members.subjects -= 1;
                if members.subjects == 0 {
                    all.slots.remove(collection);
                }
            }
        }
        for collection in collections {
            let members = all.slots.entry(*collection).or_default();
            members.slots.extend(new);
            members.subjects += 1;
        }
        if !collections.is_empty() {
            all.of_subject.insert(subject, collections.into());
        }
    }
}
