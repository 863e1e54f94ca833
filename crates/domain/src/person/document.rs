//! Document kinds and numbers, external identifiers, nationalities.

use unicode_normalization::UnicodeNormalization as _;

use super::text::{code, plain, text_type};
use crate::error::{FieldCode, Invalid};

text_type!(
    /// A word of the operator's own vocabulary: 1-40 of `A-Z a-z 0-9 _ -` and space.
    Code
);
text_type!(
    /// The number on a document: 1-40 letters, digits, spaces and `- / .`.
    DocumentNumber
);
text_type!(
    /// The operator's own key for a person: 1-200 characters, unique in the tenant.
    ExternalId
);
text_type!(
    /// An ISO 3166-1 country code, two or three capital letters; only the form is checked.
    Nationality
);

impl Code {
    /// Parses a word such as `passport` or `driver_license`.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '-');
        code(text, 40, allowed, "may contain A-Z, a-z, 0-9, _, - and space only")?;
        Ok(Self(text.to_owned()))
    }
}

impl DocumentNumber {
    /// Parses a document number.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '.');
        code(text, 40, allowed, "may contain letters, digits, spaces and - / . only")?;
        Ok(Self(text.to_owned()))
    }

    /// The form two spellings of one number share: upper case.
    #[must_use]
    pub fn folded(text: &str) -> String {
        text.to_uppercase()
    }
}

impl ExternalId {
    /// Parses an external identifier; it is compared byte for byte after normalisation form C.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        plain(text, 1, 200)?;
        let id: String = text.nfc().collect();
        plain(&id, 1, 200)?;
        Ok(Self(id))
    }
}

impl Nationality {
    /// Parses `CO` or `COL`.
    ///
    /// # Errors
    /// `format`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if matches!(text.len(), 2 | 3) && text.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(FieldCode::Format, "must be an ISO 3166-1 code of two or three capital letters"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn document_kinds_and_numbers_by_example() {
        for good in ["passport", "national_id", "Driver License", "x-1"] {
            assert!(Code::parse(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "pass.port", "паспорт", &"x".repeat(41)] {
            assert!(Code::parse(bad).is_err(), "{bad}");
        }
        for good in ["123456789", "AB-12/34.5", "№1".trim_start_matches('№'), "АБ 123"] {
            assert!(DocumentNumber::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "12;34", "1_2", "1\u{202e}2"] {
            assert!(DocumentNumber::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nationalities_by_example() {
        assert!(Nationality::parse("CO").is_ok() && Nationality::parse("COL").is_ok());
        for bad in ["", "C", "co", "COLO", "C1", "ÄÖ"] {
            assert!(Nationality::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,60}") {
            let _ = (Code::parse(&text), DocumentNumber::parse(&text), ExternalId::parse(&text), Nationality::parse(&text));
        }
    }
}
