//! Persons and their blind indexes.

use ::store::{Conflict, IndexEntry, IndexField, PersonRow, Sequence};
use domain::{PersonId, TenantId, Time};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use super::{Refused, collection, pair};
use crate::columns::{each_term, field, status_code, terms};

pub(crate) fn insert(
    c: &Connection,
    tenant: TenantId,
    row: &PersonRow,
    index: &[IndexEntry],
    sequence: Sequence,
) -> Result<(), Refused> {
    c.prepare_cached(
        "INSERT INTO persons (tenant, id, version, created_at, updated_at, status, verified_at, expires_at, sequence,
                              wrapped_key, sealed, terms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        tenant.to_bytes(),
        row.id.to_bytes(),
        row.version,
        row.created_at.millis(),
        row.updated_at.millis(),
        status_code(row.status),
        row.verified_at.map(Time::millis),
        row.expires_at.map(Time::millis),
        sequence,
        row.wrapped_key,
        row.sealed,
        terms(index)
    ])?;
    add_terms(c, tenant, row.id, index)
}

fn add_terms(
    c: &Connection,
    tenant: TenantId,
    person: PersonId,
    index: &[IndexEntry],
) -> Result<(), Refused> {
    let mut insert =
        c.prepare_cached("INSERT INTO person_index (tenant, field, hash, person) VALUES (?1, ?2, ?3, ?4)")?;
    for entry in index {
        if entry.field == IndexField::Collection {
            collection::must_exist(c, tenant, entry.hash)?;
        }
        insert
            .execute(params![tenant.to_bytes(), field(entry.field), entry.hash, person.to_bytes()])
            .map_err(|error| {
                // The only uniqueness beyond the primary key is that of external identifiers.
                match error.sqlite_error_code() {
                    Some(ErrorCode::ConstraintViolation) => Conflict::ExternalIdTaken.into(),
                    _ => Refused::Sql(error),
                }
            })?;
    }
    Ok(())
}

/// Removes the indexes of a person, after checking its version.
fn remove_terms(c: &Connection, tenant: TenantId, person: PersonId, expected: u64) -> Result<(), Refused> {
    let found: Option<(u64, Vec<u8>)> = c
        .prepare_cached("SELECT version, terms FROM persons WHERE tenant = ?1 AND id = ?2")?
        .query_row(params![tenant.to_bytes(), person.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (version, terms) = found.ok_or(Conflict::Gone(person))?;
    if version != expected {
        return Err(Conflict::Version(person).into());
    }
    let mut delete = c.prepare_cached(
        "DELETE FROM person_index WHERE tenant = ?1 AND field = ?2 AND hash = ?3 AND person = ?4",
    )?;
    for (field, hash) in each_term(&terms) {
        delete.execute(params![tenant.to_bytes(), field, hash, person.to_bytes()])?;
    }
    Ok(())
}

pub(super) fn update(
    c: &Connection,
    tenant: TenantId,
    row: &PersonRow,
    expected: u64,
    index: Option<&[IndexEntry]>,
    sequence: Sequence,
) -> Result<(), Refused> {
    if index.is_some() {
        remove_terms(c, tenant, row.id, expected)?;
    }
    let changed = c
        .prepare_cached(
            "UPDATE persons SET version = ?4, updated_at = ?5, status = ?6, verified_at = ?7, expires_at = ?8,
                                sequence = ?9, wrapped_key = ?10, sealed = ?11, terms = coalesce(?12, terms)
             WHERE tenant = ?1 AND id = ?2 AND version = ?3",
        )?
        .execute(params![
            tenant.to_bytes(),
            row.id.to_bytes(),
            expected,
            row.version,
            row.updated_at.millis(),
            status_code(row.status),
            row.verified_at.map(Time::millis),
            row.expires_at.map(Time::millis),
            sequence,
            row.wrapped_key,
            row.sealed,
            index.map(terms)
        ])?;
    if changed == 0 {
        let exists = c
            .prepare_cached("SELECT 1 FROM persons WHERE tenant = ?1 AND id = ?2")?
            .exists(params![tenant.to_bytes(), row.id.to_bytes()])?;
        return Err(if exists { Conflict::Version(row.id) } else { Conflict::Gone(row.id) }.into());
    }
    index.map_or(Ok(()), |index| add_terms(c, tenant, row.id, index))
}

pub(super) fn erase(c: &Connection, tenant: TenantId, id: PersonId, expected: u64) -> Result<(), Refused> {
    remove_terms(c, tenant, id, expected)?;
    pair::forget(c, tenant, id)?;
    for sql in [
        "DELETE FROM sample_images WHERE tenant = ?1 AND person = ?2",
        "DELETE FROM samples WHERE tenant = ?1 AND person = ?2",
        "DELETE FROM events WHERE tenant = ?1 AND person = ?2",
        "DELETE FROM persons WHERE tenant = ?1 AND id = ?2",
    ] {
        c.prepare_cached(sql)?.execute(params![tenant.to_bytes(), id.to_bytes()])?;
    }
    Ok(())
}
