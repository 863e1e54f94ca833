//! The rules: who may do what, what a request means for a person, and which one commit follows from it.
//!
//! Floor 2. Reads from the store, asks the engine, seals with the vault, decides, and hands the store one value.
//! Knows neither HTTP nor SQL nor a runtime.

mod access;
mod alike;
mod collections;
mod compare;
mod duplicate;
mod enroll;
mod erase;
mod error;
mod evidence;
mod face;
mod finger;
mod history;
mod idempotency;
mod identify;
mod keys;
mod list;
mod merge;
mod person;
mod place;
mod profile;
mod read;
mod records;
mod registry;
mod remake;
mod retire;
mod samples;
mod search;
mod settings;
mod tenants;
mod token;
mod update;
mod verify;

pub use access::{AccessError, Caller};
pub use alike::{Alike, Verdict, Wanted};
pub use collections::{Collection, CollectionPatch};
pub use compare::{Compared, Detected, DetectedFace, Modality, Presented, Verified};
pub use duplicate::{Duplicate, PairDecision};
pub use engine::finger::{Kind as FingerprintKind, LEAST_DPI, MOST_DPI};
pub use enroll::{Enrolment, Outcome, Pictures};
pub use erase::{Erased, Receipt};
pub use error::Error;
pub use evidence::{Evidence, Method, Quality};
pub use face::{Liveness, Models};
pub use finger::{NewPrint, PrintInfo};
pub use idempotency::{Idempotency, Ticket};
pub use identify::{Identified, Question, SearchAnswer};
pub use list::{Filter, List, Listed};
pub use minutiae::Position;
pub use person::{Biometrics, Person, SampleRef};
pub use profile::Profile;
pub use read::Images;
pub use registry::{Parts, Registry};
pub use samples::{Sample, ToEnrol};
pub use search::{GalleryCheck, Statuses};
pub use settings::{OnDuplicate, Settings};
pub use token::{NewToken, TokenView};
pub use update::{Decision, NewImages, Update};
