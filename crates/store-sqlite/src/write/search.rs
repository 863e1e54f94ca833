//! What galleries follow, and the check that nobody was enrolled unseen.

use std::collections::HashSet;

use ::store::{Conflict, Sequence};
use domain::{PersonId, TenantId};
use rusqlite::{Connection, params};

use super::Refused;

/// Most strangers a conflict names: beyond it the caller compares with these and comes again.
const MOST: usize = 10_000;

/// Refuses an enrolment when others were enrolled after the position up to which the gallery was searched, except for
/// those it was compared with all the same.
pub(super) fn check_enrolments(
    c: &Connection,
    tenant: TenantId,
    searched: Sequence,
    compared: &[PersonId],
    sequence: Sequence,
) -> Result<(), Refused> {
    let mut query = c.prepare_cached(
        "SELECT person, enrolled FROM search_changes WHERE tenant = ?1 AND enrolled > ?2 AND erased = 0
         ORDER BY enrolled",
    )?;
    let rows = query.query_map(params![tenant.to_bytes(), searched], |row| {
        Ok((PersonId::from_bytes(row.get(0)?), row.get::<_, Sequence>(1)?))
    })?;
    // All that were committed before this change, which has a sequence of its own.
    let compared: HashSet<&PersonId> = compared.iter().collect();
    let (mut persons, mut up_to, mut last) = (Vec::new(), sequence - 1, searched);
    for row in rows {
        let (person, enrolled) = row?;
        // Never in the middle of one commit: then the caller would not get beyond it.
        if persons.len() >= MOST && enrolled > last {
            up_to = last;
            break;
        }
        last = enrolled;
        if !compared.contains(&person) {
            persons.push(person);
        }
    }
    if persons.is_empty() { Ok(()) } else { Err(Conflict::Enrolled { persons, up_to }.into()) }
}

/// Notes that a person got a face or a fingerprint.
pub(super) fn enrol(
    c: &Connection,
    tenant: TenantId,
    person: PersonId,
    sequence: Sequence,
) -> Result<(), Refused> {
    c.prepare_cached(
        "INSERT INTO search_changes (tenant, person, sequence, enrolled) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT DO UPDATE SET sequence = ?3, enrolled = ?3, erased = 0",
    )?
    .execute(params![tenant.to_bytes(), person.to_bytes(), sequence])?;
    Ok(())
}

/// Notes that something about a person may matter to searches; who never had a sample matters to none.
pub(super) fn touch(
    c: &Connection,
    tenant: TenantId,
    person: PersonId,
    sequence: Sequence,
) -> Result<(), Refused> {
    c.prepare_cached("UPDATE search_changes SET sequence = ?3 WHERE tenant = ?1 AND person = ?2")?
        .execute(params![tenant.to_bytes(), person.to_bytes(), sequence])?;
    Ok(())
}

/// Takes in what is noted of a person: the last commit that matters, the last that enrolled, and whether it is gone.
pub(crate) fn put(
    c: &Connection,
    tenant: TenantId,
    person: PersonId,
    (sequence, enrolled, erased): (Sequence, Sequence, bool),
) -> Result<(), Refused> {
    c.prepare_cached(
        "INSERT INTO search_changes (tenant, person, sequence, enrolled, erased) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![tenant.to_bytes(), person.to_bytes(), sequence, enrolled, erased])?;
    Ok(())
}

/// Erasures that stay known, so that a gallery that lags behind them need not load anew.
const KNOWN: Sequence = 100_000;

/// Notes that a person is gone. Forgetting rides along: a few of the oldest erasures go with each new one.
pub(super) fn erase(
    c: &Connection,
    tenant: TenantId,
    person: PersonId,
    sequence: Sequence,
) -> Result<(), Refused> {
    c.prepare_cached(
        "UPDATE search_changes SET sequence = ?3, erased = 1 WHERE tenant = ?1 AND person = ?2",
    )?
    .execute(params![tenant.to_bytes(), person.to_bytes(), sequence])?;
    let old: Vec<(Vec<u8>, Sequence)> = c
        .prepare_cached(
            "SELECT person, sequence FROM search_changes
             WHERE tenant = ?1 AND erased = 1 AND sequence < ?2 ORDER BY sequence LIMIT 4",
        )?
        .query_map(params![tenant.to_bytes(), sequence.saturating_sub(KNOWN)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    for (person, forgotten) in old {
        c.prepare_cached("DELETE FROM search_changes WHERE tenant = ?1 AND person = ?2")?
            .execute(params![tenant.to_bytes(), person])?;
        c.prepare_cached("UPDATE tenants SET forgotten = max(forgotten, ?2) WHERE id = ?1")?
            .execute(params![tenant.to_bytes(), forgotten])?;
    }
    Ok(())
}
