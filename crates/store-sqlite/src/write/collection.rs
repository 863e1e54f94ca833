//! Collections.

use ::store::{CollectionChange, CollectionRow, Conflict, IndexField};
use domain::{CollectionId, TenantId};
use rusqlite::{Connection, ErrorCode, params};

use super::Refused;

fn name_taken(error: rusqlite::Error) -> Refused {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => Conflict::CollectionNameTaken.into(),
        _ => error.into(),
    }
}

pub(crate) fn change(c: &Connection, tenant: TenantId, change: &CollectionChange) -> Result<(), Refused> {
    match change {
        CollectionChange::Insert(row) => insert(c, tenant, row),
        CollectionChange::Update { row, expected } => update(c, tenant, row, *expected),
        CollectionChange::Remove(id) => remove(c, tenant, *id),
    }
}

fn insert(c: &Connection, tenant: TenantId, row: &CollectionRow) -> Result<(), Refused> {
    c.prepare_cached(
        "INSERT INTO collections (tenant, id, version, created_at, updated_at, name, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        tenant.to_bytes(),
        row.id.to_bytes(),
        row.version,
        row.created_at.millis(),
        row.updated_at.millis(),
        row.name,
        row.sealed
    ])
    .map_err(name_taken)?;
    Ok(())
}

fn update(c: &Connection, tenant: TenantId, row: &CollectionRow, expected: u64) -> Result<(), Refused> {
    let changed = c
        .prepare_cached(
            "UPDATE collections SET version = ?4, updated_at = ?5, name = ?6, sealed = ?7
             WHERE tenant = ?1 AND id = ?2 AND version = ?3",
        )?
        .execute(params![
            tenant.to_bytes(),
            row.id.to_bytes(),
            expected,
            row.version,
            row.updated_at.millis(),
            row.name,
            row.sealed
        ])
        .map_err(name_taken)?;
    if changed == 0 { Err(Conflict::Collection(row.id).into()) } else { Ok(()) }
}

fn remove(c: &Connection, tenant: TenantId, id: CollectionId) -> Result<(), Refused> {
    let inhabited = c
        .prepare_cached("SELECT 1 FROM person_index WHERE tenant = ?1 AND field = ?2 AND hash = ?3 LIMIT 1")?
        .exists(params![tenant.to_bytes(), IndexField::Collection as u8, id.to_bytes()])?;
    if inhabited {
        return Err(Conflict::CollectionNotEmpty.into());
    }
    let removed = c
        .prepare_cached("DELETE FROM collections WHERE tenant = ?1 AND id = ?2")?
        .execute(params![tenant.to_bytes(), id.to_bytes()])?;
    if removed == 0 { Err(Conflict::Collection(id).into()) } else { Ok(()) }
}

/// Refuses membership of a collection that does not exist.
pub(super) fn must_exist(c: &Connection, tenant: TenantId, id: [u8; 16]) -> Result<(), Refused> {
    let exists = c
        .prepare_cached("SELECT 1 FROM collections WHERE tenant = ?1 AND id = ?2")?
        .exists(params![tenant.to_bytes(), id])?;
    if exists { Ok(()) } else { Err(Conflict::Collection(CollectionId::from_bytes(id)).into()) }
}
