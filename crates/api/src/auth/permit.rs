//! Extractors that are the proof of permission.

use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use domain::Scope;
use registry::{AccessError, Caller, Registry};

use crate::budget::{Asker, Principal};
use crate::pictures::Builder;
use crate::problem::{Problem, codes};
use crate::quota::{Left, Slot};
use crate::state::Api;

/// How long an answer is held that says that a quota is used up.
const HELD: Duration = Duration::from_secs(1);

/// What a route asks of a token.
pub(crate) trait Required: Send + Sync + 'static {
    /// The scope; none when any valid token will do.
    const SCOPE: Option<Scope>;
}

macro_rules! required {
    ($($name:ident = $scope:expr;)+) => {
        $(pub(crate) struct $name;
        impl Required for $name {
            const SCOPE: Option<Scope> = $scope;
        })+
    };
}

required! {
    Any = None;
    PersonsRead = Some(Scope::PersonsRead);
    PersonsWrite = Some(Scope::PersonsWrite);
    PersonsReview = Some(Scope::PersonsReview);
    BiometricsRead = Some(Scope::BiometricsRead);
    BiometricsMatch = Some(Scope::BiometricsMatch);
}

/// A valid token with the scope `R` requires: the only way from a handler to the registry.
pub(crate) struct Permit<R> {
    /// With the figures of the tenant, and the models that were in force when the request began.
    pub(crate) registry: Registry,
    pub(crate) caller: Caller,
    api: Api,
    required: PhantomData<R>,
}

impl<R> Permit<R> {
    /// Whether the token may also do what `scope` is for.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.caller.require(scope).is_ok()
    }

    /// Counts comparisons beyond the one that a request is counted as.
    ///
    /// # Errors
    /// `too-many-requests`.
    pub(crate) async fn compares(&self, comparisons: usize) -> Result<(), Problem> {
        let Some(quota) = &self.api.shared().comparisons else { return Ok(()) };
        let counted = quota.check_more(self.caller.token, comparisons.saturating_sub(1));
        if counted.is_err() {
            tokio::time::sleep(HELD).await;
        }
        counted
    }

    /// The tenant's turn to read images for an answer, for as long as it is held.
    pub(crate) async fn builder(&self) -> Builder {
        self.api.shared().builders.next(self.caller.tenant).await
    }

    /// The same permission for what goes on after the handler has answered.
    pub(crate) fn share(&self) -> Self {
        let (registry, caller) = (self.registry.clone(), self.caller);
        Self { registry, caller, api: self.api.clone(), required: PhantomData }
    }

    /// The state of the router.
    pub(crate) const fn api(&self) -> &Api {
        &self.api
    }

    /// Whose request it is.
    pub(crate) const fn principal(&self) -> Principal {
        Principal::of(&self.caller)
    }
}

impl<R: Required> FromRequestParts<Api> for Permit<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let registry = api.registry_before_permission();
        let caller = match authenticate(registry, &parts.headers).await {
            Ok(caller) => caller,
            Err(problem) if problem.code == codes::UNAUTHORIZED => {
                let in_time = api.shared().brake.hold(peer_of(&parts.extensions)).await;
                return Err(if in_time {
                    problem
                } else {
                    Problem::new(codes::TOO_MANY_REQUESTS).retry_after(60)
                });
            }
            Err(problem) => return Err(problem),
        };
        if let Some(asker) = parts.extensions.get::<Asker>() {
            let _ = asker.set(Principal::of(&caller));
        }
        let compares = R::SCOPE == Some(Scope::BiometricsMatch);
        let all = api.shared().quota.as_ref();
        let comparisons = api.shared().comparisons.as_ref().filter(|_| compares);
        let mut least: Option<Left> = None;
        for quota in all.into_iter().chain(comparisons) {
            let left = match quota.check(caller.token) {
                Ok(left) => left,
                Err(problem) => {
                    // Whoever asks again at once, whatever it is told, waits for its answer.
                    tokio::time::sleep(HELD).await;
                    return Err(problem);
                }
            };
            least = Some(least.map_or(left, |other| left.least(other)));
        }
        if let (Some(left), Some(slot)) = (least, parts.extensions.get::<Slot>()) {
            let _ = slot.set(left);
        }
        if let Some(scope) = R::SCOPE {
            caller.require(scope)?;
        }
        let registry = registry.for_request(caller.tenant);
        Ok(Self { registry, caller, api: api.clone(), required: PhantomData })
    }
}

/// The address a connection comes from.
fn peer_of(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

async fn authenticate(registry: &Registry, headers: &HeaderMap) -> Result<Caller, Problem> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else { return Err(Problem::unauthorized("Bearer")) };
    let token = value.to_str().ok().and_then(bearer).ok_or_else(|| Problem::from(AccessError::Invalid))?;
    Ok(registry.authenticate(token).await?)
}

/// The token in `Bearer <token>`; the scheme's case does not matter (RFC 9110).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_tokens_are_read() {
        assert_eq!(bearer("Bearer x"), Some("x"));
        assert_eq!(bearer("bearer  x"), Some("x"));
        for other in ["", "Bearer", "Basic x", "Bearerx", "jwt x"] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
