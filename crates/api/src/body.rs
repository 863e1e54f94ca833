//! Reading a body: the right type, within size, time and memory, and not slower than it may be.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
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
/// Names of the encoding bodies are in; ASCII is a part of it.
const UTF_8: [&str; 5] = ["utf-8", "utf8", "us-ascii", "ascii", ""];

/// A whole JSON body, and the memory set aside for it.
pub(crate) struct JsonBody {
    pub(crate) bytes: Bytes,
    _memory: Part,
}

/// What is wrong with how a body is said to be sent; nothing where it is plain JSON in UTF-8.
fn fault_of(headers: &HeaderMap) -> Option<Cow<'static, str>> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    if !TYPES.contains(&essence.as_str()) {
        return Some(match essence.as_str() {
            "" => "`Content-Type` is missing: send `application/json`".into(),
            "application/x-www-form-urlencoded" => {
                "the body is sent as a form, as `curl -d` does by itself: send `Content-Type: application/json`".into()
            }
            "multipart/form-data" => {
                "files are not sent as a form: put them into JSON in base64, and send `application/json`".into()
            }
            _ => "`Content-Type` must be `application/json`".into(),
        });
    }
    // JSON has no parameters (RFC 8259, section 11): those that clients send all the same mean nothing, but for the one that
    // says that it is in another encoding.
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        (name.trim() == "charset").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    });
    if charset.is_some_and(|charset| !UTF_8.contains(&charset.as_str())) {
        return Some(
            "the body must be in UTF-8: encode it so, and send `application/json` without another `charset`"
                .into(),
        );
    }
    let coding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let coded = coding.is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity"));
    coded.then(|| "the body must not be compressed: send it without `Content-Encoding`".into())
}

impl FromRequest<Api> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        if let Some(fault) = fault_of(request.headers()) {
            return Err(Problem::new(codes::UNSUPPORTED_MEDIA_TYPE).detail(fault));
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
    fn json_is_json_whatever_parameters_are_sent_with_it() {
        let headers = |value: &str| [(header::CONTENT_TYPE, value.parse().unwrap())].into_iter().collect();
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json; charset='utf8'",
            "application/json; charset = utf-8; profile=x",
            "application/json; charset=us-ascii",
            "application/json;",
            "application/json; odata.metadata=minimal; version=1",
            "application/merge-patch+json",
        ] {
            assert_eq!(fault_of(&headers(good)), None, "{good}");
        }
        for (bad, word) in [
            ("", "missing"),
            ("text/plain", "application/json"),
            ("application/jsonp", "application/json"),
            ("application/json; charset=latin-1", "UTF-8"),
            ("application/json; v=1; charset=\"ISO-8859-1\"", "UTF-8"),
            ("application/json; charset=utf-16", "UTF-8"),
            ("application/xml", "application/json"),
            ("application/x-www-form-urlencoded", "form"),
            ("multipart/form-data; boundary=x", "base64"),
        ] {
            assert!(fault_of(&headers(bad)).is_some_and(|said| said.contains(word)), "{bad}");
        }
        let mut coded: HeaderMap = headers("application/json");
        coded.insert(header::CONTENT_ENCODING, "identity".parse().unwrap());
        assert_eq!(fault_of(&coded), None);
        coded.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        assert!(fault_of(&coded).is_some_and(|said| said.contains("compressed")));
    }
}
