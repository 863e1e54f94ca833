//! Small records that the store knows by a name only: how they are sealed, opened and replaced.

use domain::{TenantId, Time};
use store::{SealedChange, SealedKind, SealedRow};
use vault::TenantKeys;

use crate::error::Error;
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;

/// A record on its way to the store.
pub(crate) struct Small<'a> {
    pub(crate) kind: SealedKind,
    pub(crate) key: [u8; 16],
    /// When it may be forgotten.
    pub(crate) expires_at: Option<Time>,
    pub(crate) plain: &'a [u8],
}

/// What is sealed in a row.
pub(crate) fn open(tenant: TenantId, keys: &TenantKeys, row: &SealedRow) -> Result<Vec<u8>, Error> {
    Ok(keys.records().open(&place::sealed_record(tenant, row), row.sealed.clone())?)
}

impl Registry {
    /// The change that makes a record, or its next version in place of `before`.
    pub(crate) fn seal_small(
        &self,
        tenant: TenantId,
        keys: &TenantKeys,
        record: &Small<'_>,
        before: Option<u64>,
    ) -> Result<SealedChange, Error> {
        let mut row = SealedRow {
            kind: record.kind,
            key: record.key,
            version: before.unwrap_or(0) + 1,
            expires_at: record.expires_at,
            sealed: Vec::new(),
        };
        let place = place::sealed_record(tenant, &row);
        row.sealed = keys.records().seal(nonce(&*self.random), &place, record.plain)?;
        Ok(match before {
            Some(expected) => SealedChange::Update { row, expected },
            None => SealedChange::Insert(row),
        })
    }
}
