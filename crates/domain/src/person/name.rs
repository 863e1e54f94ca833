//! Names of people.

use super::text::{composed, text_type};
use crate::error::Invalid;

text_type!(
    /// A given or family name, or any other name: 1-200 characters in Unicode normalisation form C, without what surrounds them.
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
        composed(text, 1, Self::MAX).map(Self)
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
        for bad in [
            "",
            " ",
            "\u{3000}",
            "\u{200b}",
            "a\0b",
            "a\nb",
            "\u{202e}nhoJ",
            "John\u{202c}",
            "\u{2066}x",
            &"x".repeat(201),
        ] {
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
            "علی\u{200c}رضا",
            "श्रीमती",
        ] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(Name::parse("a\u{7}").unwrap_err().code, FieldCode::Character);
        assert_eq!(Name::parse("\u{3000}李\u{feff}").unwrap().as_str(), "李");
    }

    proptest! {
        #[test]
        fn a_parsed_name_parses_to_itself(text in "[\\PC\\s\u{200b}-\u{200f}]{0,220}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
                prop_assert!((1..=200).contains(&name.as_str().chars().count()));
            }
        }
    }
}
