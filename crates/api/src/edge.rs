//! What happens to every request before and after its handler: an id, a time limit, a log line, a count, and the
//! rendering of problems.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::answers;
use crate::budget::Asker;
use crate::cors;
use crate::problem::{Problem, codes};
use crate::quota::Slot;
use crate::state::Api;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Largest sum of all header names and values.
const MAX_HEADERS: usize = 16 << 10;

/// The client's request id if it is harmless, else a fresh one.
fn request_id(api: &Api, headers: &HeaderMap) -> String {
    // A token that was sent as one by mistake would stand in the log.
    let harmless = |id: &&str| {
        !id.starts_with(registry::TOKEN_PREFIX)
            && (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let sent = headers.get(REQUEST_ID).and_then(|v| v.to_str().ok()).filter(harmless);
    sent.map_or_else(|| format!("{:032x}", api.registry_before_permission().request_id()), str::to_owned)
}

/// The trace a request belongs to (W3C Trace Context), if its header is well-formed.
fn trace(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    };
    let parts: Vec<&str> = value.split('-').collect();
    let [version, trace, span, flags] = parts[..] else { return None };
    (hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2)).then_some(trace)
}

/// Whether JSON is acceptable (RFC 9110, section 12.5.1); only refusal by name or omission counts.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .filter(|range| !range.trim().is_empty())
        .peekable();
    ranges.peek().is_none()
        || ranges.any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
            let wanted = matches!(
                essence.as_str(),
                "*/*" | "application/*" | "application/json" | "application/problem+json"
            );
            wanted && !parts.any(|p| matches!(p, "q=0" | "q=0.0"))
        })
}

fn headers_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// Wraps every request.
pub(crate) async fn edge(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&api, request.headers());
    let (method, path) = (request.method().clone(), route_of(&request));
    let trace = trace(request.headers()).map(str::to_owned);
    let origin = cors::allowed(&api.shared().limits.cors_origins, request.headers());
    let preflight = origin.is_some() && cors::is_preflight(&method, request.headers());

    let has_quotas = api.shared().quota.is_some() || api.shared().comparisons.is_some();
    let left = has_quotas.then(Slot::default);
    let asker = Asker::default();
    request.extensions_mut().insert(Asker::clone(&asker));
    if let Some(slot) = &left {
        request.extensions_mut().insert(Slot::clone(slot));
    }
    let response = if preflight {
        StatusCode::NO_CONTENT.into_response()
    } else if headers_size(request.headers()) > MAX_HEADERS {
        Problem::new(codes::HEADERS_TOO_LARGE).into_response()
    } else if request.uri().path().starts_with("/v2/") && !accepts_json(request.headers()) {
        Problem::new(codes::NOT_ACCEPTABLE).into_response()
    } else {
        // Dropping the handler when its time is over is safe: what it handed to the store is finished there.
        let within = tokio::time::timeout(api.shared().limits.request_time, next.run(request));
        within.await.unwrap_or_else(|_| Problem::new(codes::BUSY).retry_after(2).into_response())
    };

    let asker = asker.get().copied();
    let response = answers::counted(response, &api.shared().answers, asker);
    let mut response = finish(response, &id);
    if let Some(left) = left.as_ref().and_then(|slot| slot.get()) {
        left.show(&mut response);
    }
    if let Some(origin) = origin {
        cors::mark(&mut response, origin, preflight);
    }
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    let method = known_method(&method);
    metrics::counter!("personhood_requests_total", "method" => method, "route" => path.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("personhood_request_seconds", "method" => method, "route" => path.clone())
        .record(elapsed.as_secs_f64());
    let ms = elapsed.as_micros() / 1_000;
    let (tenant, token) = asker.map(|p| (p.tenant.to_string(), p.token.to_string())).unzip();
    tracing::info!(request = %id, trace, method, route = %path, tenant, token, status, ms, "request");
    response
}

/// The path's pattern: never the path itself, which may hold identifiers, and never the query.
fn route_of(request: &Request) -> String {
    request.extensions().get::<MatchedPath>().map_or_else(|| "unknown".to_owned(), |p| p.as_str().to_owned())
}

/// Methods as labels: a made-up method must not make a new time series.
fn known_method(method: &axum::http::Method) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|m| *m == method.as_str())
        .unwrap_or("OTHER")
}

/// Renders a problem, and sets the headers every answer has.
fn finish(mut response: Response, id: &str) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.render(id);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn json_is_acceptable_unless_something_else_is_wanted() {
        assert!(accepts_json(&HeaderMap::new()));
        for (value, ok) in [
            ("*/*", true),
            ("text/html, application/json;q=0.9", true),
            ("application/*", true),
            ("text/html", false),
            ("application/json;q=0", false),
            ("image/png, text/*", false),
        ] {
            assert_eq!(accepts_json(&with(header::ACCEPT, value)), ok, "{value}");
        }
    }

    #[test]
    fn only_well_formed_traces_are_logged() {
        let name = || HeaderName::from_static("traceparent");
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace(&with(name(), good)), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for bad in [
            "",
            "00-xyz-1-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            &good.replace('-', "_"),
        ] {
            assert_eq!(trace(&with(name(), bad)), None, "{bad}");
        }
    }
}
