//! Faces without persons: nothing is stored.

pub(crate) mod compare;
pub(crate) mod detect;
