//! What a batch comes to: the last state of every row it touches.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ::store::{
    Changes, CollectionChange, CollectionRow, EventRow, IdempotencyRow, PairChange, PairRow, PersonChange,
    PersonRow, Remade, SampleRow, SealedChange, SealedRow, Sequence, Slot, TokenChange, TokenRow,
};
use domain::{CollectionId, DuplicateId, PersonId, SampleId, Time, TokenId};

use super::ledger::{Known, Ledger, enrolled_by};

/// A row with the commit that writes it.
pub(super) type At<'a, T> = (&'a T, Sequence);

/// What galleries are told of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mark {
    pub(super) sequence: Sequence,
    /// The commit that enrolled a face; none leaves what was noted.
    pub(super) enrolled: Option<Sequence>,
    pub(super) erased: bool,
}

/// A person at the end of a batch.
pub(super) struct Put<'a> {
    pub(super) row: &'a PersonRow,
    pub(super) sequence: Sequence,
    pub(super) terms: Vec<u8>,
}

/// The last state of every row, by kind.
#[derive(Default)]
pub(super) struct Plan<'a> {
    /// The latest moment of any change.
    pub(super) now: Option<Time>,
    /// Persons as they were, and as they are; none is not (any more) there.
    pub(super) persons: HashMap<PersonId, (Option<Known>, Option<Put<'a>>)>,
    pub(super) erased: BTreeSet<PersonId>,
    pub(super) samples: BTreeMap<(PersonId, SampleId), At<'a, SampleRow>>,
    pub(super) removed: BTreeSet<(PersonId, SampleId)>,
    pub(super) remade: BTreeMap<(PersonId, SampleId, bool), &'a Remade>,
    pub(super) events: Vec<At<'a, EventRow>>,
    pub(super) answers: Vec<&'a IdempotencyRow>,
    /// Collections; none goes.
    pub(super) collections: BTreeMap<CollectionId, Option<&'a CollectionRow>>,
    pub(super) new_pairs: Vec<&'a PairRow>,
    pub(super) pairs: BTreeMap<DuplicateId, (u64, &'a PairRow)>,
    pub(super) tokens: Vec<&'a TokenRow>,
    /// Tokens that stop working: since when, and the sealed name that says so.
    pub(super) revoked: BTreeMap<TokenId, (Time, &'a [u8])>,
    /// Sealed records; none goes.
    pub(super) sealed: BTreeMap<[u8; 16], Option<&'a SealedRow>>,
    /// The latest sealed mark, and its moment.
    pub(super) mark: Option<(Time, &'a [u8])>,
    pub(super) marks: BTreeMap<PersonId, Mark>,
    pub(super) inserted: i64,
    /// Samples whose image was written before it was known that they would not be.
    unwanted: BTreeSet<(PersonId, SampleId)>,
}

impl<'a> Plan<'a> {
    /// Takes in a change that `ledger` has just admitted; `before` knows the persons it touches as they were.
    pub(super) fn take(
        &mut self,
        changes: &'a Changes,
        sequence: Sequence,
        before: &HashMap<PersonId, Known>,
        ledger: &Ledger,
    ) {
        self.now = self.now.max(Some(changes.now));
        self.answers.extend(&changes.idempotency);
        changes.collections.iter().for_each(|change| self.collection(change));
        for change in &changes.persons {
            self.person(change, sequence, before, ledger);
        }
        for row in &changes.samples {
            self.samples.insert((row.head.person, row.head.id), (row, sequence));
        }
        for key in &changes.removed_samples {
            self.remove_sample(*key);
            self.touch(key.0, sequence);
        }
        for remade in &changes.remade {
            self.remade.insert((remade.person, remade.sample, remade.slot == Slot::First), remade);
            self.touch(remade.person, sequence);
        }
        for person in enrolled_by(changes) {
            self.marks.insert(person, Mark { sequence, enrolled: Some(sequence), erased: false });
        }
        self.events.extend(changes.events.iter().map(|row| (row, sequence)));
        for change in &changes.pairs {
            match change {
                PairChange::Insert(row) => {
                    // One of the two may have been erased meanwhile: then there is nothing to review.
                    if row.persons.iter().all(|person| ledger.person(*person).is_some()) {
                        self.new_pairs.push(row);
                    }
                }
                PairChange::Update { row, expected } => {
                    let base = self.pairs.get(&row.id).map_or(*expected, |(base, _)| *base);
                    self.pairs.insert(row.id, (base, row));
                }
            }
        }
        for change in &changes.tokens {
            match change {
                TokenChange::Insert(row) => self.tokens.push(row),
                TokenChange::Revoke { id, sealed_name } => {
                    self.revoked.insert(*id, (changes.now, sealed_name));
                }
            }
        }
        for change in &changes.sealed {
            match change {
                SealedChange::Insert(row) | SealedChange::Update { row, .. } | SealedChange::Put(row) => {
                    self.sealed.insert(row.key, Some(row));
                }
                SealedChange::Remove(key) => drop(self.sealed.insert(*key, None)),
            }
        }
        if let Some(mark) = &changes.mark
            && self.mark.is_none_or(|(at, _)| at <= changes.now)
        {
            self.mark = Some((changes.now, mark));
        }
    }

    /// Remembers that the images of a refused change are not wanted.
    pub(super) fn refuse(&mut self, changes: &Changes) {
        self.unwanted.extend(changes.samples.iter().map(|s| (s.head.person, s.head.id)));
    }

    /// Images that were written and are not wanted.
    pub(super) fn unwanted(&self) -> Vec<(PersonId, SampleId)> {
        self.unwanted.iter().filter(|key| !self.samples.contains_key(key)).copied().collect()
    }

    fn collection(&mut self, change: &'a CollectionChange) {
        match change {
            CollectionChange::Insert(row) | CollectionChange::Update { row, .. } => {
                self.collections.insert(row.id, Some(row));
            }
            CollectionChange::Remove(id) => drop(self.collections.insert(*id, None)),
        }
    }

    fn person(
        &mut self,
        change: &'a PersonChange,
        sequence: Sequence,
        before: &HashMap<PersonId, Known>,
        ledger: &Ledger,
    ) {
        let (id, row) = match change {
            PersonChange::Insert { row, .. } | PersonChange::Update { row, .. } => (row.id, Some(row)),
            PersonChange::Erase { id, .. } => (*id, None),
        };
        let put = row.map(|row| {
            let terms = ledger.person(id).map(|known| known.terms.clone()).unwrap_or_default();
            Put { row, sequence, terms }
        });
        let base = match self.persons.remove(&id) {
            Some((base, _)) => base,
            None => before.get(&id).cloned(),
        };
        self.persons.insert(id, (base, put));
        match change {
            PersonChange::Insert { .. } => self.inserted += 1,
            PersonChange::Update { .. } => self.touch(id, sequence),
            PersonChange::Erase { .. } => self.erase(id, sequence),
        }
    }

    fn erase(&mut self, id: PersonId, sequence: Sequence) {
        self.inserted -= 1;
        self.erased.insert(id);
        let gone: Vec<_> = self.samples.keys().filter(|(person, _)| *person == id).copied().collect();
        gone.into_iter().for_each(|key| self.remove_sample(key));
        self.events.retain(|(row, _)| row.person != id);
        self.new_pairs.retain(|row| !row.persons.contains(&id));
        self.pairs.retain(|_, (_, row)| !row.persons.contains(&id));
        let enrolled = self.marks.get(&id).and_then(|mark| mark.enrolled);
        self.marks.insert(id, Mark { sequence, enrolled, erased: true });
    }

    fn remove_sample(&mut self, key: (PersonId, SampleId)) {
        self.samples.remove(&key);
        self.removed.insert(key);
        self.unwanted.insert(key);
    }

    /// Something about a person may matter to searches.
    fn touch(&mut self, person: PersonId, sequence: Sequence) {
        self.marks.entry(person).or_default().sequence = sequence;
    }

    /// Blind indexes that go, and that come: field, hash, whose.
    pub(super) fn terms(&self) -> (Vec<Term>, Vec<Term>) {
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        for (id, (base, put)) in &self.persons {
            let before = base.as_ref().map_or(&[][..], |known| &known.terms);
            let after = put.as_ref().map_or(&[][..], |put| &put.terms);
            if before == after {
                continue;
            }
            let [was, is] =
                [before, after].map(|terms| crate::columns::each_term(terms).collect::<HashSet<_>>());
            gone.extend(was.difference(&is).map(|(field, hash)| (*field, *hash, *id)));
            new.extend(is.difference(&was).map(|(field, hash)| (*field, *hash, *id)));
        }
        // In the order of the index, so that its pages are touched one after the other.
        new.sort_unstable();
        (gone, new)
    }
}

/// A row of the blind index.
pub(super) type Term = (u8, [u8; 16], PersonId);
