//! Who was behind a request, for its line in the log: identifiers, never the token itself.

use std::sync::{Arc, OnceLock};

use domain::{TenantId, TokenId};
use registry::Caller;

/// Filled once a token has proved to be valid, also where it may not do what is asked.
#[derive(Clone, Default)]
pub(crate) struct Who(Arc<OnceLock<(TenantId, TokenId)>>);

impl Who {
    pub(crate) fn is(&self, caller: &Caller) {
        let _ = self.0.set((caller.tenant, caller.token));
    }

    /// Tenant and token, as they are written.
    pub(crate) fn written(&self) -> (Option<String>, Option<String>) {
        self.0.get().map(|(tenant, token)| (tenant.to_string(), token.to_string())).unzip()
    }
}
