//! What is known about a person, as parsed types: a value of these types is valid by construction.

mod birth_date;
mod characters;
mod contact;
mod document;
mod metadata;
mod name;
mod text;
pub mod words;

use crate::id::CollectionId;

pub use birth_date::BirthDate;
pub use contact::{Email, Phone};
pub use document::{Code, DocumentNumber, ExternalId, Nationality};
pub use metadata::{MAX_PAIRS, MetadataPatch, metadata_key, metadata_value};
pub use name::Name;
pub use text::free_text;

/// What a client asks of one member: leave it, clear it, or give it a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The member was not in the body.
    #[default]
    Keep,
    /// The member was `null`.
    Clear,
    /// The member had a valid value.
    Set(T),
}

impl<T> Change<T> {
    /// The value, where one is given.
    pub const fn set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The same change, with its value made into another.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(make(value)),
        }
    }

    /// The value, where one is given.
    pub fn into_set(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// The personal part of a body: everything a client may write, biometrics and status apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Given name or names. A person has this or the other name: who has one name only has it in either.
    pub first_name: Change<Name>,
    /// Family name or names.
    pub last_name: Change<Name>,
    /// E-mail address; not unique.
    pub email: Change<Email>,
    /// Telephone number; not unique.
    pub phone: Change<Phone>,
    /// Civil date of birth, or its month or year.
    pub date_of_birth: Change<BirthDate>,
    /// Kind of document, for example `passport`.
    pub document_type: Change<Code>,
    /// Number on that document; not unique.
    pub document_number: Change<DocumentNumber>,
    /// The operator's own key for the person; unique in the tenant.
    pub external_id: Change<ExternalId>,
    /// ISO 3166-1 or ICAO 9303 code.
    pub nationality: Change<Nationality>,
    /// Gender, in the operator's own vocabulary.
    pub gender: Change<Code>,
    /// Free pairs of strings: each one kept, cleared or set by itself.
    pub metadata: Change<MetadataPatch>,
    /// Collections the person is in, all of them.
    pub collections: Change<Vec<CollectionId>>,
}
