//! Conditional requests: `If-Match` and `If-None-Match` (RFC 9110, section 13).

use axum::http::{HeaderMap, HeaderName, header};

use crate::problem::{Problem, codes};

/// The tags of a header; `None` when it is not there.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Vec<&'a str>> {
    if !headers.contains_key(name) {
        return None;
    }
    // A tag that cannot be read matches nothing; it must not count as no tag at all.
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
    Some(values.into_iter().flat_map(|v| v.split(',')).map(str::trim).collect())
}

/// Whether `If-Match`, if given, names `etag`. Comparison is strong: a weak tag never matches.
pub(crate) fn check_if_match(headers: &HeaderMap, etag: &str) -> Result<(), Problem> {
    match tags(headers, &header::IF_MATCH) {
        Some(tags) if !tags.iter().any(|t| *t == "*" || *t == etag) => {
            Err(Problem::new(codes::PRECONDITION_FAILED))
        }
        _ => Ok(()),
    }
}

/// Whether `If-None-Match` says that the client has `etag` already. Comparison is weak.
pub(crate) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let tags = tags(headers, &header::IF_NONE_MATCH).unwrap_or_default();
    tags.iter().any(|t| *t == "*" || t.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn if_match_is_strong_and_optional() {
        assert!(check_if_match(&HeaderMap::new(), "\"3\"").is_ok());
        for (value, ok) in [
            ("\"3\"", true),
            ("\"2\", \"3\"", true),
            ("*", true),
            ("\"2\"", false),
            ("W/\"3\"", false),
            ("3", false),
        ] {
            assert_eq!(check_if_match(&with(header::IF_MATCH, value), "\"3\"").is_ok(), ok, "{value}");
        }
    }

    #[test]
    fn if_none_match_is_weak() {
        assert!(is_known(&with(header::IF_NONE_MATCH, "W/\"3\""), "\"3\""));
        assert!(!is_known(&with(header::IF_NONE_MATCH, "\"4\""), "\"3\""));
        assert!(!is_known(&HeaderMap::new(), "\"3\""));
    }
}
