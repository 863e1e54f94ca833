//! Plain values as a backend keeps them: identifiers, times and numbers in clear, the rest sealed.

use std::sync::Arc;

use domain::{
    CollectionId, DuplicateId, EventId, PersonId, SampleId, Scopes, Status, TenantId, Time, TokenId,
};

/// Position in a tenant's sequence of commits; grows by one a commit, without gaps.
pub type Sequence = u64;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRow {
    /// Its identifier.
    pub id: TenantId,
    /// Its key, wrapped by the KEK.
    pub wrapped_key: Vec<u8>,
    /// Its name, sealed.
    pub sealed_name: Vec<u8>,
    /// When it was made.
    pub created_at: Time,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Its identifier; begins with the moment of creation.
    pub id: PersonId,
    /// 1 on creation, one more with each change.
    pub version: u64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// Never `Expired`.
    pub status: Status,
    /// Last successful verification.
    pub verified_at: Option<Time>,
    /// End of its validity.
    pub expires_at: Option<Time>,
    /// The person's key, wrapped by the tenant's.
    pub wrapped_key: Vec<u8>,
    /// All personal fields, sealed.
    pub sealed: Vec<u8>,
}

/// Fields that can be looked up by a blind index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum IndexField {
    /// `externalId`: unique in the tenant.
    ExternalId = 1,
    /// `documentNumber`.
    DocumentNumber = 2,
    /// `email`.
    Email = 3,
    /// `phone`.
    Phone = 4,
    /// A name's word or prefix, whole. Written by versions before 0.2 only.
    Name = 5,
    /// `documentType`. Written by versions before 0.2 only: it has so few values that their frequencies tell which is which.
    DocumentType = 6,
    /// A collection the person is in. The hash is the collection's identifier, and the collection must exist.
    Collection = 7,
    /// The beginning of a word of a name, cut to so few bits that many names share each value.
    NamePrefix = 8,
}

impl IndexField {
    /// From its number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::ExternalId,
            2 => Self::DocumentNumber,
            3 => Self::Email,
            4 => Self::Phone,
            5 => Self::Name,
            6 => Self::DocumentType,
            7 => Self::Collection,
            8 => Self::NamePrefix,
            _ => return None,
        })
    }

    /// What the hash of a value is made under.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ExternalId => "externalId",
            Self::DocumentNumber => "documentNumber",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::DocumentType => "documentType",
            Self::Collection => "collection",
            Self::NamePrefix => "name prefix",
        }
    }
}

impl IndexEntry {
    /// Membership of a collection.
    #[must_use]
    pub const fn member_of(collection: CollectionId) -> Self {
        Self { field: IndexField::Collection, hash: collection.to_bytes() }
    }
}

/// One blind index of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexEntry {
    /// The field.
    pub field: IndexField,
    /// The keyed hash of the value.
    pub hash: [u8; 16],
}

/// What a sample is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SampleKind {
    /// A face image.
    Face = 1,
    /// A fingerprint.
    Fingerprint = 2,
}

/// What a sample is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SampleState {
    /// Enrolled: the person is compared with it.
    Enrolled = 1,
    /// Kept as evidence of a failed check; never compared with.
    Evidence = 2,
}

/// A sample without its image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleHead {
    /// Its identifier.
    pub id: SampleId,
    /// Whose it is.
    pub person: PersonId,
    /// Face or finger.
    pub kind: SampleKind,
    /// Enrolled or evidence.
    pub state: SampleState,
    /// When it was taken in.
    pub created_at: Time,
    /// Model of the template; empty without one.
    pub model: String,
    /// The template, sealed.
    pub template: Option<Vec<u8>>,
    /// The template made again by another model, with that model's name.
    pub remade: Option<(String, Vec<u8>)>,
}

impl SampleHead {
    /// Whether searches compare with it.
    #[must_use]
    pub const fn is_enrolled(&self) -> bool {
        matches!(self.state, SampleState::Enrolled)
    }

    /// Whether it is a face that searches compare with.
    #[must_use]
    pub const fn is_enrolled_face(&self) -> bool {
        self.is_enrolled() && matches!(self.kind, SampleKind::Face)
    }
}

/// A sample to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleRow {
    /// All but the image.
    pub head: SampleHead,
    /// The image, sealed; shared, because a conflict may make the same row be handed over again.
    pub image: Arc<Vec<u8>>,
}

/// An entry of a person's append-only history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its identifier.
    pub id: EventId,
    /// Whose history.
    pub person: PersonId,
    /// When.
    pub at: Time,
    /// What, with the evidence, sealed.
    pub sealed: Vec<u8>,
}

/// An API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its identifier.
    pub id: TokenId,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working, if ever.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// Its name, sealed.
    pub sealed_name: Vec<u8>,
}

/// What a sealed record is about; numbers are for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SealedKind {
    /// Comparisons that failed: of one person, or of one token.
    Attempts = 1,
    /// An image that has proven liveness, and proves it no second time.
    ProvenImage = 2,
    /// How the persons of a tenant are indexed.
    Indexing = 3,
}

impl SealedKind {
    /// From its number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Attempts),
            2 => Some(Self::ProvenImage),
            3 => Some(Self::Indexing),
            _ => None,
        }
    }
}

/// A small record of which a store knows nothing but its name and when it may be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// What it is about.
    pub kind: SealedKind,
    /// Its name in the tenant: a keyed hash, so that kinds never meet.
    pub key: [u8; 16],
    /// 1 on creation, one more with each change.
    pub version: u64,
    /// When it may be forgotten; never where there is none.
    pub expires_at: Option<Time>,
    /// The record, sealed.
    pub sealed: Vec<u8>,
}

/// The latest moment of any commit of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whose.
    pub tenant: TenantId,
    /// As it stands in clear.
    pub at: Time,
    /// A moment at or shortly before it, sealed by a server; none where none has sealed one yet.
    pub sealed: Option<Vec<u8>>,
}

/// An answer that is kept so that a repeated request gets it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// HMAC of token, route and key.
    pub key: [u8; 16],
    /// HMAC of the body.
    pub body: [u8; 16],
    /// Status of the answer.
    pub status: u16,
    /// The person the answer is about, if it is about one: it is sealed under that person's key, so that erasure reaches it.
    pub person: Option<PersonId>,
    /// The answer, sealed, without images.
    pub sealed: Vec<u8>,
    /// When it is forgotten.
    pub expires_at: Time,
}

/// What a search needs to know of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRow {
    /// Who.
    pub person: PersonId,
    /// The person's key, wrapped by the tenant's.
    pub wrapped_key: Vec<u8>,
    /// Never `Expired`.
    pub status: Status,
    /// End of the verification's validity.
    pub expires_at: Option<Time>,
    /// Collections the person is in.
    pub collections: Vec<CollectionId>,
    /// The enrolled faces and fingerprints.
    pub samples: Vec<SampleHead>,
}

/// What changed for searches since a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchChanges {
    /// The position this leads to.
    pub up_to: Sequence,
    /// Whether more follow.
    pub more: bool,
    /// Persons as they are now, each with its enrolled samples.
    pub present: Vec<SearchRow>,
    /// Persons without an enrolled sample, or gone.
    pub absent: Vec<PersonId>,
}

/// A collection of persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRow {
    /// Its identifier.
    pub id: CollectionId,
    /// 1 on creation, one more with each change.
    pub version: u64,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// Keyed hash of its name: unique in the tenant.
    pub name: [u8; 16],
    /// Name and description, sealed.
    pub sealed: Vec<u8>,
}

/// What was decided of two persons who may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PairDecision {
    /// Nothing yet.
    Open = 1,
    /// They are one.
    Same = 2,
    /// They are two.
    Different = 3,
}

impl PairDecision {
    /// From its number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Open),
            2 => Some(Self::Same),
            3 => Some(Self::Different),
            _ => None,
        }
    }
}

/// Two persons who may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairRow {
    /// Its identifier.
    pub id: DuplicateId,
    /// The two, the lesser identifier first.
    pub persons: [PersonId; 2],
    /// When they were noticed.
    pub created_at: Time,
    /// What was decided.
    pub decision: PairDecision,
    /// 1 on creation, one more with each decision.
    pub version: u64,
    /// How alike they are, who decided and why, sealed.
    pub sealed: Vec<u8>,
}
