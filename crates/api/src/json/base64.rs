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

/// Decodes standard or URL-safe base64, padded or not, with or without line breaks and a `data:` prefix.
/// `None` when it is none of these, or empty.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let is_data = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"));
    let text = if is_data {
        let (head, data) = text.split_once(',')?;
        head.to_ascii_lowercase().ends_with(";base64").then_some(data)?
    } else {
        text
    };
    let text = if text.bytes().any(|b| b.is_ascii_whitespace()) {
        Cow::Owned(text.split_ascii_whitespace().collect::<String>())
    } else {
        Cow::Borrowed(text)
    };
    let url_safe = text.bytes().any(|b| matches!(b, b'-' | b'_'));
    let engine = if url_safe { &URL_SAFE } else { &STANDARD };
    engine.decode(text.as_bytes()).ok().filter(|bytes| !bytes.is_empty())
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
            assert_eq!(decode(text).as_deref(), Some(&bytes[..]), "{text}");
        }
        for bad in
            ["", "=", "a", "+_AA", "é", "data:,hello", "data:image/png;base64,", "https://example.com/a.jpg"]
        {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(bytes in prop::collection::vec(any::<u8>(), 1..100)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
