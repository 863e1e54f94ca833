//! Tenants, and questions about the whole store.

use std::time::Duration;

use ::store::{Mark, Sequence, TenantRow};
use domain::TenantId;

use super::{Result, key};
use crate::columns::{get, id, number, time};
use crate::connection::Scope;
use crate::failure::Failure;
use crate::images::StoreId;
use crate::pool::Pool;
use crate::statement::statements;

/// Counting everybody takes as long as it takes.
const THOROUGH: Duration = Duration::from_secs(3_600);

statements! {
    ALL() = "SELECT id, wrapped_key, sealed_name, created_at FROM tenants ORDER BY created_at, id";
    SEQUENCE(UUID) = "SELECT sequence FROM tenants WHERE id = $1";
    MARKS() = "SELECT id, high_water, mark FROM tenants";
    /// Of all tenants; it never becomes less.
    COMMITS() = "SELECT coalesce(sum(sequence), 0)::int8 FROM tenants";
    IDENTITY() = "SELECT id FROM store_identity";
    WRITABLE() = "SELECT NOT pg_is_in_recovery()";
    MISCOUNTED() =
        "SELECT count(*) FROM tenants t
         WHERE t.persons <> (SELECT count(*) FROM persons p WHERE p.tenant = t.id)";
    UNFOLLOWED() =
        "SELECT count(DISTINCT s.person) FROM samples s WHERE s.state = 1 AND NOT EXISTS
         (SELECT 1 FROM search_changes c WHERE c.tenant = s.tenant AND c.person = s.person AND NOT c.erased)";
}

pub(crate) async fn all(pool: &Pool) -> Result<Vec<TenantRow>> {
    let rows = pool.rows(Scope::All, &ALL, &[]).await?;
    let read = |row| {
        Ok(TenantRow {
            id: TenantId::from_bytes(id(row, 0)?),
            wrapped_key: get(row, 1)?,
            sealed_name: get(row, 2)?,
            created_at: time(row, 3)?,
        })
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn sequence(pool: &Pool, tenant: TenantId) -> Result<Sequence> {
    let rows = pool.rows(Scope::Tenant(tenant), &SEQUENCE, &[&key(tenant)]).await?;
    rows.first().map_or(Ok(0), |row| number(row, 0))
}

pub(crate) async fn marks(pool: &Pool) -> Result<Vec<Mark>> {
    let rows = pool.rows(Scope::All, &MARKS, &[]).await?;
    let read =
        |row| Ok(Mark { tenant: TenantId::from_bytes(id(row, 0)?), at: time(row, 1)?, sealed: get(row, 2)? });
    rows.iter().map(read).collect()
}

/// How many commits there are.
pub(crate) async fn commits(pool: &Pool) -> Result<u64> {
    let rows = pool.rows(Scope::All, &COMMITS, &[]).await?;
    rows.first().map_or(Ok(0), |row| number(row, 0))
}

/// What this store is called.
pub(crate) async fn identity(pool: &Pool) -> Result<StoreId> {
    let rows = pool.rows(Scope::All, &IDENTITY, &[]).await?;
    let row = rows.first().ok_or_else(|| Failure::Damaged("the store has no name".into()))?;
    Ok(StoreId(id(row, 0)?))
}

/// Whether the database takes writes.
pub(crate) async fn writable(pool: &Pool) -> Result<bool> {
    let rows = pool.rows(Scope::All, &WRITABLE, &[]).await?;
    rows.first().map_or(Ok(false), |row| get(row, 0))
}

/// What no constraint holds: the counters, and that galleries are told of every face.
pub(crate) async fn check(pool: &Pool) -> Result<Option<String>> {
    let pool = &pool.patient(THOROUGH);
    for (statement, what) in [
        (&MISCOUNTED, "tenants have a wrong count of persons"),
        (&UNFOLLOWED, "faces are not followed by searches"),
    ] {
        let rows = pool.rows(Scope::All, statement, &[]).await?;
        let wrong = rows.first().map_or(Ok(0), |row| number(row, 0))?;
        if wrong > 0 {
            return Ok(Some(format!("{wrong} {what}")));
        }
    }
    Ok(None)
}
