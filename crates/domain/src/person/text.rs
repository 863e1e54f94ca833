//! The rules that every text of a person shares: what is cut, what is blank, how long, and which characters never stand in it.
//!
//! Both sides use them: what is stored, and what a list is asked for.

use unicode_normalization::UnicodeNormalization as _;

use super::characters::{
    is_bidi_control, is_blank, is_dash, is_unseen, plain_digit, trimmed, without_unseen,
};
use crate::error::{FieldCode, Invalid};

/// Control characters, line and paragraph separators, byte order marks, and what lets a text show as another.
fn forbidden(c: char) -> bool {
    c.is_control()
        || is_bidi_control(c)
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// What begins another line, and the tabulator.
const fn is_layout(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// An empty text is told how long it must be; one that only looks empty, that it is.
fn not_blank(text: &str) -> Result<(), Invalid> {
    if !text.is_empty() && is_blank(text) {
        return Err(Invalid::new(FieldCode::Length, "must not be blank: nothing in it can be seen"));
    }
    Ok(())
}

fn checked(text: &str, min: usize, max: usize, may: impl Fn(char) -> bool) -> Result<&str, Invalid> {
    let own = trimmed(text);
    if min > 0 {
        not_blank(text)?;
    }
    // A character is at most four bytes: no need to count those of a text that is far too long.
    let length = if own.len() > 4 * max { usize::MAX } else { own.chars().count() };
    if length < min || length > max {
        return Err(Invalid::new(FieldCode::Length, format!("must have {min} to {max} characters")));
    }
    if own.chars().any(|c| forbidden(c) && !may(c)) {
        return Err(Invalid::new(
            FieldCode::Character,
            "must not contain control characters or bidirectional overrides",
        ));
    }
    Ok(own)
}

/// A text on one line, without what surrounds it: `min..=max` characters, not blank, none forbidden.
///
/// # Errors
/// `length` or `character`.
pub(super) fn plain(text: &str, min: usize, max: usize) -> Result<&str, Invalid> {
    checked(text, min, max, |_| false)
}

/// As [`plain`], in Unicode normalisation form C, so that equal texts are equal bytes.
///
/// # Errors
/// `length` or `character`.
pub(super) fn composed(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let composed: String = plain(text, min, max)?.nfc().collect();
    // Some characters are composed of more than before.
    Ok(plain(&composed, min, max)?.to_owned())
}

/// As [`composed`], for what is written in signs and not in words: nothing that cannot be seen stays in it.
///
/// # Errors
/// `length` or `character`.
pub(super) fn signs(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    not_blank(text)?;
    composed(&without_unseen(text), min, max)
}

/// A text that people write, of `min..=max` characters, without what surrounds it: it may have lines and tabulators.
///
/// # Errors
/// `length` or `character`.
pub fn free_text(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    checked(text, min, max, is_layout).map(str::to_owned)
}

/// Checks that `text` has `1..=max` characters that all satisfy `allowed`, and gives it without what surrounds it.
///
/// # Errors
/// `length` or `character`, explained by `what`.
pub(super) fn code(
    text: &str,
    max: usize,
    allowed: impl Fn(char) -> bool,
    what: &'static str,
) -> Result<String, Invalid> {
    let own = plain(text, 1, max)?;
    if own.chars().all(allowed) { Ok(own.to_owned()) } else { Err(Invalid::new(FieldCode::Character, what)) }
}

/// The form that spellings of one value share whatever their width and case: compatibility-composed, lower case, dashes of one
/// kind, digits of ASCII, one space between words, and nothing that is not seen.
pub(super) fn caseless(text: &str) -> String {
    let lower = |c: char| c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c });
    let plain = |c: char| if is_dash(c) { '-' } else { plain_digit(c) };
    let folded: String =
        trimmed(text).nfkc().flat_map(lower).filter(|c| !is_unseen(*c)).map(plain).nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Declares a newtype over a valid text.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text as it is shown.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(super) use text_type;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_nothing_visible_is_blank_and_said_to_be() {
        for blank in [
            " ",
            "\t\n",
            "\u{a0}",
            "\u{3000}",
            "\u{200b}",
            "\u{2060}",
            "\u{feff}",
            "\u{ad}",
            "\u{3164}",
            "\u{115f}",
            "\u{1160}",
            "\u{ffa0}",
            "\u{34f}",
            "\u{180e}",
            "\u{2800}",
            "\u{fe0f}",
            "\u{e0001}",
            "\u{200b} \u{2060}\n",
        ] {
            let refused = plain(blank, 1, 200).unwrap_err();
            assert_eq!(refused.code, FieldCode::Length, "{blank:?}");
            assert!(refused.detail.contains("blank"), "{blank:?}: {}", refused.detail);
        }
        assert_eq!(plain("", 1, 200).unwrap_err().detail, "must have 1 to 200 characters");
        assert_eq!(plain(" \u{200b}", 0, 200).unwrap(), "");
    }

    #[test]
    fn what_surrounds_a_text_does_not_count_to_its_length() {
        assert_eq!(plain(&format!("\u{3000}{}\u{200b}", "x".repeat(5)), 1, 5).unwrap(), "xxxxx");
        assert!(plain("xxxxxx", 1, 5).is_err());
    }

    #[test]
    fn lines_stand_in_free_texts_alone() {
        for text in ["a\nb", "a\r\nb", "a\tb", "a\u{2028}b", "a\u{85}b"] {
            assert_eq!(free_text(text, 1, 9).unwrap(), text);
            assert_eq!(plain(text, 1, 9).unwrap_err().code, FieldCode::Character);
        }
        assert!(free_text("a\0b", 1, 9).is_err() && free_text("a\u{202e}b", 1, 9).is_err());
        assert_eq!(free_text("\n a\nb \n", 1, 9).unwrap(), "a\nb");
    }

    #[test]
    fn widths_cases_and_dashes_fold_together() {
        assert_eq!(caseless(" ＡＢ－１２３  x"), caseless("ab‑123 X"));
        assert_eq!(caseless("ΝΙΚΟΣ"), caseless("νικος"));
        assert_eq!(caseless("A\u{ad}B۱"), "ab1");
    }
}
