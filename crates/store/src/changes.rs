//! The unit of work as a value.

use domain::{PersonId, Time, TokenId};

use crate::rows::{EventRow, IdempotencyRow, IndexEntry, PersonRow, SampleRow, Sequence, TokenRow};
use domain::SampleId;

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
    /// History to append.
    pub events: Vec<EventRow>,
    /// Tokens.
    pub tokens: Vec<TokenChange>,
    /// The answer to keep.
    pub idempotency: Option<IdempotencyRow>,
    /// For an enrolment: the sequence up to which the gallery was searched for a duplicate.
    pub searched_up_to: Option<Sequence>,
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
            searched_up_to: None,
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
        /// The row; its version is `expected + 1`.
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

/// A change to one token.
#[derive(Clone, Debug)]
pub enum TokenChange {
    /// A new token.
    Insert(TokenRow),
    /// A token stops working now.
    Revoke(TokenId),
}

/// A commit that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its place in the tenant's sequence.
    pub sequence: Sequence,
}
