//! Point reads, one function a question.

pub(crate) mod collection;
pub(crate) mod list;
pub(crate) mod pair;
pub(crate) mod search;

use ::store::{EventRow, IdempotencyRow, Mark, PersonRow, SampleHead, SealedRow, TenantRow, TokenRow};
use domain::{EventId, PersonId, SampleId, TenantId, Time, TokenId};
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

use crate::columns::{self, PERSON, SAMPLE, SEALED, TOKEN, time};

pub(crate) fn person(c: &Connection, tenant: TenantId, id: PersonId) -> Result<Option<PersonRow>> {
    c.prepare_cached(&format!("SELECT {PERSON} FROM persons p WHERE tenant = ?1 AND id = ?2"))?
        .query_row(params![tenant.to_bytes(), id.to_bytes()], columns::person)
        .optional()
}

pub(crate) fn samples(c: &Connection, tenant: TenantId, person: PersonId) -> Result<Vec<SampleHead>> {
    c.prepare_cached(&format!(
        "SELECT {SAMPLE} FROM samples s WHERE tenant = ?1 AND person = ?2 ORDER BY id"
    ))?
    .query_map(params![tenant.to_bytes(), person.to_bytes()], |row| columns::sample(row, person))?
    .collect()
}

pub(crate) fn sample_image(
    c: &Connection,
    tenant: TenantId,
    person: PersonId,
    sample: SampleId,
) -> Result<Option<Vec<u8>>> {
    c.prepare_cached("SELECT image FROM sample_images WHERE tenant = ?1 AND person = ?2 AND sample = ?3")?
        .query_row(params![tenant.to_bytes(), person.to_bytes(), sample.to_bytes()], |row| row.get(0))
        .optional()
}

pub(crate) fn evidence_before(
    c: &Connection,
    before: Time,
    limit: u32,
) -> Result<Vec<(TenantId, PersonId, SampleId)>> {
    c.prepare_cached(
        "SELECT tenant, person, id FROM samples WHERE state = 2 AND created_at < ?1 ORDER BY created_at LIMIT ?2",
    )?
    .query_map(params![before.millis(), limit], |row| {
        let (tenant, person, sample) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((TenantId::from_bytes(tenant), PersonId::from_bytes(person), SampleId::from_bytes(sample)))
    })?
    .collect()
}

pub(crate) fn events(c: &Connection, tenant: TenantId, person: PersonId) -> Result<Vec<EventRow>> {
    c.prepare_cached("SELECT id, at, sealed FROM events WHERE tenant = ?1 AND person = ?2 ORDER BY id")?
        .query_map(params![tenant.to_bytes(), person.to_bytes()], |row| {
            Ok(EventRow {
                id: EventId::from_bytes(row.get(0)?),
                person,
                at: time(row, 1)?,
                sealed: row.get(2)?,
            })
        })?
        .collect()
}

pub(crate) fn idempotency(
    c: &Connection,
    tenant: TenantId,
    key: [u8; 16],
    now: Time,
) -> Result<Option<IdempotencyRow>> {
    c.prepare_cached(
        "SELECT body, status, person, sealed, expires_at FROM idempotency
         WHERE tenant = ?1 AND key = ?2 AND expires_at > ?3",
    )?
    .query_row(params![tenant.to_bytes(), key, now.millis()], |row| {
        Ok(IdempotencyRow {
            key,
            body: row.get(0)?,
            status: row.get(1)?,
            person: columns::maybe_person(row, 2)?,
            sealed: row.get(3)?,
            expires_at: time(row, 4)?,
        })
    })
    .optional()
}

pub(crate) fn token_by_hash(c: &Connection, hash: [u8; 32]) -> Result<Option<(TenantId, TokenRow)>> {
    c.prepare_cached(&format!("SELECT {TOKEN}, tenant FROM tokens WHERE hash = ?1"))?
        .query_row(params![hash], |row| Ok((TenantId::from_bytes(row.get(7)?), columns::token(row)?)))
        .optional()
}

pub(crate) fn token(c: &Connection, tenant: TenantId, id: TokenId) -> Result<Option<TokenRow>> {
    c.prepare_cached(&format!("SELECT {TOKEN} FROM tokens WHERE tenant = ?1 AND id = ?2"))?
        .query_row(params![tenant.to_bytes(), id.to_bytes()], columns::token)
        .optional()
}

pub(crate) fn tokens(c: &Connection, tenant: TenantId) -> Result<Vec<TokenRow>> {
    c.prepare_cached(&format!("SELECT {TOKEN} FROM tokens WHERE tenant = ?1 ORDER BY id"))?
        .query_map(params![tenant.to_bytes()], columns::token)?
        .collect()
}

pub(crate) fn tenant(row: &Row<'_>) -> Result<TenantRow> {
    Ok(TenantRow {
        id: TenantId::from_bytes(row.get(0)?),
        wrapped_key: row.get(1)?,
        sealed_name: row.get(2)?,
        created_at: time(row, 3)?,
    })
}

pub(crate) fn tenants(c: &Connection) -> Result<Vec<TenantRow>> {
    c.prepare_cached("SELECT id, wrapped_key, sealed_name, created_at FROM tenants ORDER BY created_at, id")?
        .query_map([], tenant)?
        .collect()
}

pub(crate) fn marks(c: &Connection) -> Result<Vec<Mark>> {
    c.prepare_cached("SELECT id, high_water, mark FROM tenants")?
        .query_map([], |row| {
            Ok(Mark { tenant: TenantId::from_bytes(row.get(0)?), at: time(row, 1)?, sealed: row.get(2)? })
        })?
        .collect()
}

pub(crate) fn sealed(c: &Connection, tenant: TenantId, key: [u8; 16]) -> Result<Option<SealedRow>> {
    c.prepare_cached(&format!("SELECT {SEALED} FROM sealed_records WHERE tenant = ?1 AND key = ?2"))?
        .query_row(params![tenant.to_bytes(), key], columns::sealed)
        .optional()
}

/// Structure, and what no constraint holds: the counters.
pub(crate) fn check(c: &Connection) -> Result<Option<String>> {
    let said: String = c.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Ok(Some(said));
    }
    let miscounted: u64 = c.query_row(
        "SELECT count(*) FROM tenants t
         WHERE t.persons <> (SELECT count(*) FROM persons p WHERE p.tenant = t.id)",
        [],
        |row| row.get(0),
    )?;
    Ok((miscounted > 0).then(|| format!("{miscounted} tenants have a wrong count of persons")))
}
