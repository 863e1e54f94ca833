//! Why a body is not JSON as it is taken here, said so that the next attempt succeeds. Never quotes the body.

use std::fmt;

/// What is wrong with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Malformed {
    /// Of bytes that the parser stumbled over with `error`. Its messages are words of its own and of the tree's, and a place.
    pub(super) fn of(bytes: &[u8], error: &serde_json::Error) -> Self {
        // What is in another encoding may break anywhere: the place would mislead.
        Self(if let Some(encoding) = encoding(bytes) {
            encoding
        } else if bytes.iter().all(u8::is_ascii_whitespace) {
            "the body is empty: send one JSON object".into()
        } else if error.is_eof() {
            format!("the body ends too early, line {} column {}", error.line(), error.column())
        } else {
            format!("the body is not acceptable JSON: {error}")
        })
    }
}

/// What bytes are instead of UTF-8, and what to do. JSON begins with an ASCII character, so that the zeros among the first four
/// bytes tell the wider encodings (RFC 4627, section 3).
fn encoding(bytes: &[u8]) -> Option<String> {
    let wide = match bytes {
        [0xff, 0xfe, 0, 0, ..]
        | [0, 0, 0xfe, 0xff, ..]
        | [0, 0, 0, 1..=0xff, ..]
        | [1..=0xff, 0, 0, 0, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=0xff, ..] | [1..=0xff, 0, ..] => "UTF-16",
        [0x1f, 0x8b, ..] => {
            return Some("the body is compressed with gzip: send it as it is, in UTF-8".into());
        }
        _ => {
            let error = std::str::from_utf8(bytes).err()?;
            // A character that is cut off at the end of the body: it ends too early, and is said to.
            error.error_len()?;
            let byte = error.valid_up_to() + 1;
            return Some(format!(
                "the body is not in UTF-8: byte {byte} is not part of it, as in Latin-1 or Windows-1252; encode the text as UTF-8"
            ));
        }
    };
    Some(format!("the body is in {wide}: encode it as UTF-8"))
}

#[cfg(test)]
mod tests {
    use crate::json::parse;

    fn said(bytes: &[u8]) -> String {
        parse(bytes).map(|_| ()).unwrap_err().to_string()
    }

    fn wide(text: &str, unit: impl Fn(u16) -> Vec<u8>) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn another_encoding_is_told_by_its_name_and_to_be_utf_8() {
        let text = "{\"firstName\":\"José\"}";
        let (le, be) = (wide(text, |u| u.to_le_bytes().to_vec()), wide(text, |u| u.to_be_bytes().to_vec()));
        let le32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        let be32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        let latin1: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for (bytes, name) in [
            (le.clone(), "UTF-16"),
            ([&[0xff, 0xfe][..], &le].concat(), "UTF-16"),
            (be.clone(), "UTF-16"),
            ([&[0xfe, 0xff][..], &be].concat(), "UTF-16"),
            (le32.clone(), "UTF-32"),
            ([&[0xff, 0xfe, 0, 0][..], &le32].concat(), "UTF-32"),
            (be32, "UTF-32"),
            (latin1, "Latin-1"),
            (vec![0x1f, 0x8b, 8, 0], "gzip"),
        ] {
            let said = said(&bytes);
            assert!(said.contains(name) && said.contains("UTF-8"), "{said}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_of_the_body() {
        for (body, words) in [
            ("", "is empty"),
            (" \r\n", "is empty"),
            ("{\"canary\":\"é", "ends too early"),
            ("{\"a\":1,\"a\":2}", "a name is repeated"),
            ("{\"canary\":1,}", "trailing comma"),
            ("{\"canary\":1} canary", "trailing characters"),
            ("{\"canary\":\"\\ud800\"}", "line 1"),
            ("{\"canary\":NaN}", "line 1"),
            ("{'canary':1}", "line 1"),
            ("canary", "line 1"),
        ] {
            let said = said(body.as_bytes());
            assert!(said.contains(words) && !said.contains("canary"), "{body}: {said}");
        }
        let cut = "{\"canary\":\"é".as_bytes();
        assert!(said(&cut[..cut.len() - 1]).contains("ends too early"), "not taken for Latin-1");
        assert!(said(("[".repeat(40) + &"]".repeat(40)).as_bytes()).contains("nested too deeply"));
        assert!(said(format!("[{}1]", "1,".repeat(3_000)).as_bytes()).contains("too many values"));
    }
}
