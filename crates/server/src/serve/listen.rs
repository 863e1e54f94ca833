//! The listener: time limits for clients that dawdle, and an orderly end.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;

use super::connections::Capped;
use super::metrics::Metrics;
use crate::config::Config;

/// Most headers of a request; further ones are refused by the parser.
const MAX_HEADERS: usize = 100;

/// What a connection may hold of requests that are read and answers that are written, in bytes.
const BUFFER: usize = 64 << 10;

/// Serves `router` on `listener` until a signal comes, then lets requests in work finish.
pub(crate) async fn run(
    config: &Config,
    listener: TcpListener,
    router: Router,
    metrics: Option<Metrics>,
) -> std::io::Result<()> {
    let handle = Handle::new();
    let patience = Duration::from_secs(config.limits.shutdown_seconds);
    tokio::spawn(stop_on_signal(handle.clone(), patience));
    let headers = config.limits.header_seconds;
    if let Some((listener, router)) = metrics {
        let cap = Capped::new(64, config.reading());
        tokio::spawn(serve(listener, router, Handle::new(), cap, headers));
    }
    let cap = Capped::new(config.limits.connections, config.reading());
    serve(listener, router, handle, cap, headers).await
}

async fn serve(
    listener: TcpListener,
    router: Router,
    handle: Handle<SocketAddr>,
    cap: Capped,
    header_seconds: u64,
) -> std::io::Result<()> {
    let headers = Duration::from_secs(header_seconds.max(1));
    let mut server = axum_server::from_tcp(listener)?
        .http1_only()
        .first_request_timeout(headers)
        .acceptor(cap)
        .handle(handle);
    server
        .http_builder()
        .http1()
        .header_read_timeout(headers)
        .max_headers(MAX_HEADERS)
        .half_close(false)
        .max_buf_size(BUFFER);
    server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
}

async fn stop_on_signal(handle: Handle<SocketAddr>, patience: Duration) {
    signal().await;
    tracing::info!(event = "stopping", "stopping");
    handle.graceful_shutdown(Some(patience));
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
