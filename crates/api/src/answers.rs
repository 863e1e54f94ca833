//! Answers on their way: their bytes are counted until the socket has taken them, so that clients that do not read cannot
//! fill the memory.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http_body_util::BodyExt as _;

use crate::budget::{Budget, Part, Principal};
use crate::problem::{Problem, codes};

/// Smaller ones are not worth counting: with every connection in use they come to a hundred megabytes.
const SMALL: u64 = 16 << 10;

/// A piece of an answer and its part of the memory, which is given back with the piece's last byte.
struct Piece {
    bytes: Bytes,
    _memory: Arc<Part>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// `bytes`, which hold their part of the memory until the last of them is sent.
pub(crate) fn piece(bytes: Bytes, memory: Part) -> Bytes {
    Bytes::from_owner(Piece { bytes, _memory: Arc::new(memory) })
}

/// A body whose pieces are counted.
struct Counted {
    body: Body,
    memory: Arc<Part>,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let memory = Arc::clone(&self.memory);
        Pin::new(&mut self.body)
            .poll_frame(cx)
            .map_ok(|frame| frame.map_data(|bytes| Bytes::from_owner(Piece { bytes, _memory: memory })))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// `response`, counted until it is sent; refused where those who asked for it leave too much unread already. One that is made
/// while it is sent counts its pieces by itself.
pub(crate) fn counted(response: Response, answers: &Arc<Budget>, who: Option<Principal>) -> Response {
    let Some(size) = response.body().size_hint().exact().filter(|size| *size > SMALL) else {
        return response;
    };
    let mut memory = answers.part(who);
    if memory.grow(usize::try_from(size).unwrap_or(usize::MAX)).is_err() {
        return Problem::new(codes::BUSY).retry_after(1).into_response();
    }
    response.map(|body| Body::new(Counted { body, memory: Arc::new(memory) }.boxed_unsync()))
}
