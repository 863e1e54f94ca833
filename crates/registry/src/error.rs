//! Why a request came to nothing: closed kinds, which the HTTP face turns into answers.

use domain::biometric::Rejection;
use domain::lifecycle::IllegalTransition;
use domain::{CollectionId, PersonId};
use engine::EngineError;
use store::{CommitError, Conflict, StoreError};

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// No such person for this caller.
    #[error("no such person")]
    NotFound,
    /// The person has changed since the caller read it.
    #[error("the person has another version")]
    Stale,
    /// Another person has this external identifier.
    #[error("the external identifier is taken")]
    ExternalIdTaken,
    /// The image shows somebody else than is enrolled.
    #[error("the face is not that of the enrolled person")]
    FaceMismatch,
    /// Somebody with this face is enrolled already.
    #[error("this person is enrolled already")]
    Duplicate(PersonId),
    /// A person cannot be merged with itself.
    #[error("the two are one already")]
    MergeWithItself,
    /// A record holds as many merges that can be undone as one may.
    #[error("the record has taken in as many others as one may")]
    TooManyMerges,
    /// The person has no enrolled face to compare with.
    #[error("no face is enrolled")]
    NoFaceEnrolled,
    /// The fingerprint is not that of the enrolled finger.
    #[error("the fingerprint is not that of the enrolled finger")]
    FingerprintMismatch,
    /// The person has no enrolled fingerprint to compare with.
    #[error("no fingerprint is enrolled")]
    NoFingerprintEnrolled,
    /// Nothing can be said about fingerprints.
    #[error("fingerprints are not analysed")]
    FingerprintsNotConfigured,
    /// A person has as many samples as one may have.
    #[error("the person has as many samples as one may have")]
    TooManySamples,
    /// The tenant's samples are not in memory yet; again shortly.
    #[error("the gallery is loading")]
    GalleryLoading,
    /// No such collection.
    #[error("no such collection")]
    NoSuchCollection(CollectionId),
    /// A person is in as many collections as one may be.
    #[error("the person is in as many collections as one may be")]
    TooManyCollections,
    /// Another collection has this name.
    #[error("the name of the collection is taken")]
    CollectionNameTaken,
    /// The status cannot change that way.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// What a status rests on can be removed by a reviewer only.
    #[error("the scope persons:review is needed")]
    ReviewNeeded,
    /// A new finger of somebody verified comes without anything that shows it is the same person's.
    #[error("a proof is needed that the finger is the same person's")]
    ProofNeeded,
    /// The image does not do.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// There are no weights: nothing can be said about faces.
    #[error("no face models are installed")]
    FacesNotConfigured,
    /// A person would have neither of the two names.
    #[error("a person has one of the two names")]
    NoName,
    /// Metadata would have more pairs than allowed.
    #[error("metadata would have more than 50 pairs")]
    TooMuchMetadata,
    /// Too many failed liveness checks of this person; again after so many seconds.
    #[error("too many failed liveness checks")]
    LivenessBrake(u64),
    /// Too many comparisons of this person, or of this token, have failed: again after so many seconds, or, without a number,
    /// once a reviewer has lifted the limit.
    #[error("too many comparisons have failed")]
    AttemptLimit(Option<u64>),
    /// The image has proven liveness before.
    #[error("the image has proven liveness before")]
    LivenessReplayed,
    /// Persons cannot be found by name.
    #[error("search by name is turned off")]
    NameSearchOff,
    /// A name that is looked for is too short to be looked up by its beginning, and nobody has it as a whole word.
    #[error("the name is too short to look up")]
    NameTooShort,
    /// The same idempotency key came with another body.
    #[error("the idempotency key was used with another body")]
    KeyReused,
    /// The first request with this idempotency key is still under way.
    #[error("the first request with this idempotency key is under way")]
    InProgress,
    /// Too much to do; try again shortly.
    #[error("busy")]
    Busy,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The store cannot serve.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Something that must not happen: damage, or a bug. Details are for the log alone.
    #[error("internal fault: {0}")]
    Fault(String),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            StoreError::Full => Self::DiskFull,
            StoreError::Unavailable(why) => Self::Unavailable(why),
            StoreError::Damaged(why) => Self::Fault(why),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            CommitError::Conflict(
                Conflict::Version(_)
                | Conflict::Pair(_)
                | Conflict::CollectionNotEmpty
                | Conflict::Enrolled { .. },
            ) => Self::Stale,
            // Only an image that proves liveness is made with a name that may be taken; counters see to theirs themselves.
            CommitError::Conflict(Conflict::Sealed(_)) => Self::LivenessReplayed,
            CommitError::Conflict(Conflict::Gone(_) | Conflict::TokenGone) => Self::NotFound,
            CommitError::Conflict(Conflict::Collection(id)) => Self::NoSuchCollection(id),
            CommitError::Conflict(Conflict::CollectionNameTaken) => Self::CollectionNameTaken,
            CommitError::Conflict(Conflict::ExternalIdTaken) => Self::ExternalIdTaken,
            CommitError::Conflict(Conflict::IdempotencyKeyUsed) => Self::InProgress,
        }
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Rejected(rejection) => Self::Rejected(rejection),
            EngineError::Busy => Self::Busy,
            EngineError::Fault(error) => Self::Fault(error.to_string()),
        }
    }
}

impl From<vault::OpenError> for Error {
    fn from(error: vault::OpenError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<vault::SealError> for Error {
    fn from(error: vault::SealError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    /// A sealed record that opens but is not of this program's form. The message may quote the record: it is
    /// not kept.
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(format!("a record has an unexpected form ({:?})", error.classify()))
    }
}
