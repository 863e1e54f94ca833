//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use registry::Registry;

use crate::auth::Brake;
use crate::budget::Budget;
use crate::files::File;
use crate::pictures::Builders;
use crate::quota::Quota;

/// Limits of the HTTP face.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest body, in bytes.
    pub body_bytes: usize,
    /// Memory for all bodies that are being read or worked on, in bytes; beyond a share of it the answer is "busy".
    pub bodies_bytes: usize,
    /// Time for a body to arrive.
    pub body_time: Duration,
    /// Least speed of a body, once `grace` is over.
    pub body_bytes_per_second: u32,
    /// For so long a body may come slower than it must.
    pub grace: Duration,
    /// Memory for all answers that wait for their clients to read them, in bytes; beyond a share of it the answer is "busy".
    pub answers_bytes: usize,
    /// How long an answer that is made while it is read may take.
    pub answer_time: Duration,
    /// Time for a whole request.
    pub request_time: Duration,
    /// Requests a minute and token; none is no quota.
    pub requests_per_minute: Option<u32>,
    /// Requests a minute and token that compare, search or judge liveness; none is no quota.
    pub comparisons_per_minute: Option<u32>,
    /// How long the minute of those quotas is. Only tests that count have another, longer than they take.
    pub quota_minute: Duration,
    /// Origins that browsers may call from; `*` for all.
    pub cors_origins: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            bodies_bytes: 512 << 20,
            body_time: Duration::from_secs(30),
            body_bytes_per_second: 8 << 10,
            grace: Duration::from_secs(5),
            answers_bytes: 256 << 20,
            answer_time: Duration::from_secs(120),
            request_time: Duration::from_secs(60),
            requests_per_minute: None,
            comparisons_per_minute: None,
            quota_minute: Duration::from_secs(60),
            cors_origins: Vec::new(),
        }
    }
}

/// The state of the router. The registry inside is private: [`crate::auth::Permit`] is the way to it.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

pub(crate) struct Shared {
    registry: Arc<Registry>,
    pub(crate) limits: Limits,
    /// Memory for bodies.
    pub(crate) bodies: Arc<Budget>,
    /// Memory for answers.
    pub(crate) answers: Arc<Budget>,
    /// Who may read images for an answer.
    pub(crate) builders: Builders,
    pub(crate) brake: Brake,
    pub(crate) quota: Option<Quota>,
    pub(crate) comparisons: Option<Quota>,
    pub(crate) document: Arc<File>,
}

impl Api {
    /// The state over `registry`.
    #[must_use]
    pub fn new(registry: Arc<Registry>, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            registry,
            bodies: Budget::new(limits.bodies_bytes),
            answers: Budget::new(limits.answers_bytes),
            builders: Builders::default(),
            brake: Brake::new(),
            quota: limits
                .requests_per_minute
                .and_then(|n| Quota::per_minute("default", n, limits.quota_minute)),
            comparisons: limits
                .comparisons_per_minute
                .and_then(|n| Quota::per_minute("comparisons", n, limits.quota_minute)),
            document: Arc::new(File::new(
                serde_json::to_vec(&crate::openapi::document()).unwrap_or_default().into(),
                "application/json",
            )),
            limits,
        }))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// For authentication, health and request ids alone; handlers go through a permit.
    pub(crate) fn registry_before_permission(&self) -> &Arc<Registry> {
        &self.0.registry
    }
}
