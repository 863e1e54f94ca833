//! History.

use ::store::{EventRow, Sequence};
use domain::TenantId;
use rusqlite::{Connection, params};

use super::Refused;

pub(crate) fn add(
    c: &Connection,
    tenant: TenantId,
    row: &EventRow,
    sequence: Sequence,
) -> Result<(), Refused> {
    c.prepare_cached(
        "INSERT INTO events (tenant, person, id, at, sequence, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
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
