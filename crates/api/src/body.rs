//! Reading a body: the right type, within size, time and memory, and not slower than it may be.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::budget::{Asker, Part};
use crate::problem::{Code, Problem, codes};
use crate::state::Api;

/// Beyond the largest body, so much more is read and thrown away, so that the client gets to read its 413.
const DRAIN: usize = 64 << 20;
/// And for so long.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// What is set aside with the first byte of a body that is longer; then twice as much each time it is full.
const FIRST: usize = 16 << 10;
/// Content types of a body; the second for PATCH (RFC 7396).
const TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];

/// A whole JSON body, and the memory set aside for it.
pub(crate) struct JsonBody {
    pub(crate) bytes: Bytes,
    _memory: Part,
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
        let asker = request.extensions().get::<Asker>().and_then(|asker| asker.get()).copied();
        read(request.into_body(), api, api.shared().bodies.part(asker)).await
    }
}

async fn read(mut body: Body, api: &Api, mut memory: Part) -> Result<JsonBody, Problem> {
    let limits = &api.shared().limits;
    let announced = body.size_hint().upper().and_then(|b| usize::try_from(b).ok());
    if announced.is_some_and(|b| b > limits.body_bytes) {
        return Err(refuse(body, codes::BODY_TOO_LARGE).await);
    }
    let pace = Pace::new(Instant::now(), limits.body_time, (limits.grace, limits.body_bytes_per_second));
    let mut whole = Vec::new();
    loop {
        // Who announces much and sends little holds little, and not for long.
        let Ok(frame) = timeout_at(pace.deadline(whole.len()), body.frame()).await else {
            return Err(Problem::new(codes::REQUEST_TIMEOUT));
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| Problem::new(codes::MALFORMED_JSON).detail("the body was cut off"))?;
        let Ok(data) = frame.into_data() else { continue };
        let needed = whole.len() + data.len();
        if needed > limits.body_bytes {
            return Err(refuse(body, codes::BODY_TOO_LARGE).await);
        }
        if needed > whole.capacity() {
            // Memory is set aside before it is used. Who gets no more is refused at once and gives back what it had, so that
            // half-read bodies never wait for each other.
            let size = grown(whole.capacity(), needed, announced.unwrap_or(limits.body_bytes));
            if memory.grow(size - whole.capacity()).is_err() {
                drop((whole, memory));
                return Err(refuse(body, codes::BUSY).await.retry_after(1));
            }
            whole.reserve_exact(size - whole.len());
        }
        whole.extend_from_slice(&data);
    }
    Ok(JsonBody { bytes: whole.into(), _memory: memory })
}

/// The next size of a buffer: twice the present one, at least what is needed, at most what is to come.
fn grown(present: usize, needed: usize, whole: usize) -> usize {
    (present * 2).max(FIRST).min(whole).max(needed)
}

/// How slow a body may come.
struct Pace {
    begun: Instant,
    latest: Instant,
    grace: Duration,
    bytes_per_second: u32,
}

impl Pace {
    fn new(begun: Instant, most: Duration, (grace, bytes_per_second): (Duration, u32)) -> Self {
        Self { begun, latest: begun + most, grace, bytes_per_second: bytes_per_second.max(1) }
    }

    /// Until when the next bytes must be here after so many: later, all would have come slower than they may.
    fn deadline(&self, bytes: usize) -> Instant {
        let millis = bytes as u64 * 1_000 / u64::from(self.bytes_per_second);
        let due = self.begun + self.grace + Duration::from_millis(millis);
        due.min(self.latest)
    }
}

/// Whether reading on is of no use: the client waits for a word before it sends, or announces more than is drained.
fn is_hopeless(headers: &HeaderMap, limit: usize) -> bool {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let limit = limit as u64;
    announced.is_some_and(|a| a > limit && (headers.contains_key(header::EXPECT) || a > limit + DRAIN as u64))
}

/// Reads on to a bound in size and time, then refuses.
async fn refuse(mut body: Body, code: Code) -> Problem {
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
    Problem::new(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_as_long_as_its_bytes_are_worth() {
        let begun = Instant::now();
        let pace = Pace::new(begun, Duration::from_secs(30), (Duration::from_secs(5), 1_000));
        let seconds = |bytes| pace.deadline(bytes).duration_since(begun).as_secs();
        assert_eq!(seconds(0), 5, "who sends nothing is shown out after the grace");
        assert_eq!(seconds(10_000), 15, "ten seconds' worth of bytes is ten seconds more");
        assert_eq!(seconds(1 << 24), 30, "and nobody has longer than the whole time");
    }

    #[test]
    fn buffers_double_and_never_exceed_what_is_to_come() {
        assert_eq!(grown(0, 10, 1_000), 1_000, "a short body is held as it was announced");
        assert_eq!(grown(0, 10, 16 << 20), FIRST, "a long one is not");
        assert_eq!(grown(FIRST, FIRST + 1, 16 << 20), 2 * FIRST);
        assert_eq!(grown(FIRST, 5 * FIRST, 16 << 20), 5 * FIRST);
        assert_eq!(grown(8 << 20, (8 << 20) + 1, 9 << 20), 9 << 20);
    }

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
