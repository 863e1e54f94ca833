//! Free pairs of strings that an operator hangs on a person.

use std::collections::BTreeMap;

use super::text::plain;
use crate::error::{FieldCode, Invalid};

/// At most 50 pairs; keys of 1-64 characters, values of 0-500.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Most pairs.
    pub const MAX_PAIRS: usize = 50;

    /// Checks one pair, before it is put in.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn check(key: &str, value: &str) -> Result<(), Invalid> {
        plain(key, 1, 64)?;
        plain(value, 0, 500)
    }

    /// All pairs, after each was checked.
    ///
    /// # Errors
    /// `length` when there are more than [`Self::MAX_PAIRS`], or what [`Self::check`] says of a pair.
    pub fn parse(pairs: BTreeMap<String, String>) -> Result<Self, Invalid> {
        if pairs.len() > Self::MAX_PAIRS {
            return Err(Invalid::new(FieldCode::Length, "must have at most 50 pairs"));
        }
        pairs.iter().try_for_each(|(k, v)| Self::check(k, v))?;
        Ok(Self(pairs))
    }

    /// The pairs, sorted by key.
    #[must_use]
    pub const fn pairs(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(n: usize) -> BTreeMap<String, String> {
        (0..n).map(|i| (format!("k{i}"), String::new())).collect()
    }

    #[test]
    fn fifty_pairs_pass_and_fifty_one_do_not() {
        assert!(Metadata::parse(of(50)).is_ok());
        assert_eq!(Metadata::parse(of(51)).unwrap_err().code, FieldCode::Length);
    }

    #[test]
    fn keys_and_values_are_bounded() {
        assert!(Metadata::check("k", &"v".repeat(500)).is_ok());
        assert!(Metadata::check("k", &"v".repeat(501)).is_err());
        assert!(Metadata::check("", "v").is_err());
        assert!(Metadata::check("k\u{0}", "v").is_err());
    }
}
