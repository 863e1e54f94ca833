//! Applying one `Changes` inside an open transaction.

use ::store::{
    Changes, Committed, Conflict, EventRow, IdempotencyRow, IndexEntry, PersonChange, PersonRow, SampleRow,
    Sequence, TenantRow, TokenChange,
};
use domain::{PersonId, SampleId, TenantId, Time};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use crate::columns::{each_term, field, status_code, terms};

/// Why a change was not applied.
pub(crate) enum Refused {
    Conflict(Conflict),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Conflict> for Refused {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

/// Applies all of `changes`. On an error the caller rolls back to before it.
pub(crate) fn apply(c: &Connection, tenant: TenantId, changes: &Changes) -> Result<Committed, Refused> {
    let (mut inserted, mut erased) = (0i64, 0i64);
    let sequence = next_sequence(c, tenant, changes.now)?;
    // First, so that a repetition is told so whatever else it would meet.
    if let Some(row) = &changes.idempotency {
        keep_answer(c, tenant, row, changes.now)?;
    }
    for change in &changes.persons {
        match change {
            PersonChange::Insert { row, index } => {
                insert(c, tenant, row, index, sequence)?;
                inserted += 1;
            }
            PersonChange::Update { row, expected, index } => {
                update(c, tenant, row, *expected, index.as_deref(), sequence)?;
            }
            PersonChange::Erase { id, expected } => {
                erase(c, tenant, *id, *expected)?;
                erased += 1;
            }
        }
    }
    if inserted != erased {
        c.prepare_cached("UPDATE tenants SET persons = persons + ?2 WHERE id = ?1")?
            .execute(params![tenant.to_bytes(), inserted - erased])?;
    }
    changes.samples.iter().try_for_each(|row| add_sample(c, tenant, row, sequence))?;
    changes.removed_samples.iter().try_for_each(|(person, id)| remove_sample(c, tenant, *person, *id))?;
    changes.events.iter().try_for_each(|row| add_event(c, tenant, row, sequence))?;
    changes.tokens.iter().try_for_each(|change| change_token(c, tenant, change, changes.now))?;
    Ok(Committed { sequence })
}

fn next_sequence(c: &Connection, tenant: TenantId, now: Time) -> rusqlite::Result<Sequence> {
    c.prepare_cached(
        "UPDATE tenants SET sequence = sequence + 1, high_water = max(high_water, ?2) WHERE id = ?1 RETURNING sequence",
    )?
    .query_row(params![tenant.to_bytes(), now.millis()], |row| row.get(0))
}

fn insert(
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

fn update(
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

fn erase(c: &Connection, tenant: TenantId, id: PersonId, expected: u64) -> Result<(), Refused> {
    remove_terms(c, tenant, id, expected)?;
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

fn add_sample(c: &Connection, tenant: TenantId, row: &SampleRow, sequence: Sequence) -> Result<(), Refused> {
    let head = &row.head;
    let (tenant, person, id) = (tenant.to_bytes(), head.person.to_bytes(), head.id.to_bytes());
    c.prepare_cached(
        "INSERT INTO samples (tenant, person, id, kind, state, created_at, sequence, model, template)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        tenant,
        person,
        id,
        head.kind as u8,
        head.state as u8,
        head.created_at.millis(),
        sequence,
        head.model,
        head.template
    ])?;
    c.prepare_cached("INSERT INTO sample_images (tenant, person, sample, image) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![tenant, person, id, row.image])?;
    Ok(())
}

fn remove_sample(c: &Connection, tenant: TenantId, person: PersonId, id: SampleId) -> Result<(), Refused> {
    for sql in [
        "DELETE FROM sample_images WHERE tenant = ?1 AND person = ?2 AND sample = ?3",
        "DELETE FROM samples WHERE tenant = ?1 AND person = ?2 AND id = ?3",
    ] {
        c.prepare_cached(sql)?.execute(params![tenant.to_bytes(), person.to_bytes(), id.to_bytes()])?;
    }
    Ok(())
}

fn add_event(c: &Connection, tenant: TenantId, row: &EventRow, sequence: Sequence) -> Result<(), Refused> {
    c.prepare_cached(
        "INSERT INTO events (tenant, person, id, at, sequence, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        tenant.to_bytes(),
        row.person.to_bytes(),
        row.id.to_bytes(),
        row.at.millis(),
        sequence,
        row.sealed
    ])?;
    Ok(())
}

fn change_token(c: &Connection, tenant: TenantId, change: &TokenChange, now: Time) -> Result<(), Refused> {
    match change {
        TokenChange::Insert(row) => {
            c.prepare_cached(
                "INSERT INTO tokens (tenant, id, hash, scopes, created_at, expires_at, revoked_at, sealed_name)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                tenant.to_bytes(),
                row.id.to_bytes(),
                row.hash,
                row.scopes.bits(),
                row.created_at.millis(),
                row.expires_at.map(Time::millis),
                row.revoked_at.map(Time::millis),
                row.sealed_name
            ])?;
            Ok(())
        }
        TokenChange::Revoke(id) => {
            let changed = c
                .prepare_cached(
                    "UPDATE tokens SET revoked_at = ?3 WHERE tenant = ?1 AND id = ?2 AND revoked_at IS NULL",
                )?
                .execute(params![tenant.to_bytes(), id.to_bytes(), now.millis()])?;
            if changed == 0 { Err(Conflict::TokenGone.into()) } else { Ok(()) }
        }
    }
}

fn keep_answer(c: &Connection, tenant: TenantId, row: &IdempotencyRow, now: Time) -> Result<(), Refused> {
    // Forgetting rides along: a few old answers go with each new one, so that none pile up.
    c.prepare_cached(
        "DELETE FROM idempotency WHERE (tenant, key) IN
           (SELECT tenant, key FROM idempotency WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 4)",
    )?
    .execute(params![now.millis()])?;
    c.prepare_cached("DELETE FROM idempotency WHERE tenant = ?1 AND key = ?2 AND expires_at <= ?3")?
        .execute(params![tenant.to_bytes(), row.key, now.millis()])?;
    let added = c
        .prepare_cached(
            "INSERT INTO idempotency (tenant, key, body, status, person, sealed, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            tenant.to_bytes(),
            row.key,
            row.body,
            row.status,
            row.person.to_bytes(),
            row.sealed,
            row.expires_at.millis()
        ])?;
    if added == 0 { Err(Conflict::IdempotencyKeyUsed.into()) } else { Ok(()) }
}

/// Adds a tenant; `false` if it exists.
pub(crate) fn add_tenant(c: &Connection, row: &TenantRow) -> rusqlite::Result<bool> {
    let added = c
        .prepare_cached(
            "INSERT INTO tenants (id, wrapped_key, sealed_name, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![row.id.to_bytes(), row.wrapped_key, row.sealed_name, row.created_at.millis()])?;
    Ok(added == 1)
}
