//! Answers kept under an idempotency key.

use ::store::{Conflict, IdempotencyRow};
use domain::{TenantId, Time};
use rusqlite::{Connection, params};

use super::Refused;

pub(super) fn keep(c: &Connection, tenant: TenantId, row: &IdempotencyRow, now: Time) -> Result<(), Refused> {
    // Forgetting rides along: a few old answers go with each new one, so that none pile up.
    c.prepare_cached(
        "DELETE FROM idempotency WHERE (tenant, key) IN
           (SELECT tenant, key FROM idempotency WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 4)",
    )?
    .execute(params![now.millis()])?;
    c.prepare_cached("DELETE FROM idempotency WHERE tenant = ?1 AND key = ?2 AND expires_at <= ?3")?
        .execute(params![tenant.to_bytes(), row.key, now.millis()])?;
    put(c, tenant, row)
}

/// Takes an answer in as it is.
pub(crate) fn put(c: &Connection, tenant: TenantId, row: &IdempotencyRow) -> Result<(), Refused> {
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
            row.person.map_or(Vec::new(), |p| p.to_bytes().to_vec()),
            row.sealed,
            row.expires_at.millis()
        ])?;
    if added == 0 { Err(Conflict::IdempotencyKeyUsed.into()) } else { Ok(()) }
}
