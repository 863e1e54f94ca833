//! The person, its parts and its life.
//!
//! Floor 0: values and rules only. Nothing here knows HTTP, SQL, files or an async runtime, nothing reads a
//! clock or a random source on its own, and nothing serialises itself to the wire.

pub mod biometric;
pub mod clock;
pub mod error;
pub mod fair;
pub mod id;
pub mod lifecycle;
pub mod person;
pub mod tenant;

pub use clock::{Clock, Random, Time};
pub use error::{FieldCode, Invalid};
pub use id::{CollectionId, DuplicateId, EventId, PersonId, SampleId, TenantId, TokenId};
pub use lifecycle::{Status, Verification};
pub use tenant::{Scope, Scopes};
