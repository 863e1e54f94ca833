//! The unit of work as a value.

use domain::{CollectionId, PersonId, SampleId, Time, TokenId};

use crate::rows::{
    CollectionRow, EventRow, IdempotencyRow, IndexEntry, PairRow, PersonRow, SampleRow, SealedRow, Sequence,
    TokenRow,
};

/// All row changes of one decision, applied together or not at all.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The moment of the decision: raises the tenant's high-water mark.
    pub now: Time,
    /// Persons.
    pub persons: Vec<PersonChange>,
    /// Samples to add.
    pub samples: Vec<SampleRow>,
    /// Samples to remove, with whom they belong to.
    pub removed_samples: Vec<(PersonId, SampleId)>,
    /// History to append; an entry that is there already stays as it is.
    pub events: Vec<EventRow>,
    /// Tokens.
    pub tokens: Vec<TokenChange>,
    /// The answer to keep.
    pub idempotency: Option<IdempotencyRow>,
    /// Templates made again: whose, of which sample, by which model, sealed.
    pub remade: Vec<Remade>,
    /// Collections.
    pub collections: Vec<CollectionChange>,
    /// Pairs of persons who may be one; one that is known already stays as it is.
    pub pairs: Vec<PairChange>,
    /// Small sealed records.
    pub sealed: Vec<SealedChange>,
    /// `now`, sealed: proof for the next start that the tenant's high-water mark is genuine. Not every commit brings one.
    pub mark: Option<Vec<u8>>,
    /// For an enrolment: the sequence up to which the gallery was searched for a duplicate. Whoever was enrolled after
    /// it is a conflict. The persons it changes count as enrolled by it.
    pub searched_up_to: Option<Sequence>,
    /// For an enrolment: persons enrolled at the same time that it was compared with all the same.
    pub compared_with: Vec<PersonId>,
}

impl Changes {
    /// Nothing yet, decided at `now`.
    #[must_use]
    pub const fn at(now: Time) -> Self {
        Self {
            now,
            persons: Vec::new(),
            samples: Vec::new(),
            removed_samples: Vec::new(),
            events: Vec::new(),
            tokens: Vec::new(),
            idempotency: None,
            remade: Vec::new(),
            collections: Vec::new(),
            pairs: Vec::new(),
            sealed: Vec::new(),
            mark: None,
            searched_up_to: None,
            compared_with: Vec::new(),
        }
    }
}

/// A change to one person.
#[derive(Clone, Debug)]
pub enum PersonChange {
    /// A new person.
    Insert {
        /// The row.
        row: PersonRow,
        /// Its blind indexes, sorted.
        index: Vec<IndexEntry>,
    },
    /// A new state of a person.
    Update {
        /// The row; its version is `expected + 1`, or `expected` where nothing but the indexes changes.
        row: PersonRow,
        /// The version it replaces.
        expected: u64,
        /// All its blind indexes, sorted; none when they did not change.
        index: Option<Vec<IndexEntry>>,
    },
    /// The person, its key, samples, history and indexes go.
    Erase {
        /// Who.
        id: PersonId,
        /// The version to be erased.
        expected: u64,
    },
}

/// A sample has room for two templates, so that those of the models in force are never in the way of the next ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The one the sample was enrolled with ([`crate::SampleHead::template`]).
    First,
    /// The other ([`crate::SampleHead::remade`]).
    Second,
}

/// A template made again from a sample's image.
#[derive(Clone, Debug)]
pub struct Remade {
    /// Whose.
    pub person: PersonId,
    /// Of which sample; one that is gone is passed over.
    pub sample: SampleId,
    /// What it replaces.
    pub slot: Slot,
    /// By which model.
    pub model: String,
    /// The template, sealed.
    pub template: Vec<u8>,
}

/// A change to one collection.
#[derive(Clone, Debug)]
pub enum CollectionChange {
    /// A new collection.
    Insert(CollectionRow),
    /// A new state of a collection.
    Update {
        /// The row; its version is `expected + 1`.
        row: CollectionRow,
        /// The version it replaces.
        expected: u64,
    },
    /// The collection goes; nobody may be in it.
    Remove(CollectionId),
}

/// A change to one pair of persons who may be one.
#[derive(Clone, Debug)]
pub enum PairChange {
    /// A new pair, unless the two are known as one.
    Insert(PairRow),
    /// A decision.
    Update {
        /// The row; its version is `expected + 1`.
        row: PairRow,
        /// The version it replaces.
        expected: u64,
    },
}

/// A change to one token.
#[derive(Clone, Debug)]
pub enum TokenChange {
    /// A new token.
    Insert(TokenRow),
    /// A token stops working at the moment of the change.
    Revoke {
        /// Which.
        id: TokenId,
        /// Its name, sealed anew together with that moment.
        sealed_name: Vec<u8>,
    },
}

/// A change to one sealed record.
#[derive(Clone, Debug)]
pub enum SealedChange {
    /// A new record, in the place of one that may be forgotten at the moment of the change.
    Insert(SealedRow),
    /// A new state of a record.
    Update {
        /// The row; its version is `expected + 1`.
        row: SealedRow,
        /// The version it replaces.
        expected: u64,
    },
    /// A record, in the place of whatever has its name.
    Put(SealedRow),
    /// The record goes, if it is there.
    Remove([u8; 16]),
}

/// A commit that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its place in the tenant's sequence.
    pub sequence: Sequence,
}
