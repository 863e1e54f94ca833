//! Collections.

use ::store::CollectionRow;
use domain::{CollectionId, TenantId};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::columns::{self, COLLECTION};

pub(crate) fn one(c: &Connection, tenant: TenantId, id: CollectionId) -> Result<Option<CollectionRow>> {
    c.prepare_cached(&format!("SELECT {COLLECTION} FROM collections WHERE tenant = ?1 AND id = ?2"))?
        .query_row(params![tenant.to_bytes(), id.to_bytes()], columns::collection)
        .optional()
}

pub(crate) fn named(c: &Connection, tenant: TenantId, name: [u8; 16]) -> Result<Option<CollectionRow>> {
    c.prepare_cached(&format!("SELECT {COLLECTION} FROM collections WHERE tenant = ?1 AND name = ?2"))?
        .query_row(params![tenant.to_bytes(), name], columns::collection)
        .optional()
}

pub(crate) fn some(
    c: &Connection,
    tenant: TenantId,
    after: Option<CollectionId>,
    limit: u32,
) -> Result<Vec<CollectionRow>> {
    let after = after.map_or([0; 16], CollectionId::to_bytes);
    c.prepare_cached(&format!(
        "SELECT {COLLECTION} FROM collections WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
    ))?
    .query_map(params![tenant.to_bytes(), after, limit], columns::collection)?
    .collect()
}
