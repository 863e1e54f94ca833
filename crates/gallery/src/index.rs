//! Where a subject's templates are, and which slots are free.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;

/// Parts of the table, each behind a lock of its own: growing one moves few entries, and threads that fill the gallery
/// rarely meet.
const SHARDS: usize = 256;

/// The first slot of every subject. Subjects themselves stand in the slots: the table holds four bytes for each.
#[derive(Debug)]
pub(crate) struct Index {
    shards: Vec<Mutex<HashTable<u32>>>,
}

/// Spreads keys that may be numbered in order over all bits.
#[expect(clippy::cast_possible_truncation, reason = "folding 128 bits into 64")]
fn hash(subject: u128) -> u64 {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let mixed = (subject ^ (subject >> 64)).wrapping_mul(ODD);
    (mixed >> 64) as u64 ^ mixed as u64
}

/// A part of the table, locked.
pub(crate) struct Shard<'a> {
    table: MutexGuard<'a, HashTable<u32>>,
    hash: u64,
    subject: u128,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// The part that holds `subject`: nobody else changes that subject meanwhile.
    pub(crate) fn shard(&self, subject: u128) -> Shard<'_> {
        let hash = hash(subject);
        // The table itself uses the lowest and the highest bits.
        let at = (hash >> 32) as usize % SHARDS;
        Shard { table: self.shards[at].lock().unwrap_or_else(PoisonError::into_inner), hash, subject }
    }

    /// How many subjects there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Bytes of memory held.
    pub(crate) fn bytes(&self) -> usize {
        self.shards.iter().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).allocation_size()).sum()
    }
}

impl Shard<'_> {
    /// The subject's first slot; `subject_at` tells whose a slot is.
    pub(crate) fn first(&self, subject_at: impl Fn(u32) -> u128) -> Option<u32> {
        self.table.find(self.hash, |slot| subject_at(*slot) == self.subject).copied()
    }

    /// Makes `first` the subject's first slot, or forgets the subject, and answers what was its first slot before.
    pub(crate) fn set(&mut self, first: Option<u32>, subject_at: impl Fn(u32) -> u128) -> Option<u32> {
        let subject = self.subject;
        let known = self.table.find_entry(self.hash, |slot| subject_at(*slot) == subject);
        match (known, first) {
            (Ok(mut entry), Some(first)) => Some(std::mem::replace(entry.get_mut(), first)),
            (Ok(entry), None) => Some(entry.remove().0),
            (Err(_), Some(first)) => {
                self.table.insert_unique(self.hash, first, |slot| hash(subject_at(*slot)));
                None
            }
            (Err(_), None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_that_share_all_low_bits_are_told_apart() {
        let index = Index::new();
        let subjects: Vec<u128> = (0..1_000u128).map(|i| i << 64).collect();
        let at = |slot: u32| subjects[slot as usize];
        for slot in 0..1_000 {
            assert_eq!(index.shard(at(slot)).set(Some(slot), at), None);
        }
        assert_eq!(index.len(), 1_000);
        assert!((0..1_000).all(|slot| index.shard(at(slot)).first(at) == Some(slot)));
        assert_eq!(index.shard(at(7)).set(None, at), Some(7));
        assert_eq!(index.shard(at(7)).first(at), None);
    }
}
