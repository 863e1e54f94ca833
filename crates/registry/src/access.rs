//! Who is asking, and what they may do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Scope, Scopes, TenantId, Time, TokenId};

use crate::error::Error;
use crate::registry::Registry;
use crate::token::{self, TokenView};

/// How long a token's row is believed without asking the store: revocation by another process takes effect
/// within this time.
const BELIEVED: Duration = Duration::from_millis(500);
/// Tokens believed at once; beyond it all are forgotten and asked for again.
const MOST: usize = 4_096;

/// Why a caller was turned away.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AccessError {
    /// The token is not one, or not (any more) valid.
    #[error("the token is not valid")]
    Invalid,
    /// The token may not do this.
    #[error("the token lacks the scope {}", .0.as_str())]
    Missing(Scope),
    /// The store cannot tell.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A caller whose token is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose persons it sees.
    pub tenant: TenantId,
    /// Which token.
    pub token: TokenId,
    /// What it may do.
    pub scopes: Scopes,
    expires_at: Option<Time>,
}

impl Caller {
    /// Proof that the caller may do what `scope` is for.
    ///
    /// # Errors
    /// [`AccessError::Missing`].
    pub fn require(&self, scope: Scope) -> Result<(), AccessError> {
        if self.may(scope) { Ok(()) } else { Err(AccessError::Missing(scope)) }
    }

    /// Whether the caller may do what `scope` is for.
    #[must_use]
    pub const fn may(&self, scope: Scope) -> bool {
        self.scopes.grants(scope)
    }
}

/// Tokens seen lately, by hash.
#[derive(Default)]
pub(crate) struct TokenCache(Mutex<HashMap<[u8; 32], (Caller, Instant)>>);

impl TokenCache {
    fn get(&self, hash: &[u8; 32]) -> Option<Caller> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(hash).filter(|(_, at)| at.elapsed() < BELIEVED).map(|(caller, _)| *caller)
    }

    fn put(&self, hash: [u8; 32], caller: Caller) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(hash, (caller, Instant::now()));
    }

    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Registry {
    /// The caller behind a token.
    ///
    /// Tokens are found by their SHA-256, so no comparison of secrets takes place that could leak by timing.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn authenticate(&self, secret: &str) -> Result<Caller, AccessError> {
        let hash = token::hash(secret).ok_or(AccessError::Invalid)?;
        let caller = match self.tokens.get(&hash) {
            Some(caller) => caller,
            None => {
                let found = self.store.token_by_hash(hash).await.map_err(Error::from)?;
                let (tenant, row) =
                    found.filter(|(_, row)| row.revoked_at.is_none()).ok_or(AccessError::Invalid)?;
                // Opening proves that the row was made with the tenant's key, and not put there by hand.
                let row = self.token_view(tenant, row).await.map_err(|error| match error {
                    Error::Fault(why) => {
                        tracing::error!(%why, "a token's record is not genuine");
                        AccessError::Invalid
                    }
                    other => other.into(),
                })?;
                let caller = Caller { tenant, token: row.id, scopes: row.scopes, expires_at: row.expires_at };
                self.tokens.put(hash, caller);
                caller
            }
        };
        if caller.expires_at.is_some_and(|end| self.now() >= end) {
            return Err(AccessError::Invalid);
        }
        Ok(caller)
    }

    /// The caller's own token.
    ///
    /// # Errors
    /// What the store says.
    pub async fn own_token(&self, caller: &Caller) -> Result<TokenView, Error> {
        let row = self.store.token(caller.tenant, caller.token).await?.ok_or(Error::NotFound)?;
        self.token_view(caller.tenant, row).await
    }
}
