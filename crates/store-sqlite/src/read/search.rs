//! What galleries load and follow.

use ::store::{SearchChanges, SearchRow, Sequence};
use domain::{PersonId, TenantId};
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

use crate::columns::{self, SAMPLE, maybe_time, status};

pub(crate) fn sequence(c: &Connection, tenant: TenantId) -> Result<Sequence> {
    let found = c
        .prepare_cached("SELECT sequence FROM tenants WHERE id = ?1")?
        .query_row([tenant.to_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Columns of a person beside those of a sample, in the order of [`person_of`].
const OWNER: &str = "p.wrapped_key, p.status, p.expires_at, p.terms";

/// The person of a row whose columns begin at `from`, without samples.
fn person_of(row: &Row<'_>, person: PersonId, from: usize) -> Result<SearchRow> {
    Ok(SearchRow {
        person,
        wrapped_key: row.get(from)?,
        status: status(row, from + 1)?,
        expires_at: maybe_time(row, from + 2)?,
        collections: columns::collections(row.get_ref(from + 3)?.as_blob()?),
        samples: Vec::new(),
    })
}

fn one(c: &Connection, tenant: TenantId, person: PersonId) -> Result<Option<SearchRow>> {
    let found = c
        .prepare_cached(&format!("SELECT {OWNER} FROM persons p WHERE tenant = ?1 AND id = ?2"))?
        .query_row(params![tenant.to_bytes(), person.to_bytes()], |row| person_of(row, person, 0))
        .optional()?;
    let Some(mut found) = found else { return Ok(None) };
    found.samples = c
        .prepare_cached(&format!(
            "SELECT {SAMPLE} FROM samples s WHERE tenant = ?1 AND person = ?2 AND state = 1 ORDER BY id"
        ))?
        .query_map(params![tenant.to_bytes(), person.to_bytes()], |row| columns::sample(row, person))?
        .collect::<Result<_>>()?;
    Ok((!found.samples.is_empty()).then_some(found))
}

/// Who was touched after a position, and when last.
fn touched(
    c: &Connection,
    tenant: TenantId,
    after: Sequence,
    limit: u32,
) -> Result<Vec<(PersonId, Sequence)>> {
    c.prepare_cached(
        "SELECT person, sequence FROM search_changes WHERE tenant = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
    )?
    .query_map(params![tenant.to_bytes(), after, limit], |row| {
        Ok((PersonId::from_bytes(row.get(0)?), row.get(1)?))
    })?
    .collect()
}

pub(crate) fn changes(
    c: &Connection,
    tenant: TenantId,
    after: Sequence,
    limit: u32,
) -> Result<Option<SearchChanges>> {
    // One snapshot for the position and the persons.
    let snapshot = c.unchecked_transaction()?;
    let (up_to, forgotten): (Sequence, Sequence) = snapshot
        .prepare_cached("SELECT sequence, forgotten FROM tenants WHERE id = ?1")?
        .query_row([tenant.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .unwrap_or_default();
    if after < forgotten {
        return Ok(None);
    }
    let touched = touched(&snapshot, tenant, after, limit)?;
    let first_and_last = touched.first().map(|(_, s)| *s).zip(touched.last().map(|(_, s)| *s));
    let (touched, up_to, more) = match first_and_last {
        // One commit may touch many: where the limit cuts through one, it is left for the next time, or read whole.
        Some((first, last)) if touched.len() >= limit as usize && first < last => (touched, last - 1, true),
        Some((first, last)) if touched.len() >= limit as usize && first == last => {
            (self::touched(&snapshot, tenant, after, u32::MAX)?, up_to, false)
        }
        _ => (touched, up_to, false),
    };
    let mut changes = SearchChanges { up_to, more, present: Vec::new(), absent: Vec::new() };
    for (person, _) in touched {
        match one(&snapshot, tenant, person)? {
            Some(row) => changes.present.push(row),
            None => changes.absent.push(person),
        }
    }
    Ok(Some(changes))
}

pub(crate) fn all(
    c: &Connection,
    tenant: TenantId,
    after: Option<PersonId>,
    before: Option<PersonId>,
    limit: u32,
) -> Result<Vec<SearchRow>> {
    let (after, before) =
        (after.map_or([0; 16], PersonId::to_bytes), before.map_or([0xff; 16], PersonId::to_bytes));
    let mut query = c.prepare_cached(&format!(
        "SELECT {SAMPLE}, s.person, {OWNER} FROM samples s
         CROSS JOIN persons p ON p.tenant = s.tenant AND p.id = s.person
         WHERE s.tenant = ?1 AND s.person > ?2 AND s.person < ?3 AND s.state = 1
         ORDER BY s.person, s.id LIMIT ?4"
    ))?;
    let mut rows = query.query(params![tenant.to_bytes(), after, before, limit])?;
    let (mut found, mut samples): (Vec<SearchRow>, u32) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let person = PersonId::from_bytes(row.get(8)?);
        if found.last().is_none_or(|last| last.person != person) {
            found.push(person_of(row, person, 9)?);
        }
        let sample = columns::sample(row, person)?;
        if let Some(last) = found.last_mut() {
            last.samples.push(sample);
        }
        samples += 1;
    }
    // The last person may have more samples than the limit let through: it is read again with the next ones.
    if samples == limit && found.len() > 1 {
        found.pop();
    }
    Ok(found)
}
