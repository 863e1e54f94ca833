//! Conditional requests: `If-Match` and `If-None-Match` (RFC 9110, section 13).

use axum::http::{HeaderMap, HeaderName, header};

use crate::problem::{Fault, Problem, codes};

/// What proxies that compress an answer add to its tag, within the quotes: Apache (`-gzip`, `-br`), Jetty (`--gzip`),
/// nginx modules (`;gzip`).
const CODED: [&str; 6] = ["gzip", "br", "deflate", "zstd", "df", "gz"];

/// One tag of a header, or `*`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tag<'a> {
    Any,
    /// Without its mark of weakness, with its quotes.
    Quoted(&'a str),
    /// Not a tag: without quotes, or with one.
    Bare,
}

impl<'a> Tag<'a> {
    fn read(text: &'a str) -> Self {
        let strong = text.strip_prefix("W/").or_else(|| text.strip_prefix("w/")).unwrap_or(text);
        let inner = strong.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        match inner {
            _ if text == "*" => Self::Any,
            Some(inner) if !inner.contains('"') => Self::Quoted(strong),
            _ => Self::Bare,
        }
    }

    /// Whether it is `etag`. Weak and strong tags are the same here: a tag counts versions of a record, and what a proxy makes of
    /// the bytes of an answer does not change which version it shows.
    fn is(self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Quoted(tag) => tag == etag || uncoded(tag).is_some_and(|t| etag.trim_matches('"') == t),
            Self::Bare => false,
        }
    }
}

/// What a quoted tag was before a proxy compressed its answer, without quotes.
fn uncoded(tag: &str) -> Option<&str> {
    let inner = tag.trim_matches('"');
    let at = inner.rfind(['-', ';'])?;
    CODED.contains(&&inner[at + 1..]).then(|| inner[..at].trim_end_matches('-'))
}

/// The tags of a header; `None` when it is not there.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Vec<Tag<'a>>> {
    if !headers.contains_key(name) {
        return None;
    }
    // A tag that cannot be read matches nothing; it must not count as no tag at all.
    let values = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    let all: Vec<&str> = values.flat_map(|v| v.split(',')).map(str::trim).collect();
    // Empty members of a list mean nothing (RFC 9110, 5.6.1); nothing else is no tag.
    let empty = all.iter().all(|tag| tag.is_empty());
    Some(all.into_iter().filter(|tag| empty || !tag.is_empty()).map(Tag::read).collect())
}

/// Whether `If-Match`, if given, names `etag`.
pub(crate) fn check_if_match(headers: &HeaderMap, etag: &str) -> Result<(), Problem> {
    let Some(tags) = tags(headers, &header::IF_MATCH) else { return Ok(()) };
    if tags.contains(&Tag::Bare) {
        let detail = "must be `*` or the `ETag` of an answer as it came, with its quotes: If-Match: \"3\"";
        let parameter = Some("If-Match".to_owned());
        let fault = Fault { pointer: None, parameter, code: "format", detail: detail.into() };
        return Err(Problem::new(codes::INVALID_PARAMETER).errors(vec![fault]));
    }
    if tags.iter().any(|tag| tag.is(etag)) { Ok(()) } else { Err(Problem::new(codes::PRECONDITION_FAILED)) }
}

/// Whether `If-None-Match` says that the client has `etag` already. What is no tag is the tag of nothing: the whole answer is
/// sent.
pub(crate) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    tags(headers, &header::IF_NONE_MATCH).unwrap_or_default().into_iter().any(|tag| tag.is(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    /// What a proxy may have made of a tag on its way, and others.
    const SENT: [(&str, bool); 13] = [
        ("\"3\"", true),
        ("\"2\", \"3\"", true),
        ("*", true),
        ("W/\"3\"", true),
        ("W/\"2\",W/\"3\"", true),
        ("\"3-gzip\"", true),
        ("W/\"3-gzip\"", true),
        ("\"3--gzip\"", true),
        ("\"3;br\"", true),
        ("\"2\"", false),
        ("W/\"2\"", false),
        ("\"3-x\"", false),
        ("\"3x\"", false),
    ];

    #[test]
    fn a_tag_is_the_same_weak_or_strong_and_whatever_a_proxy_added() {
        assert!(check_if_match(&HeaderMap::new(), "\"3\"").is_ok());
        assert!(!is_known(&HeaderMap::new(), "\"3\""));
        for (value, same) in SENT {
            let checked = check_if_match(&with(header::IF_MATCH, value), "\"3\"");
            assert_eq!(
                checked.map_err(|p| p.code),
                same.then_some(()).ok_or(codes::PRECONDITION_FAILED),
                "{value}"
            );
            assert_eq!(is_known(&with(header::IF_NONE_MATCH, value), "\"3\""), same, "{value}");
        }
    }

    #[test]
    fn a_tag_without_its_quotes_is_told_of_and_not_compared() {
        for value in ["3", "W/3", "\"3", "3\"", "\"", "", "'3'", "\"2\", 3", "\"1\"\"3\""] {
            let refused = check_if_match(&with(header::IF_MATCH, value), "\"3\"");
            assert!(refused.is_err_and(|p| p.code == codes::INVALID_PARAMETER), "{value}");
            assert!(!is_known(&with(header::IF_NONE_MATCH, value), "\"3\""), "{value}");
        }
    }
}
