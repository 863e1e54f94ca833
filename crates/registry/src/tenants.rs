//! Tenants: made once, named, each with a key of its own.

use domain::TenantId;
use store::{Sequence, TenantRow};
use vault::TenantKeys;

use crate::error::Error;
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;

/// Name of the tenant that exists from the start.
const DEFAULT_NAME: &str = "default";

/// Commits by which a tenant is made: one notes that all its persons are indexed.
pub(crate) const COMMITS_OF_MAKING: Sequence = 1;

impl Registry {
    pub(crate) async fn open_tenants(&self) -> Result<(), Error> {
        if self.store.tenants().await?.is_empty() {
            // Another process may be as quick; whose key is kept does not matter, as both wrapped with one KEK.
            self.add_tenant(TenantId::DEFAULT, DEFAULT_NAME).await?;
        }
        for row in self.store.tenants().await? {
            self.keys.learn(&row)?;
        }
        Ok(())
    }

    async fn add_tenant(&self, id: TenantId, name: &str) -> Result<bool, Error> {
        let (key, wrapped_key) = self.keys.make(id, &*self.random)?;
        let sealed_name = TenantKeys::new(&key).records().seal(
            nonce(&*self.random),
            &place::tenant_name(id),
            name.as_bytes(),
        )?;
        let row = TenantRow { id, wrapped_key, sealed_name, created_at: self.now() };
        let added = self.store.add_tenant(row).await?;
        if added {
            // Nobody is there yet: all of them are indexed.
            self.for_request(id).note_indexed(id).await?;
        }
        Ok(added)
    }

    /// Makes a tenant; `None` when one of this name exists.
    ///
    /// # Errors
    /// What the store says.
    pub async fn create_tenant(&self, name: &str) -> Result<Option<TenantId>, Error> {
        if self.tenant_named(name).await?.is_some() {
            return Ok(None);
        }
        let id = TenantId::new(self.now(), &*self.random);
        self.add_tenant(id, name).await?;
        Ok(Some(id))
    }

    /// The tenant of this name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tenant_named(&self, name: &str) -> Result<Option<TenantId>, Error> {
        Ok(self.tenants().await?.into_iter().find(|(_, n)| n == name).map(|(id, _)| id))
    }

    /// All tenants with their names, oldest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tenants(&self) -> Result<Vec<(TenantId, String)>, Error> {
        let mut named = Vec::new();
        for row in self.store.tenants().await? {
            let keys = self.keys.of(&*self.store, row.id).await?;
            let name = keys.records().open(&place::tenant_name(row.id), row.sealed_name)?;
            named.push((row.id, String::from_utf8_lossy(&name).into_owned()));
        }
        Ok(named)
    }
}
