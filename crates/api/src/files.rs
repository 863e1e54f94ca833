//! Files that never change while the server runs: held once, compressed once, and known by their content.

use std::io::Write as _;
use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use crate::conditional::is_known;

/// A file and its compressed form; all answers share their bytes.
pub(crate) struct File {
    plain: Bytes,
    kind: HeaderValue,
    tag: String,
    /// Made when it is first asked for; none where it would be no shorter.
    packed: OnceLock<Option<Bytes>>,
}

fn packed(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::default());
    encoder.write_all(plain).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < plain.len()).then(|| packed.into())
}

/// Whether the client takes gzip (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    let mut any = false;
    for coding in codings.flat_map(|v| v.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts
            .any(|p| p.to_ascii_lowercase().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)));
        match name.as_str() {
            "gzip" | "x-gzip" => return !refused,
            "*" => any = !refused,
            _ => {}
        }
    }
    any
}

impl File {
    /// A file of this media type.
    pub(crate) fn new(plain: Bytes, kind: &str) -> Self {
        let digest = Sha256::digest(&plain);
        let tag: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let kind = HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("text/plain"));
        Self { plain, kind, tag, packed: OnceLock::new() }
    }

    /// The answer to a request with these headers.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response {
        let packed =
            if takes_gzip(headers) { self.packed.get_or_init(|| packed(&self.plain)).clone() } else { None };
        // Two forms, two tags: a strong one stands for the bytes sent.
        let form = if packed.is_some() { "-gz" } else { "" };
        let tag = format!("\"{}{form}\"", self.tag);
        let mut response = if is_known(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let coding =
                packed.is_some().then_some((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            let mut response = packed.unwrap_or_else(|| self.plain.clone()).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, self.kind.clone());
            response.headers_mut().extend(coding);
            response
        };
        let set = response.headers_mut();
        set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        set.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            set.insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> HeaderMap {
        [(header::ACCEPT_ENCODING, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (value, takes) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000, *", false),
            ("br", false),
            ("identity", false),
        ] {
            assert_eq!(takes_gzip(&accepting(value)), takes, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn each_form_has_a_tag_of_its_own() {
        let file = File::new(Bytes::from(vec![b'a'; 10_000]), "text/css");
        let (plain, packed) = (file.answer(&HeaderMap::new()), file.answer(&accepting("gzip")));
        assert_ne!(plain.headers()[header::ETAG], packed.headers()[header::ETAG]);
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        let mut again = accepting("gzip");
        again.insert(header::IF_NONE_MATCH, packed.headers()[header::ETAG].clone());
        assert_eq!(file.answer(&again).status(), StatusCode::NOT_MODIFIED);
        let short = File::new(Bytes::from_static(b"a"), "text/css");
        assert!(!short.answer(&accepting("gzip")).headers().contains_key(header::CONTENT_ENCODING));
    }
}
