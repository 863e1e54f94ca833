//! Small sealed records.

use ::store::{Conflict, SealedChange, SealedRow};
use domain::{TenantId, Time};
use rusqlite::{Connection, params};

use super::Refused;

pub(super) fn change(
    c: &Connection,
    tenant: TenantId,
    change: &SealedChange,
    now: Time,
) -> Result<(), Refused> {
    match change {
        SealedChange::Insert(row) => insert(c, tenant, row, now),
        SealedChange::Update { row, expected } => update(c, tenant, row, *expected),
        SealedChange::Put(row) => {
            remove(c, tenant, &row.key)?;
            put(c, tenant, row)
        }
        SealedChange::Remove(key) => remove(c, tenant, key),
    }
}

fn remove(c: &Connection, tenant: TenantId, key: &[u8; 16]) -> Result<(), Refused> {
    c.prepare_cached("DELETE FROM sealed_records WHERE tenant = ?1 AND key = ?2")?
        .execute(params![tenant.to_bytes(), key])?;
    Ok(())
}

fn insert(c: &Connection, tenant: TenantId, row: &SealedRow, now: Time) -> Result<(), Refused> {
    // Forgetting rides along: a few old records go with each new one, so that none pile up.
    c.prepare_cached(
        "DELETE FROM sealed_records WHERE (tenant, key) IN
           (SELECT tenant, key FROM sealed_records WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 4)",
    )?
    .execute(params![now.millis()])?;
    c.prepare_cached("DELETE FROM sealed_records WHERE tenant = ?1 AND key = ?2 AND expires_at <= ?3")?
        .execute(params![tenant.to_bytes(), row.key, now.millis()])?;
    put(c, tenant, row)
}

/// Takes a record in as it is.
pub(crate) fn put(c: &Connection, tenant: TenantId, row: &SealedRow) -> Result<(), Refused> {
    let added = c
        .prepare_cached(
            "INSERT INTO sealed_records (tenant, key, kind, version, expires_at, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            tenant.to_bytes(),
            row.key,
            row.kind as u8,
            row.version,
            row.expires_at.map(Time::millis),
            row.sealed
        ])?;
    if added == 0 { Err(Conflict::Sealed(row.key).into()) } else { Ok(()) }
}

fn update(c: &Connection, tenant: TenantId, row: &SealedRow, expected: u64) -> Result<(), Refused> {
    let changed = c
        .prepare_cached(
            "UPDATE sealed_records SET version = ?4, expires_at = ?5, sealed = ?6
             WHERE tenant = ?1 AND key = ?2 AND version = ?3",
        )?
        .execute(params![
            tenant.to_bytes(),
            row.key,
            expected,
            row.version,
            row.expires_at.map(Time::millis),
            row.sealed
        ])?;
    if changed == 0 { Err(Conflict::Sealed(row.key).into()) } else { Ok(()) }
}
