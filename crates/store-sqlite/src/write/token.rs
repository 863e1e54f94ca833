//! Tokens.

use ::store::{Conflict, TokenChange};
use domain::{TenantId, Time};
use rusqlite::{Connection, params};

use super::Refused;

pub(crate) fn change(
    c: &Connection,
    tenant: TenantId,
    change: &TokenChange,
    now: Time,
) -> Result<(), Refused> {
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
        TokenChange::Revoke { id, sealed_name } => {
            let changed = c
                .prepare_cached(
                    "UPDATE tokens SET revoked_at = ?3, sealed_name = ?4
                     WHERE tenant = ?1 AND id = ?2 AND revoked_at IS NULL",
                )?
                .execute(params![tenant.to_bytes(), id.to_bytes(), now.millis(), sealed_name])?;
            if changed == 0 { Err(Conflict::TokenGone.into()) } else { Ok(()) }
        }
    }
}
