//! Tenants.

use ::store::{Sequence, TenantRow};
use domain::{TenantId, Time};
use rusqlite::{Connection, params};

/// Moves the tenant to its next commit, and its high-water mark to `now`, with the sealed mark where one is brought.
pub(super) fn next_sequence(
    c: &Connection,
    tenant: TenantId,
    now: Time,
    mark: Option<&[u8]>,
) -> rusqlite::Result<Sequence> {
    c.prepare_cached(
        "UPDATE tenants SET sequence = sequence + 1, high_water = max(high_water, ?2),
                            mark = CASE WHEN high_water <= ?2 THEN coalesce(?3, mark) ELSE mark END
         WHERE id = ?1 RETURNING sequence",
    )?
    .query_row(params![tenant.to_bytes(), now.millis(), mark], |row| row.get(0))
}

/// Adds a tenant; `false` if it exists.
pub(crate) fn add(c: &Connection, row: &TenantRow) -> rusqlite::Result<bool> {
    let added = c
        .prepare_cached(
            "INSERT INTO tenants (id, wrapped_key, sealed_name, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![row.id.to_bytes(), row.wrapped_key, row.sealed_name, row.created_at.millis()])?;
    Ok(added == 1)
}
