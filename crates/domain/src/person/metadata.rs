//! Free pairs of strings that an operator hangs on a person.

use std::collections::BTreeMap;

use super::text::plain;
use crate::error::Invalid;

/// Most pairs a person may have.
pub const MAX_PAIRS: usize = 50;

/// Pairs to set, and keys to remove (`None`).
pub type MetadataPatch = BTreeMap<String, Option<String>>;

/// Checks one pair: a key of 1-64 characters, a value of 0-500.
///
/// # Errors
/// `length` or `character`.
pub fn check_pair(key: &str, value: &str) -> Result<(), Invalid> {
    plain(key, 1, 64)?;
    plain(value, 0, 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_bounded() {
        assert!(check_pair("k", &"v".repeat(500)).is_ok());
        assert!(check_pair("k", &"v".repeat(501)).is_err());
        assert!(check_pair("", "v").is_err());
        assert!(check_pair("k\u{0}", "v").is_err());
    }
}
