//! Names of people.

use unicode_normalization::UnicodeNormalization as _;

use super::text::{plain, text_type};
use crate::error::Invalid;

text_type!(
    /// A given or family name: 1-200 characters in Unicode normalisation form C.
    Name
);

impl Name {
    /// Longest name, in characters.
    pub const MAX: usize = 200;

    /// Parses a name, bringing it to form C so that equal names are equal bytes.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        plain(text, 1, Self::MAX)?;
        let name: String = text.nfc().collect();
        plain(&name, 1, Self::MAX)?;
        Ok(Self(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FieldCode;
    use proptest::prelude::*;

    #[test]
    fn composed_and_decomposed_spellings_become_one() {
        assert_eq!(Name::parse("Jose\u{301}").unwrap(), Name::parse("José").unwrap());
    }

    #[test]
    fn tricks_are_refused_and_people_are_not() {
        for bad in ["", " ", "\u{3000}", "a\0b", "a\nb", "\u{202e}nhoJ", "\u{2066}x", &"x".repeat(201)] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
        for good in [
            "John",
            "O’Brien-Smith",
            "María José",
            "李",
            "Нгуен",
            "X Æ A-12",
            "בר",
            "\u{1f600}",
            "a\u{200d}b",
        ] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(Name::parse("a\u{7}").unwrap_err().code, FieldCode::Character);
    }

    proptest! {
        #[test]
        fn a_parsed_name_parses_to_itself(text in "\\PC{0,220}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
                prop_assert!((1..=200).contains(&name.as_str().chars().count()));
            }
        }
    }
}
