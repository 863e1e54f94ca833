//! Liveness without a person.

pub(crate) mod check;
mod view;
