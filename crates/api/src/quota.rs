//! Quotas of requests a minute and token: of all, and of those that compare. Shown in the `RateLimit` headers of the IETF draft
//! (draft-ietf-httpapi-ratelimit-headers-11).

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Response};
use domain::TokenId;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota as Rate, RateLimiter};

use crate::problem::{Problem, codes};

type Keyed = RateLimiter<TokenId, DashMapStateStore<TokenId>, DefaultClock, StateInformationMiddleware>;

/// Counts requests by token. There are no more keys than tokens.
pub(crate) struct Quota {
    name: &'static str,
    limiter: Keyed,
    per_minute: u32,
}

/// Where a permit notes what is left, for the edge to show.
pub(crate) type Slot = Arc<OnceLock<Left>>;

/// What is left to a token after a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    name: &'static str,
    per_minute: u32,
    remaining: u32,
}

impl Quota {
    /// A quota, unless it would be none at all; `minute` is how long its minute is.
    pub(crate) fn per_minute(name: &'static str, per_minute: u32, minute: Duration) -> Option<Self> {
        let rate = Rate::with_period(minute / per_minute.max(1))?.allow_burst(NonZeroU32::new(per_minute)?);
        Some(Self { name, limiter: RateLimiter::dashmap(rate).with_middleware(), per_minute })
    }

    /// Counts what a request does beyond the one thing that was counted already.
    ///
    /// # Errors
    /// `too-many-requests` where less is left.
    pub(crate) fn check_more(&self, token: TokenId, more: usize) -> Result<(), Problem> {
        let Some(more) = u32::try_from(more).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        match self.limiter.check_key_n(&token, more) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Problem::new(codes::TOO_MANY_REQUESTS).retry_after(wait.as_secs() + 1))
            }
            // More than a whole minute's: never.
            Err(_) => Err(Problem::new(codes::TOO_MANY_REQUESTS).retry_after(60)),
        }
    }

    /// Counts a request.
    pub(crate) fn check(&self, token: TokenId) -> Result<Left, Problem> {
        match self.limiter.check_key(&token) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                Ok(Left { name: self.name, per_minute: self.per_minute, remaining })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Problem::new(codes::TOO_MANY_REQUESTS).retry_after(wait.as_secs() + 1))
            }
        }
    }
}

impl Left {
    /// The one of which less is left.
    pub(crate) fn least(self, other: Self) -> Self {
        if other.remaining < self.remaining { other } else { self }
    }

    /// Shows what is left.
    pub(crate) fn show<B>(&self, response: &mut Response<B>) {
        let headers = [
            ("ratelimit-policy", format!("\"{}\";q={};w=60", self.name, self.per_minute)),
            ("ratelimit", format!("\"{}\";r={}", self.name, self.remaining)),
        ];
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
    }
}
