//! What must be known of a tenant to decide a batch of changes: read under its lock, and kept up as one change after the
//! other is admitted.

use std::collections::{HashMap, HashSet};

use ::store::{
    Changes, CollectionChange, Conflict, IndexEntry, IndexField, PairChange, PersonChange, SealedChange,
    Sequence, TokenChange,
};
use domain::{CollectionId, DuplicateId, PersonId, Time, TokenId};

use super::tracked::Tracked;
use crate::columns::{each_term, terms};

/// Most strangers a conflict names: beyond it the caller compares with these and comes again.
pub(super) const MOST: usize = 10_000;

/// A person as the ledger knows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) version: u64,
    pub(super) terms: Vec<u8>,
}

/// A pair as the ledger knows it.
#[derive(Clone, Debug)]
pub(super) struct KnownPair {
    pub(super) version: u64,
    pub(super) persons: [PersonId; 2],
}

/// What was read.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) sequence: Sequence,
    pub(super) persons: HashMap<PersonId, Known>,
    /// Whose external identifiers are.
    pub(super) external: HashMap<[u8; 16], PersonId>,
    /// Idempotency keys, and until when each is kept.
    pub(super) keys: HashMap<[u8; 16], Time>,
    pub(super) collections: HashMap<CollectionId, u64>,
    pub(super) names: HashMap<[u8; 16], CollectionId>,
    /// How many are in a collection; more than a batch can take out count as so many.
    pub(super) members: HashMap<CollectionId, i64>,
    pub(super) pairs: HashMap<DuplicateId, KnownPair>,
    /// Tokens that are not revoked.
    pub(super) tokens: HashSet<TokenId>,
    /// Sealed records: their versions, and when they may be forgotten.
    pub(super) sealed: HashMap<[u8; 16], (u64, Option<Time>)>,
    /// Who was enrolled, and by which commit, in that order.
    pub(super) enrolled: Vec<(Sequence, PersonId)>,
    /// Up to where enrolments were read, where there are more.
    pub(super) cut: Option<Sequence>,
}

/// What is known, change by change.
pub(super) struct Ledger {
    pub(super) sequence: Sequence,
    persons: Tracked<PersonId, Known>,
    external: Tracked<[u8; 16], PersonId>,
    keys: Tracked<[u8; 16], Time>,
    collections: Tracked<CollectionId, u64>,
    names: Tracked<[u8; 16], CollectionId>,
    members: Tracked<CollectionId, i64>,
    pairs: Tracked<DuplicateId, KnownPair>,
    tokens: Tracked<TokenId, ()>,
    sealed: Tracked<[u8; 16], (u64, Option<Time>)>,
    enrolled: Vec<(Sequence, PersonId)>,
    cut: Option<Sequence>,
}

impl Ledger {
    pub(super) fn new(seen: Seen) -> Self {
        Self {
            sequence: seen.sequence,
            persons: Tracked::new(seen.persons),
            external: Tracked::new(seen.external),
            keys: Tracked::new(seen.keys),
            collections: Tracked::new(seen.collections),
            names: Tracked::new(seen.names),
            members: Tracked::new(seen.members),
            pairs: Tracked::new(seen.pairs),
            tokens: Tracked::new(seen.tokens.into_iter().map(|t| (t, ())).collect()),
            sealed: Tracked::new(seen.sealed),
            enrolled: seen.enrolled,
            cut: seen.cut,
        }
    }

    /// A person as it is now.
    pub(super) fn person(&self, id: PersonId) -> Option<&Known> {
        self.persons.get(id)
    }

    /// Admits a change, which gets the next place in the sequence, or says why not and stays as it was.
    pub(super) fn admit(&mut self, changes: &Changes) -> Result<Sequence, Conflict> {
        match self.try_admit(changes) {
            Ok(()) => {
                self.sequence += 1;
                let sequence = self.sequence;
                self.enrolled.extend(enrolled_by(changes).map(|person| (sequence, person)));
                self.each(Half::Keep);
                Ok(sequence)
            }
            Err(conflict) => {
                self.each(Half::TakeBack);
                Err(conflict)
            }
        }
    }

    fn each(&mut self, half: Half) {
        macro_rules! all {
            ($($map:ident),+) => {
                match half {
                    Half::Keep => { $(self.$map.keep();)+ }
                    Half::TakeBack => { $(self.$map.take_back();)+ }
                }
            };
        }
        all!(persons, external, keys, collections, names, members, pairs, tokens, sealed);
    }

    fn try_admit(&mut self, changes: &Changes) -> Result<(), Conflict> {
        // First, so that a repetition is told so whatever else it would meet.
        if let Some(row) = &changes.idempotency {
            if self.keys.get(row.key).is_some_and(|expires| *expires > changes.now) {
                return Err(Conflict::IdempotencyKeyUsed);
            }
            self.keys.set(row.key, row.expires_at);
        }
        if let Some(searched) = changes.searched_up_to {
            self.check_enrolments(searched, &changes.compared_with)?;
        }
        changes.collections.iter().try_for_each(|change| self.collection(change))?;
        changes.persons.iter().try_for_each(|change| self.change_person(change))?;
        changes.pairs.iter().try_for_each(|change| self.pair(change))?;
        changes.sealed.iter().try_for_each(|change| self.change_sealed(change, changes.now))?;
        changes.tokens.iter().try_for_each(|change| self.token(change))
    }

    fn change_sealed(&mut self, change: &SealedChange, now: Time) -> Result<(), Conflict> {
        match change {
            SealedChange::Insert(row) => {
                let known = self.sealed.get(row.key);
                if known.is_some_and(|(_, expires)| expires.is_none_or(|end| end > now)) {
                    return Err(Conflict::Sealed(row.key));
                }
                self.sealed.set(row.key, (row.version, row.expires_at));
            }
            SealedChange::Update { row, expected } => {
                if self.sealed.get(row.key).map(|(version, _)| version) != Some(expected) {
                    return Err(Conflict::Sealed(row.key));
                }
                self.sealed.set(row.key, (row.version, row.expires_at));
            }
            SealedChange::Put(row) => self.sealed.set(row.key, (row.version, row.expires_at)),
            SealedChange::Remove(key) => self.sealed.remove(*key),
        }
        Ok(())
    }

    /// Refuses an enrolment when others were enrolled after the position up to which the gallery was searched, except for
    /// those it was compared with all the same.
    fn check_enrolments(&self, searched: Sequence, compared: &[PersonId]) -> Result<(), Conflict> {
        let compared: HashSet<&PersonId> = compared.iter().collect();
        let from = self.enrolled.partition_point(|(sequence, _)| *sequence <= searched);
        if let Some(read) = self.cut {
            // What lies beyond was not read: the caller goes up to there first, and comes again.
            let here = self.enrolled[from..].iter().take_while(|(sequence, _)| *sequence <= read);
            let persons = here.map(|(_, person)| *person).filter(|p| !compared.contains(p)).collect();
            return Err(Conflict::Enrolled { persons, up_to: read.max(searched) });
        }
        let (mut persons, mut up_to, mut last) = (Vec::new(), self.sequence, searched);
        for (enrolled, person) in &self.enrolled[from..] {
            // Never in the middle of one commit: then the caller would not get beyond it.
            if persons.len() >= MOST && *enrolled > last {
                up_to = last;
                break;
            }
            last = *enrolled;
            if !compared.contains(person) {
                persons.push(*person);
            }
        }
        if persons.is_empty() { Ok(()) } else { Err(Conflict::Enrolled { persons, up_to }) }
    }

    fn collection(&mut self, change: &CollectionChange) -> Result<(), Conflict> {
        match change {
            CollectionChange::Insert(row) => {
                self.take_name(row.name, row.id)?;
                self.collections.set(row.id, row.version);
                self.members.set(row.id, 0);
            }
            CollectionChange::Update { row, expected } => {
                if self.collections.get(row.id) != Some(expected) {
                    return Err(Conflict::Collection(row.id));
                }
                for name in self.names.keys_where(|id| *id == row.id) {
                    self.names.remove(name);
                }
                self.take_name(row.name, row.id)?;
                self.collections.set(row.id, row.version);
            }
            CollectionChange::Remove(id) => {
                if self.members.get(*id).is_some_and(|members| *members > 0) {
                    return Err(Conflict::CollectionNotEmpty);
                }
                if self.collections.get(*id).is_none() {
                    return Err(Conflict::Collection(*id));
                }
                self.collections.remove(*id);
                for name in self.names.keys_where(|of| of == id) {
                    self.names.remove(name);
                }
            }
        }
        Ok(())
    }

    fn take_name(&mut self, name: [u8; 16], id: CollectionId) -> Result<(), Conflict> {
        if self.names.get(name).is_some_and(|other| *other != id) {
            return Err(Conflict::CollectionNameTaken);
        }
        self.names.set(name, id);
        Ok(())
    }

    fn change_person(&mut self, change: &PersonChange) -> Result<(), Conflict> {
        match change {
            PersonChange::Insert { row, index } => {
                if self.persons.get(row.id).is_some() {
                    return Err(Conflict::Version(row.id));
                }
                self.add_terms(row.id, index)?;
                self.persons.set(row.id, Known { version: row.version, terms: terms(index) });
            }
            PersonChange::Update { row, expected, index } => {
                let known = self.expect(row.id, *expected)?;
                let terms = match index {
                    Some(index) => {
                        self.remove_terms(&known.terms);
                        self.add_terms(row.id, index)?;
                        terms(index)
                    }
                    None => known.terms,
                };
                self.persons.set(row.id, Known { version: row.version, terms });
            }
            PersonChange::Erase { id, expected } => {
                let known = self.expect(*id, *expected)?;
                self.remove_terms(&known.terms);
                self.persons.remove(*id);
                for pair in self.pairs.keys_where(|pair| pair.persons.contains(id)) {
                    self.pairs.remove(pair);
                }
            }
        }
        Ok(())
    }

    fn expect(&self, id: PersonId, expected: u64) -> Result<Known, Conflict> {
        let known = self.persons.get(id).ok_or(Conflict::Gone(id))?;
        if known.version == expected { Ok(known.clone()) } else { Err(Conflict::Version(id)) }
    }

    fn add_terms(&mut self, person: PersonId, index: &[IndexEntry]) -> Result<(), Conflict> {
        for entry in index {
            match entry.field {
                IndexField::ExternalId => {
                    if self.external.get(entry.hash).is_some() {
                        return Err(Conflict::ExternalIdTaken);
                    }
                    self.external.set(entry.hash, person);
                }
                IndexField::Collection => {
                    let id = CollectionId::from_bytes(entry.hash);
                    if self.collections.get(id).is_none() {
                        return Err(Conflict::Collection(id));
                    }
                    self.count_member(id, 1);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn remove_terms(&mut self, terms: &[u8]) {
        for (field, hash) in each_term(terms) {
            if field == IndexField::ExternalId as u8 {
                self.external.remove(hash);
            } else if field == IndexField::Collection as u8 {
                self.count_member(CollectionId::from_bytes(hash), -1);
            }
        }
    }

    /// Counts only where somebody asks.
    fn count_member(&mut self, id: CollectionId, more: i64) {
        if let Some(members) = self.members.get(id).copied() {
            self.members.set(id, members + more);
        }
    }

    fn pair(&mut self, change: &PairChange) -> Result<(), Conflict> {
        // A new pair is known as one or not: either way it is no obstacle.
        let PairChange::Update { row, expected } = change else { return Ok(()) };
        match self.pairs.get(row.id) {
            Some(known) if known.version == *expected => {
                let persons = known.persons;
                self.pairs.set(row.id, KnownPair { version: row.version, persons });
                Ok(())
            }
            _ => Err(Conflict::Pair(row.id)),
        }
    }

    fn token(&mut self, change: &TokenChange) -> Result<(), Conflict> {
        match change {
            TokenChange::Insert(row) => self.tokens.set(row.id, ()),
            TokenChange::Revoke { id, .. } if self.tokens.get(*id).is_none() => {
                return Err(Conflict::TokenGone);
            }
            TokenChange::Revoke { id, .. } => self.tokens.remove(*id),
        }
        Ok(())
    }
}

/// Which half of an undertaking is done to all maps.
#[derive(Clone, Copy)]
enum Half {
    Keep,
    TakeBack,
}

/// Whom a change enrols: the owners of new samples, and of a change that was searched for first also those it changes.
pub(super) fn enrolled_by(changes: &Changes) -> impl Iterator<Item = PersonId> {
    let updated = changes.persons.iter().filter_map(|change| match change {
        PersonChange::Update { row, .. } if changes.searched_up_to.is_some() => Some(row.id),
        _ => None,
    });
    let owners = changes.samples.iter().filter(|s| s.head.is_enrolled()).map(|s| s.head.person);
    let mut all: Vec<PersonId> = updated.chain(owners).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}
