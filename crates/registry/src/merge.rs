//! Joining two records of one human, and parting them again.
//!
//! The person that stays takes in the other's samples, history and whatever it knows that the first does not; the other
//! record goes, and with it its key. What is needed to part them again is sealed with the person that stays, so that
//! erasing it erases everything.

mod join;
mod part;
mod record;

pub(crate) use record::Merged;
