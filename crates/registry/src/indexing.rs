//! Bringing the blind indexes of all persons to what the settings say: after an upgrade, or when search by name is turned on
//! or off.

use std::sync::PoisonError;

use domain::TenantId;
use serde::{Deserialize, Serialize};
use store::{
    Changes, CommitError, Conflict, PersonChange, PersonRow, SealedChange, SealedKind, SealedRow, StoreError,
};
use vault::TenantKeys;

use crate::error::Error;
use crate::everybody::Everybody;
use crate::registry::Registry;
use crate::sealed::{self, Small};

/// The way of indexing that this program writes. It counts up with every change to what is indexed, or how: to the words of names
/// (`domain::person::words`) and to how a value is folded. 1 was that of 0.2.0.
const SCHEME: u32 = 2;

/// How the persons of a tenant are indexed, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Indexing {
    scheme: u32,
    name_search: bool,
}

fn key(keys: &TenantKeys) -> [u8; 16] {
    keys.index().hash("indexing", b"")
}

impl Registry {
    const fn wanted_indexing(&self) -> Indexing {
        Indexing { scheme: SCHEME, name_search: self.settings.name_search }
    }

    /// Whether every person of a tenant is indexed as the settings say; until then the index finds not everybody.
    pub(crate) async fn is_indexed(&self, tenant: TenantId) -> Result<bool, Error> {
        let known = self.indexed.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant).copied();
        if known == Some(true) {
            return Ok(true);
        }
        let indexed = self.read_indexing(tenant).await?.1 == Some(self.wanted_indexing());
        self.indexed.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, indexed);
        Ok(indexed)
    }

    async fn read_indexing(&self, tenant: TenantId) -> Result<(Option<SealedRow>, Option<Indexing>), Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let row = match self.store.sealed(tenant, key(&keys)).await {
            Err(StoreError::Damaged(why)) => {
                // Not even its form is right: it makes room for another.
                self.note_damage(tenant, "indexing", &why);
                let mut changes = Changes::at(self.now());
                changes.sealed.push(SealedChange::Remove(key(&keys)));
                self.commit(tenant, changes).await?;
                None
            }
            other => other?,
        };
        let plain = row.as_ref().and_then(|row| sealed::open(tenant, &keys, row).ok());
        let indexing = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        Ok((row, indexing))
    }

    /// Indexes the persons of every tenant anew where that is needed, and answers how many it wrote. Requests go on
    /// meanwhile.
    ///
    /// # Errors
    /// What the store says: call again.
    pub async fn reindex(&self) -> Result<usize, Error> {
        let mut written = 0;
        for tenant in self.store.tenants().await? {
            let registry = self.for_request(tenant.id);
            if !registry.is_indexed(tenant.id).await? {
                written += registry.reindex_tenant(tenant.id).await?;
            }
        }
        Ok(written)
    }

    async fn reindex_tenant(&self, tenant: TenantId) -> Result<usize, Error> {
        let (mut everybody, mut written) = (Everybody::of(self, tenant), 0);
        while let Some(rows) = everybody.next().await? {
            // At once, because the store brings many small changes to disk together.
            let all = rows.into_iter().map(|row| self.reindex_person(tenant, row));
            for done in futures_util::future::join_all(all).await {
                written += usize::from(done?);
            }
        }
        self.note_indexed(tenant).await?;
        Ok(written)
    }

    /// Whether it was written: who has changed meanwhile is indexed by that change.
    async fn reindex_person(&self, tenant: TenantId, row: PersonRow) -> Result<bool, Error> {
        let (id, expected) = (row.id, row.version);
        let opened = self.open_row(tenant, row.clone(), self.now()).await;
        let Some(opened) = self.unless_damaged(tenant, id, opened)? else { return Ok(false) };
        let index = opened.person.profile().index(opened.tenant_keys.index(), self.settings.name_search);
        let mut changes = Changes::at(self.now());
        changes.persons.push(PersonChange::Update { row, expected, index: Some(index) });
        match self.commit(tenant, changes).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict(Conflict::Version(_) | Conflict::Gone(_))) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn note_indexed(&self, tenant: TenantId) -> Result<(), Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let (before, _) = self.read_indexing(tenant).await?;
        let plain = serde_json::to_vec(&self.wanted_indexing())?;
        let record = Small { kind: SealedKind::Indexing, key: key(&keys), expires_at: None, plain: &plain };
        let mut changes = Changes::at(self.now());
        changes.sealed.push(self.seal_small(tenant, &keys, &record, before.map(|row| row.version))?);
        match self.commit(tenant, changes).await {
            // Another process has just done the same.
            Ok(_) | Err(CommitError::Conflict(Conflict::Sealed(_))) => {}
            Err(error) => return Err(error.into()),
        }
        self.indexed.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
        Ok(())
    }
}
