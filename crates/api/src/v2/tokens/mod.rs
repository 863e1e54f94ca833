//! Tokens.

pub(crate) mod own;
