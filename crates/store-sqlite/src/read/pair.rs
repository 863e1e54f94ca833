//! Pairs of persons who may be one.

use ::store::{PairDecision, PairRow};
use domain::{DuplicateId, PersonId, TenantId};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::columns::{self, PAIR};

pub(crate) fn one(c: &Connection, tenant: TenantId, id: DuplicateId) -> Result<Option<PairRow>> {
    c.prepare_cached(&format!("SELECT {PAIR} FROM duplicates WHERE tenant = ?1 AND id = ?2"))?
        .query_row(params![tenant.to_bytes(), id.to_bytes()], columns::pair)
        .optional()
}

pub(crate) fn some(
    c: &Connection,
    tenant: TenantId,
    decision: PairDecision,
    before: Option<DuplicateId>,
    limit: u32,
) -> Result<Vec<PairRow>> {
    let before = before.map_or([0xff; 16], DuplicateId::to_bytes);
    c.prepare_cached(&format!(
        "SELECT {PAIR} FROM duplicates WHERE tenant = ?1 AND decision = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4"
    ))?
    .query_map(params![tenant.to_bytes(), decision as u8, before, limit], columns::pair)?
    .collect()
}

pub(crate) fn of(c: &Connection, tenant: TenantId, person: PersonId) -> Result<Vec<PairRow>> {
    c.prepare_cached(&format!(
        "SELECT {PAIR} FROM duplicates WHERE tenant = ?1 AND first = ?2
         UNION ALL SELECT {PAIR} FROM duplicates WHERE tenant = ?1 AND second = ?2"
    ))?
    .query_map(params![tenant.to_bytes(), person.to_bytes()], columns::pair)?
    .collect()
}
