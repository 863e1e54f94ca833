//! Free pairs of strings that an operator hangs on a person.

use std::collections::BTreeMap;

use super::text::{free_text, plain};
use crate::error::Invalid;

/// Most pairs a person may have.
pub const MAX_PAIRS: usize = 50;

/// Pairs to set, and keys to remove (`None`).
pub type MetadataPatch = BTreeMap<String, Option<String>>;

/// Parses the key of a pair: 1-64 characters on one line.
///
/// # Errors
/// `length` or `character`.
pub fn metadata_key(key: &str) -> Result<String, Invalid> {
    plain(key, 1, 64).map(str::to_owned)
}

/// Parses the value of a pair: 0-500 characters, which may have lines and tabulators.
///
/// # Errors
/// `length` or `character`.
pub fn metadata_value(value: &str) -> Result<String, Invalid> {
    free_text(value, 0, 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_bounded() {
        assert_eq!(metadata_key(" k\u{200b}").unwrap(), "k");
        assert!(metadata_value(&"v".repeat(500)).is_ok());
        assert!(metadata_value(&"v".repeat(501)).is_err());
        for bad in ["", " ", "k\u{0}", "k\nk"] {
            assert!(metadata_key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_value_takes_lines_and_tabulators_and_no_other_control() {
        assert_eq!(metadata_value("12 High St\r\n\tFlat 3\n").unwrap(), "12 High St\r\n\tFlat 3");
        assert_eq!(metadata_value(" \u{feff}").unwrap(), "");
        assert!(metadata_value("a\u{1b}[31m").is_err());
    }
}
