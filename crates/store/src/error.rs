//! How a store says no.

use domain::{CollectionId, DuplicateId, PersonId};

use crate::rows::Sequence;

/// Another decision came first; the registry reads again and decides anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The person has another version now.
    #[error("the person has changed meanwhile")]
    Version(PersonId),
    /// The person does not exist (any more).
    #[error("the person is gone")]
    Gone(PersonId),
    /// Another person of the tenant has this external identifier.
    #[error("the external identifier is taken")]
    ExternalIdTaken,
    /// An answer is already kept under this idempotency key.
    #[error("the idempotency key was used meanwhile")]
    IdempotencyKeyUsed,
    /// Others were enrolled after the position up to which the gallery was searched: compare with them, and come again
    /// with this position.
    #[error("others were enrolled meanwhile")]
    Enrolled {
        /// Who.
        persons: Vec<PersonId>,
        /// Where the sequence stood.
        up_to: Sequence,
    },
    /// The collection does not exist (any more), or has another version now.
    #[error("the collection has changed meanwhile")]
    Collection(CollectionId),
    /// Another collection of the tenant has this name.
    #[error("the name of the collection is taken")]
    CollectionNameTaken,
    /// Somebody is in the collection.
    #[error("the collection is not empty")]
    CollectionNotEmpty,
    /// The pair does not exist (any more), or was decided meanwhile.
    #[error("the pair has changed meanwhile")]
    Pair(DuplicateId),
    /// The sealed record with this name has another version now, or is there already.
    #[error("a sealed record has changed meanwhile")]
    Sealed([u8; 16]),
    /// The token does not exist, or was revoked before.
    #[error("the token is gone")]
    TokenGone,
}

/// The store cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too many writes are waiting.
    #[error("the store is busy")]
    Busy,
    /// No space left.
    #[error("the disk is full")]
    Full,
    /// Anything else that may pass: locked, unreachable, closing.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What was read makes no sense: damage, or another version's data.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

/// Why a commit is not known to have happened. On a conflict nothing of it did; on a fault of the store nearly always so,
/// but where [`StoreError::Unavailable`] comes because an answer was lost, it may have: an idempotency key tells.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Decide again.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Try later.
    #[error(transparent)]
    Store(#[from] StoreError),
}
