//! Two tenants, and bodies that stall.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use domain::Scope;
use http_body::{Frame, SizeHint};
use serde_json::Value;
use testkit::{App, Reply, Setup, supplied};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

pub(crate) const ALL: [Scope; 5] = [
    Scope::PersonsRead,
    Scope::PersonsWrite,
    Scope::PersonsReview,
    Scope::BiometricsRead,
    Scope::BiometricsMatch,
];

/// A server, and the token of another tenant than the one whose token it has.
pub(crate) async fn two(setup: Setup) -> (Arc<App>, String) {
    let app = App::with(setup).await;
    let other = app.registry.create_tenant("other").await.unwrap().unwrap();
    let token = app.token_of(other, &ALL).await;
    (Arc::new(app), token)
}

pub(crate) fn request(token: &str, method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    request.header("authorization", format!("Bearer {token}")).body(body.into()).unwrap()
}

pub(crate) async fn post(app: &App, token: &str, path: &str, body: &Value) -> Reply {
    app.raw(request(token, "POST", path, body.to_string())).await
}

/// An answer whose body is not read.
pub(crate) async fn unread(app: &App, request: Request<Body>) -> Response<Body> {
    app.router().oneshot(request).await.unwrap()
}

/// The body of a person with a face whose image has so many bytes; no two look alike.
pub(crate) fn with_face(who: u64, bytes: usize) -> Value {
    let image = format!("supplied face {}{who} 0 0", "0".repeat(bytes));
    supplied::body(&format!("Ann {who}"), image.as_bytes())
}

/// A body that announces much, sends some of it, and then nothing.
pub(crate) struct Stalled {
    announced: u64,
    sent: Option<Bytes>,
    /// Has a permit for each body that has stalled.
    stalled: Arc<Semaphore>,
}

impl Stalled {
    pub(crate) fn body(announced: u64, sent: usize, stalled: &Arc<Semaphore>) -> Body {
        let sent = (sent > 0).then(|| Bytes::from(vec![b' '; sent]));
        Body::new(Self { announced, sent, stalled: Arc::clone(stalled) })
    }
}

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        match self.sent.take() {
            Some(sent) => Poll::Ready(Some(Ok(Frame::data(sent)))),
            None => {
                self.stalled.add_permits(1);
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

/// A body that tells when all of it was read: what follows is done before its task waits for anything again.
pub(crate) struct Told {
    bytes: Option<Bytes>,
    /// Has a permit for each body that was read.
    read: Arc<Semaphore>,
}

impl Told {
    pub(crate) fn body(bytes: impl Into<Bytes>, read: &Arc<Semaphore>) -> Body {
        Body::new(Self { bytes: Some(bytes.into()), read: Arc::clone(read) })
    }
}

impl http_body::Body for Told {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        let bytes = self.bytes.take();
        if bytes.is_none() {
            self.read.add_permits(1);
        }
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
