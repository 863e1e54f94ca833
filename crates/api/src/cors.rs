//! Cross-origin requests from browsers (Fetch standard), for the origins the operator names.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, x-request-id",
);
const SHOWN: HeaderValue =
    HeaderValue::from_static("etag, location, retry-after, x-request-id, ratelimit, ratelimit-policy");

/// The origin to allow, if the request's is one of `origins`.
pub(crate) fn allowed(origins: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let known = origins.iter().any(|o| o == "*" || o.as_bytes() == origin.as_bytes());
    known.then(|| origin.clone())
}

/// Whether a request only asks what it may do.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Marks a response as readable from `origin`.
pub(crate) fn mark<B>(response: &mut Response<B>, origin: HeaderValue, preflight: bool) {
    let mut set = |name: HeaderName, value: HeaderValue| drop(response.headers_mut().insert(name, value));
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    set(header::VARY, HeaderValue::from_static("origin"));
    if preflight {
        set(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        set(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        set(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    } else {
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, SHOWN);
    }
}
