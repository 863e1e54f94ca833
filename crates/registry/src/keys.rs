//! The working keys of the tenants, unwrapped once and kept.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::{Random, TenantId};
use store::{Store, TenantRow};
use vault::{Kek, Key, Nonce, TenantKeys};

use crate::error::Error;
use crate::place;

/// Opens tenants' keys with the operator's secret.
pub(crate) struct Keys {
    kek: Kek,
    known: RwLock<HashMap<TenantId, Known>>,
}

/// A tenant whose key was unwrapped.
struct Known {
    keys: Arc<TenantKeys>,
    /// None where what the store has as its name is not genuine.
    name: Option<Arc<str>>,
}

pub(crate) fn nonce(random: &dyn Random) -> Nonce {
    Nonce(random.bytes())
}

impl Keys {
    pub(crate) fn new(kek: Kek) -> Self {
        Self { kek, known: RwLock::default() }
    }

    /// A fresh tenant key and its wrapped form.
    pub(crate) fn make(&self, tenant: TenantId, random: &dyn Random) -> Result<(Key, Vec<u8>), Error> {
        let key = Key::from_bytes(random.bytes());
        let wrapped = self.kek.wrap(nonce(random), &place::tenant_key(tenant), &key)?;
        Ok((key, wrapped))
    }

    /// Unwraps a tenant's key and keeps it.
    ///
    /// # Errors
    /// [`Error::Fault`] when the KEK is not the one the tenant's key was wrapped with.
    pub(crate) fn learn(&self, row: &TenantRow) -> Result<Arc<TenantKeys>, Error> {
        let key = self.kek.unwrap_key(&place::tenant_key(row.id), row.wrapped_key.clone())?;
        let keys = Arc::new(TenantKeys::new(&key));
        let name = keys.records().open(&place::tenant_name(row.id), row.sealed_name.clone()).ok();
        let name = name.map(|name| String::from_utf8_lossy(&name).into());
        let known = Known { keys: Arc::clone(&keys), name };
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(row.id, known);
        Ok(keys)
    }

    /// The name of a tenant whose keys were asked for before: of every caller's, also when another process has made it.
    pub(crate) fn name(&self, tenant: TenantId) -> Option<Arc<str>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&tenant)?.name.clone()
    }

    /// The keys of a tenant; asks the store for one made by another process meanwhile.
    pub(crate) async fn of(&self, store: &dyn Store, tenant: TenantId) -> Result<Arc<TenantKeys>, Error> {
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&tenant) {
            return Ok(Arc::clone(&known.keys));
        }
        let rows = store.tenants().await?;
        let row = rows
            .iter()
            .find(|row| row.id == tenant)
            .ok_or_else(|| Error::Fault("a tenant is missing".into()))?;
        self.learn(row)
    }
}
