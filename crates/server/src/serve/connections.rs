//! A cap on open connections: those beyond it are closed at once, before they cost anything. And an end to those that
//! read their answers too slowly, which takes back what the kernel holds for them.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// How a client must read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Time for one answer.
    pub(crate) most: Duration,
    /// For so long it may be read slower than it must.
    pub(crate) grace: Duration,
    /// Least speed after that.
    pub(crate) bytes_per_second: u64,
    /// Bytes of an answer that the kernel may hold.
    pub(crate) buffer: usize,
}

/// Lets so many connections in.
#[derive(Clone)]
pub(crate) struct Capped {
    places: Arc<Semaphore>,
    reading: Reading,
}

impl Capped {
    pub(crate) fn new(most: usize, reading: Reading) -> Self {
        Self { places: Arc::new(Semaphore::new(most)), reading }
    }
}

impl<S> Accept<TcpStream, S> for Capped {
    type Stream = Counted;
    type Service = S;
    type Future = Ready<io::Result<(Counted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return ready(Err(io::Error::other("too many connections")));
        };
        // Small answers must not wait for the next packet.
        let _ = stream.set_nodelay(true);
        // What is sent and not read is held by the kernel, whose memory no budget of ours counts.
        let _ = SockRef::from(&stream).set_send_buffer_size(self.reading.buffer);
        let counted =
            Counted { stream, reading: self.reading, answer: Progress::default(), wake: None, _place: place };
        ready(Ok((counted, service)))
    }
}

/// A connection that gives its place back when it ends.
pub(crate) struct Counted {
    stream: TcpStream,
    reading: Reading,
    answer: Progress,
    /// Runs while a write waits for the client to read.
    wake: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

/// How far the answer under way is.
#[derive(Debug, Default)]
struct Progress {
    /// Since when; none before its first byte.
    begun: Option<Instant>,
    /// Since when the client has not read; none while the socket takes what it is given.
    waiting: Option<Instant>,
    /// How long the client was waited for before.
    waited: Duration,
    bytes: u64,
}

/// How long a client may leave its answer unread, whatever it has read before.
const PATIENCE: Duration = Duration::from_secs(30);

impl Progress {
    /// Until when the client must have read on.
    fn deadline(&mut self, now: Instant, reading: &Reading) -> Instant {
        let begun = *self.begun.get_or_insert(now);
        let waiting = *self.waiting.get_or_insert(now);
        let worth = Duration::from_millis(self.bytes * 1_000 / reading.bytes_per_second.max(1));
        // Only the time in which the client was waited for counts: a server that is slow is not its fault.
        let due = waiting + (reading.grace + worth).saturating_sub(self.waited);
        due.min(waiting + PATIENCE).min(begun + reading.most)
    }

    /// The socket has taken some.
    fn took(&mut self, now: Instant, bytes: usize) {
        self.begun.get_or_insert(now);
        if let Some(since) = self.waiting.take() {
            self.waited += now.duration_since(since);
        }
        self.bytes += bytes as u64;
    }
}

impl Counted {
    /// Passes a write's outcome on, or ends the connection when the client reads too slowly.
    fn in_time(&mut self, outcome: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        if let Poll::Ready(taken) = outcome {
            self.wake = None;
            if let Ok(bytes) = &taken {
                self.answer.took(now, *bytes);
            }
            return Poll::Ready(taken);
        }
        let deadline = self.answer.deadline(now, &self.reading);
        let wake = self.wake.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if wake.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // A reset: the kernel forgets what was not read instead of trying on for minutes.
        let _ = self.stream.set_zero_linger();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        // The next request has come, and with it another answer. While a write waits there is none.
        if buf.filled().len() > before && self.answer.waiting.is_none() {
            self.answer = Progress::default();
        }
        outcome
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.in_time(outcome, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.in_time(outcome, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: Reading = Reading {
        most: Duration::from_secs(120),
        grace: Duration::from_secs(5),
        bytes_per_second: 1_000,
        buffer: 1 << 16,
    };

    #[test]
    fn an_answer_has_as_long_as_what_was_read_is_worth() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut answer = Progress::default();
        answer.took(begun, 10_000);
        assert_eq!(answer.deadline(at(1), &READING), at(16), "ten seconds' worth and the grace");
        answer.took(at(11), 0);
        assert_eq!(
            answer.deadline(at(60), &READING),
            at(65),
            "ten of them were used up, the server's own time not"
        );
        answer.took(at(61), 1_000_000);
        assert_eq!(answer.deadline(at(61), &READING), at(91), "who stops altogether has thirty");
        answer.took(at(91), 1_000_000);
        assert_eq!(answer.deadline(at(100), &READING), at(120), "and nobody has longer than the whole time");
    }

    #[test]
    fn a_byte_now_and_then_does_not_help() {
        let begun = Instant::now();
        let mut answer = Progress::default();
        answer.took(begun, 10);
        let (mut now, mut seconds) = (begun, 0);
        // The client takes ten bytes a second.
        while answer.deadline(now, &READING) > now {
            now += Duration::from_secs(1);
            answer.took(now, 10);
            seconds += 1;
            assert!(seconds < 7, "it is shown out once the grace is over");
        }
    }
}
