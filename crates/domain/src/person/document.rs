//! Document kinds and numbers, external identifiers, nationalities.

use unicode_normalization::UnicodeNormalization as _;

use super::text::{caseless, code, composed, signs, text_type};
use crate::error::{FieldCode, Invalid};

text_type!(
    /// A word of the operator's own vocabulary: 1-40 of `A-Z a-z 0-9 _ -` and space.
    Code
);
text_type!(
    /// The number on a document: 1-40 printable characters of any script, in normalisation form C.
    DocumentNumber
);
text_type!(
    /// The operator's own key for a person: 1-200 characters, unique in the tenant.
    ExternalId
);
text_type!(
    /// A country code of ISO 3166-1, or the code of ICAO 9303 part 3 that travel documents have: one to three capital letters. Only
    /// the form is checked.
    Nationality
);

impl Code {
    /// Parses a word such as `passport` or `driver_license`.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '-');
        code(text, 40, allowed, "may contain A-Z, a-z, 0-9, _, - and space only").map(Self)
    }
}

impl DocumentNumber {
    /// Parses a document number: whatever is printed on documents, but nothing that cannot be seen.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        signs(text, 1, 40).map(Self)
    }

    /// The form two spellings of one number share, whatever case, width, dashes and digits.
    #[must_use]
    pub fn folded(text: &str) -> String {
        caseless(text).to_uppercase()
    }
}

impl ExternalId {
    /// Parses an external identifier; it is compared byte for byte after normalisation form C.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        composed(text, 1, 200).map(Self)
    }
}

impl Nationality {
    /// Parses `CO`, `COL`, or what stands in the machine-readable zone of a passport: `D<<`, which is kept as `D`. Germany is the one
    /// state whose code there is a single letter. Kept are capital letters, without fillers.
    ///
    /// # Errors
    /// `length` or `format`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let written: String = signs(text, 1, 40)?.nfkc().collect();
        let code = written.trim_end_matches('<').to_ascii_uppercase();
        let is_code = matches!(code.len(), 2 | 3) || code == "D";
        if is_code && written.len() <= 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(code))
        } else {
            let detail =
                "must be an ISO 3166-1 code of two or three letters, or an ICAO 9303 code such as D or UNO";
            Err(Invalid::new(FieldCode::Format, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn document_kinds_by_example() {
        for good in ["passport", "national_id", "Driver License", "x-1"] {
            assert!(Code::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Code::parse(" passport\u{a0}").unwrap().as_str(), "passport");
        for bad in ["", " ", "\u{3164}", "pass.port", "паспорт", &"x".repeat(41)] {
            assert!(Code::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn whatever_is_printed_on_a_document_is_its_number() {
        for good in [
            "123456789",
            "AB-12/34.5",
            "№ 1",
            "АБ 123",
            "12;34",
            "1_2",
            "A<12<<",
            "粤A·12345",
            "ท๐๑/๒๕๖๐",
            "क्षि-१२",
            "12(3)[4]#5+6*7:8,9",
        ] {
            assert_eq!(DocumentNumber::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", " ", "\u{200b}", "1\u{202e}2", "1\u{2067}2", "1\n2", "1\t2", "1\u{7f}2", &"1".repeat(41)]
        {
            assert!(DocumentNumber::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(DocumentNumber::parse(" 12\u{200b}3\u{ad}4 ").unwrap().as_str(), "1234");
        for (one, other) in
            [("ab-12", "ＡＢ－１２"), ("ab 12", "AB\u{3000}12"), ("a‑1", "A-1"), ("a१२", "A12")]
        {
            assert_eq!(DocumentNumber::folded(one), DocumentNumber::folded(other), "{one} {other}");
        }
        assert_ne!(DocumentNumber::folded("AB12"), DocumentNumber::folded("AB-12"));
    }

    #[test]
    fn nationalities_by_example() {
        for (given, kept) in [
            ("CO", "CO"),
            ("COL", "COL"),
            ("col", "COL"),
            ("D", "D"),
            ("d", "D"),
            ("D<<", "D"),
            ("D<", "D"),
            ("UNO", "UNO"),
            ("GB<", "GB"),
            (" ＣＯ\u{200b}", "CO"),
        ] {
            assert_eq!(Nationality::parse(given).unwrap().as_str(), kept, "{given}");
        }
        for bad in ["", " ", "C", "E<<", "COLO", "C1", "ÄÖ", "<", "<<<", "<CO", "C<O", "COL<", "D<<<", "ıı"]
        {
            assert!(Nationality::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_what_is_parsed_stays(text in "[\\PC\\s\u{200b}-\u{200f}]{0,60}") {
            if let Ok(c) = Code::parse(&text) { prop_assert_eq!(Code::parse(c.as_str()).unwrap(), c); }
            if let Ok(n) = DocumentNumber::parse(&text) { prop_assert_eq!(DocumentNumber::parse(n.as_str()).unwrap(), n); }
            if let Ok(i) = ExternalId::parse(&text) { prop_assert_eq!(ExternalId::parse(i.as_str()).unwrap(), i); }
            if let Ok(n) = Nationality::parse(&text) { prop_assert_eq!(Nationality::parse(n.as_str()).unwrap(), n); }
        }
    }
}
