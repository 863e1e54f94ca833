//! Reading a body: the right type, within size, time and memory.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::sync::OwnedSemaphorePermit;

use crate::problem::{Problem, codes};
use crate::state::Api;

/// Beyond the largest body, so much more is read and thrown away, so that the client gets to read its 413.
const DRAIN: usize = 64 << 20;
/// And for so long.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Content types of a body; the second for PATCH (RFC 7396).
const TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];

/// A whole JSON body, and the memory set aside for it.
pub(crate) struct JsonBody {
    pub(crate) bytes: Bytes,
    _memory: OwnedSemaphorePermit,
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    TYPES.iter().any(|t| essence.eq_ignore_ascii_case(t))
        && parts.all(|p| {
            p.is_empty() || matches!(p.to_ascii_lowercase().as_str(), "charset=utf-8" | "charset=\"utf-8\"")
        })
}

impl FromRequest<Api> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        if !is_json(request.headers()) || request.headers().contains_key(header::CONTENT_ENCODING) {
            return Err(Problem::new(codes::UNSUPPORTED_MEDIA_TYPE));
        }
        if is_hopeless(request.headers(), api.shared().limits.body_bytes) {
            return Err(Problem::new(codes::BODY_TOO_LARGE));
        }
        let time = api.shared().limits.body_time;
        let read = tokio::time::timeout(time, read(request.into_body(), api));
        read.await.unwrap_or_else(|_| Err(Problem::new(codes::REQUEST_TIMEOUT)))
    }
}

async fn read(mut body: Body, api: &Api) -> Result<JsonBody, Problem> {
    let limit = api.shared().limits.body_bytes;
    let announced = body.size_hint().upper().and_then(|b| usize::try_from(b).ok());
    if announced.is_some_and(|b| b > limit) {
        return Err(refuse(body).await);
    }
    // Memory is set aside before it is used: for an announced body as much as it says, else in full.
    let kibibytes = u32::try_from(announced.unwrap_or(limit).div_ceil(1024).max(1)).unwrap_or(u32::MAX);
    let bodies = std::sync::Arc::clone(&api.shared().bodies);
    let Ok(memory) = bodies.try_acquire_many_owned(kibibytes) else {
        return Err(Problem::new(codes::BUSY).retry_after(1));
    };
    let mut whole = BytesMut::with_capacity(announced.unwrap_or(8 << 10));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(codes::MALFORMED_JSON).detail("the body was cut off"))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            return Err(refuse(body).await);
        }
        whole.extend_from_slice(&data);
    }
    Ok(JsonBody { bytes: whole.freeze(), _memory: memory })
}

/// Whether reading on is of no use: the client waits for a word before it sends, or announces more than is drained.
fn is_hopeless(headers: &HeaderMap, limit: usize) -> bool {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let limit = limit as u64;
    announced.is_some_and(|a| a > limit && (headers.contains_key(header::EXPECT) || a > limit + DRAIN as u64))
}

/// Reads on to a bound in size and time, then refuses.
async fn refuse(mut body: Body) -> Problem {
    let drain = async {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Bytes::len);
            if drained > DRAIN {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, drain).await;
    Problem::new(codes::BODY_TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_json_with_or_without_its_charset() {
        let headers =
            |value: &'static str| [(header::CONTENT_TYPE, value.parse().unwrap())].into_iter().collect();
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;charset=UTF-8",
            "application/merge-patch+json",
        ] {
            assert!(is_json(&headers(good)), "{good}");
        }
        for bad in
            ["", "text/plain", "application/jsonp", "application/json; charset=latin-1", "application/xml"]
        {
            assert!(!is_json(&headers(bad)), "{bad}");
        }
    }
}
