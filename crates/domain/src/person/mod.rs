//! What is known about a person, as parsed types: a value of these types is valid by construction.

mod birth_date;
mod contact;
mod document;
mod metadata;
mod name;
mod text;
pub mod words;

pub use birth_date::BirthDate;
pub use contact::{Email, Phone};
pub use document::{Code, DocumentNumber, ExternalId, Nationality};
pub use metadata::Metadata;
pub use name::Name;

/// The personal part of a person: everything a client may write, biometrics and status apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Given name or names.
    pub first_name: Name,
    /// Family name or names.
    pub last_name: Name,
    /// E-mail address; not unique.
    pub email: Option<Email>,
    /// Telephone number; not unique.
    pub phone: Option<Phone>,
    /// Civil date of birth.
    pub date_of_birth: Option<BirthDate>,
    /// Kind of document, for example `passport`.
    pub document_type: Option<Code>,
    /// Number on that document; not unique.
    pub document_number: Option<DocumentNumber>,
    /// The operator's own key for the person; unique in the tenant.
    pub external_id: Option<ExternalId>,
    /// ISO 3166-1 code.
    pub nationality: Option<Nationality>,
    /// Gender, in the operator's own vocabulary.
    pub gender: Option<Code>,
    /// Free pairs of strings.
    pub metadata: Metadata,
}

impl Profile {
    /// Whether name, birth date or document differ: what a verification was about.
    #[must_use]
    pub fn identity_differs(&self, other: &Self) -> bool {
        self.first_name != other.first_name
            || self.last_name != other.last_name
            || self.date_of_birth != other.date_of_birth
            || self.document_type != other.document_type
            || self.document_number != other.document_number
    }
}
