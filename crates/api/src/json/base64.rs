//! Images in JSON: base64 in any of the spellings clients use.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What is not base64 at all.
const NOT: &str = "must be an image in base64; addresses are never fetched";

/// Decodes standard or URL-safe base64, padded or not, with or without line breaks and a `data:` prefix.
///
/// # Errors
/// When it is none of these, or empty: what to do about it.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    let is_data = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"));
    let text = if is_data {
        let (head, data) = text.split_once(',').ok_or(NOT)?;
        head.to_ascii_lowercase().ends_with(";base64").then_some(data).ok_or(NOT)?
    } else {
        text
    };
    let text = if text.bytes().any(|b| b.is_ascii_whitespace()) {
        if has_lost_plus(text) {
            return Err("must be base64: it has spaces where `+` was, which a form or a query makes of it; \
                send it in JSON as it is, or in the URL-safe alphabet");
        }
        Cow::Owned(text.split_ascii_whitespace().collect::<String>())
    } else {
        Cow::Borrowed(text)
    };
    let url_safe = text.bytes().any(|b| matches!(b, b'-' | b'_'));
    let engine = if url_safe { &URL_SAFE } else { &STANDARD };
    engine.decode(text.as_bytes()).ok().filter(|bytes| !bytes.is_empty()).ok_or_else(|| wrong(&text))
}

/// Whether spaces stand within lines: what breaks base64 into lines puts line breaks, or spaces at even distances. At its ends they
/// are no part of it, unless it is whole only with them.
fn has_lost_plus(text: &str) -> bool {
    let spaces = text.bytes().filter(|b| *b == b' ').count();
    let rest = text.bytes().filter(|b| !b.is_ascii_whitespace()).count();
    if spaces > 0 && spaces + rest == text.len() && !rest.is_multiple_of(4) && text.len().is_multiple_of(4) {
        return true;
    }
    let lines = text.split(['\r', '\n']).map(|line| line.trim_matches([' ', '\t']));
    lines.filter(|line| line.contains(' ')).any(|line| !is_folded(line))
}

/// Whether a line is one of even parts: line breaks that a template or an attribute made spaces.
fn is_folded(line: &str) -> bool {
    let parts: Vec<usize> = line.split(' ').map(str::len).collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    first >= 60
        && first.is_multiple_of(4)
        && last <= first
        && parts[..parts.len() - 1].iter().all(|p| *p == first)
}

/// What was made of base64 on its way that no longer decodes.
fn wrong(text: &str) -> &'static str {
    match text {
        _ if text.contains('%') => "must be base64: it is percent-encoded; send it in JSON as it is",
        _ if text.contains('\\') => {
            "must be base64: it has backslashes, as of an escape that was written twice"
        }
        _ if text.starts_with("b'") || text.starts_with("b\"") => {
            "must be base64: it begins with `b'`, as bytes that were printed; decode them to text first"
        }
        _ => NOT,
    }
}

/// Plain standard base64.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_decodes_to_the_same_bytes() {
        let bytes = [0xfb, 0xff, 0xfe, 1];
        for text in [
            "+//+AQ==",
            "+//+AQ",
            "-__-AQ==",
            "-__-AQ",
            "+//+\r\nAQ==",
            "data:image/png;base64,+//+AQ==",
            "DATA:image/png;BASE64,+//+AQ==",
        ] {
            assert_eq!(decode(text).as_deref(), Ok(&bytes[..]), "{text}");
        }
        for bad in
            ["", "=", "a", "+_AA", "é", "data:,hello", "data:image/png;base64,", "https://example.com/a.jpg"]
        {
            assert_eq!(decode(bad), Err(NOT), "{bad}");
        }
    }

    #[test]
    fn what_a_form_made_of_base64_is_told() {
        for (bad, word) in [
            (" //+AQ==", "form"),
            ("AQID BAU", "form"),
            ("data:image/png;base64,AQ D", "form"),
            ("AQ D\r\nAQ D", "form"),
            ("%2B%2F%2F%2BAQ%3D%3D", "percent"),
            ("\\/\\/8=", "backslash"),
            ("b'AQ=='", "b'"),
        ] {
            let said = decode(bad).unwrap_err();
            assert!(said.contains(word) && said.contains("base64"), "{bad}: {said}");
        }
    }

    #[test]
    fn base64_that_was_broken_into_lines_is_read() {
        let bytes: Vec<u8> = (0..200).collect();
        let text = encode(&bytes);
        for wide in [64, 76] {
            let lines: Vec<&str> =
                text.as_bytes().chunks(wide).map(|l| std::str::from_utf8(l).unwrap()).collect();
            for between in ["\n", "\r\n", "\n    ", " \n", " "] {
                assert_eq!(
                    decode(&format!("\n  {} ", lines.join(between))).as_ref(),
                    Ok(&bytes),
                    "{between:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn no_space_for_a_plus_decodes_to_something_else(bytes in prop::collection::vec(any::<u8>(), 1..600)) {
            let sent = encode(&bytes);
            let arrived = sent.replace('+', " ");
            prop_assert_eq!(decode(&arrived).is_ok_and(|read| read != bytes), false);
        }

        #[test]
        fn what_is_shown_is_read_back(bytes in prop::collection::vec(any::<u8>(), 1..100)) {
            prop_assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        }
    }
}
