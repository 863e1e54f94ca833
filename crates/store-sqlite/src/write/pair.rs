//! Pairs of persons who may be one.

use ::store::{Conflict, PairChange, PairRow};
use domain::{PersonId, TenantId};
use rusqlite::{Connection, params};

use super::Refused;

pub(super) fn change(c: &Connection, tenant: TenantId, change: &PairChange) -> Result<(), Refused> {
    match change {
        PairChange::Insert(row) => insert(c, tenant, row),
        PairChange::Update { row, expected } => update(c, tenant, row, *expected),
    }
}

fn insert(c: &Connection, tenant: TenantId, row: &PairRow) -> Result<(), Refused> {
    // One of the two may have been erased meanwhile: then there is nothing to review.
    for person in row.persons {
        let exists = c
            .prepare_cached("SELECT 1 FROM persons WHERE tenant = ?1 AND id = ?2")?
            .exists(params![tenant.to_bytes(), person.to_bytes()])?;
        if !exists {
            return Ok(());
        }
    }
    put(c, tenant, row)
}

/// Takes a pair in as it is; one of two who are known as a pair already stays as it was.
pub(crate) fn put(c: &Connection, tenant: TenantId, row: &PairRow) -> Result<(), Refused> {
    let [first, second] = row.persons;
    c.prepare_cached(
        "INSERT INTO duplicates (tenant, id, first, second, created_at, decision, version, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        tenant.to_bytes(),
        row.id.to_bytes(),
        first.to_bytes(),
        second.to_bytes(),
        row.created_at.millis(),
        row.decision as u8,
        row.version,
        row.sealed
    ])?;
    Ok(())
}

fn update(c: &Connection, tenant: TenantId, row: &PairRow, expected: u64) -> Result<(), Refused> {
    let changed = c
        .prepare_cached(
            "UPDATE duplicates SET version = ?4, decision = ?5, sealed = ?6
             WHERE tenant = ?1 AND id = ?2 AND version = ?3",
        )?
        .execute(params![
            tenant.to_bytes(),
            row.id.to_bytes(),
            expected,
            row.version,
            row.decision as u8,
            row.sealed
        ])?;
    if changed == 0 { Err(Conflict::Pair(row.id).into()) } else { Ok(()) }
}

/// Forgets all pairs a person was in.
pub(super) fn forget(c: &Connection, tenant: TenantId, person: PersonId) -> Result<(), Refused> {
    for sql in [
        "DELETE FROM duplicates WHERE tenant = ?1 AND first = ?2",
        "DELETE FROM duplicates WHERE tenant = ?1 AND second = ?2",
    ] {
        c.prepare_cached(sql)?.execute(params![tenant.to_bytes(), person.to_bytes()])?;
    }
    Ok(())
}
