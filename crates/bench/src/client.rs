//! A closed-loop client: so many connections, each sending its next request when the last was answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// One kind of request.
#[derive(Clone)]
pub struct Call {
    /// Method.
    pub method: &'static str,
    /// Path.
    pub path: String,
    /// Token.
    pub token: String,
    /// Body; empty for none.
    pub body: Bytes,
    /// The status that counts as success.
    pub expect: u16,
}

/// What a run came to.
pub struct Load {
    /// Requests a second.
    pub rate: f64,
    /// Time of each request.
    pub times: Vec<Duration>,
}

async fn connection(address: SocketAddr, call: Arc<Call>, until: Instant) -> Vec<Duration> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("an option");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a handshake");
    tokio::spawn(connection);
    let mut times = Vec::new();
    while Instant::now() < until {
        let request = Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header("host", "bench")
            .header("authorization", format!("Bearer {}", call.token))
            .header("content-type", "application/json")
            .body(Full::new(call.body.clone()))
            .expect("a request");
        let started = Instant::now();
        let response = sender.send_request(request).await.expect("an answer");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(status, call.expect, "{}", String::from_utf8_lossy(&body));
        times.push(started.elapsed());
    }
    times
}

/// Runs `call` on `connections` connections for `time`.
///
/// # Panics
/// When a request fails: a benchmark of failures is worth nothing.
#[must_use]
pub fn run(address: SocketAddr, call: Call, connections: usize, time: Duration) -> Load {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (call, started) = (Arc::new(call), Instant::now());
        let tasks: Vec<_> = (0..connections)
            .map(|_| tokio::spawn(connection(address, Arc::clone(&call), started + time)))
            .collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.expect("a connection"));
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = times.len() as f64 / started.elapsed().as_secs_f64();
        Load { rate, times }
    })
}
