//! Prometheus metrics on a listener of their own.

use std::net::TcpListener;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusBuilder;

use super::{Failure, bind};
use crate::config::Config;

/// Upper bounds of the request-time buckets, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// A listener and what it serves.
pub(crate) type Metrics = (TcpListener, Router);

/// Starts collecting, where a listener is set.
pub(crate) fn install(config: &Config) -> Result<Option<Metrics>, Failure> {
    if config.metrics_listen.is_empty() {
        return Ok(None);
    }
    let listener = bind(&config.metrics_listen)?;
    let handle = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    let page = get(move || {
        let text = handle.render();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text) }
    });
    tracing::info!(event = "metrics-listening", address = %listener.local_addr()?, "metrics");
    Ok(Some((listener, Router::new().route("/metrics", page))))
}
