//! What galleries load and follow.

use ::store::{SearchChanges, SearchRow, Sequence};
use domain::{PersonId, TenantId};
use tokio_postgres::Row;

use super::{Result, key};
use crate::columns::{self, get, maybe_time, number, person_id, sample_columns, status, stored};
use crate::connection::Scope;
use crate::ids::Id;
use crate::pool::Pool;
use crate::statement::statements;

/// Columns of a person beside those of a sample, in the order of [`person_of`].
macro_rules! owner {
    () => {
        "p.wrapped_key, p.status, p.expires_at, p.terms"
    };
}

statements! {
    /// One statement is one snapshot: of the position, who was touched since, and what they are now.
    CHANGES(UUID, INT8, INT8) = concat!(
        "SELECT ", sample_columns!(), ", t.sequence, t.forgotten, c.person, c.sequence, ", owner!(), "
         FROM tenants t
         LEFT JOIN LATERAL (SELECT person, sequence FROM search_changes
                            WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3) c ON true
         LEFT JOIN persons p ON p.tenant = $1 AND p.id = c.person
         LEFT JOIN samples s ON s.tenant = $1 AND s.person = p.id AND s.state = 1
         WHERE t.id = $1 ORDER BY c.sequence, c.person, s.id"
    );
    ALL(UUID, UUID, UUID, INT8) = concat!(
        "SELECT ", sample_columns!(), ", s.person, ", owner!(), "
         FROM (SELECT * FROM samples WHERE tenant = $1 AND person > $2 AND person < $3 AND state = 1
               ORDER BY person, id LIMIT $4) s
         JOIN persons p ON p.tenant = $1 AND p.id = s.person ORDER BY s.person, s.id"
    );
}

/// The person of a row whose columns begin at `from`, without samples.
fn person_of(row: &Row, person: PersonId, from: usize) -> Result<SearchRow> {
    Ok(SearchRow {
        person,
        wrapped_key: get(row, from)?,
        status: status(row, from + 1)?,
        expires_at: maybe_time(row, from + 2)?,
        collections: columns::collections(get(row, from + 3)?),
        samples: Vec::new(),
    })
}

/// Those touched after a position, at most `limit` of them, with the position that leads to.
struct Touched {
    rows: Vec<Row>,
    position: Sequence,
    forgotten: Sequence,
    /// How many persons, and the first and last of their sequences.
    persons: u64,
    span: Option<(Sequence, Sequence)>,
}

async fn touched(pool: &Pool, tenant: TenantId, after: Sequence, limit: u64) -> Result<Option<Touched>> {
    let values = [&key(tenant) as crate::statement::Value<'_>, &stored(after), &stored(limit)];
    let rows = pool.rows(Scope::Tenant(tenant), &CHANGES, &values).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (position, forgotten) = (number(first, 8)?, number(first, 9)?);
    let (mut persons, mut last, mut span) = (0, None, None);
    for row in &rows {
        let Some(person) = get::<Option<Id>>(row, 10)? else { continue };
        if last != Some(person) {
            persons += 1;
            last = Some(person);
            let sequence = number(row, 11)?;
            span = Some((span.map_or(sequence, |(first, _)| first), sequence));
        }
    }
    Ok(Some(Touched { rows, position, forgotten, persons, span }))
}

pub(crate) async fn changes(
    pool: &Pool,
    tenant: TenantId,
    after: Sequence,
    limit: u32,
) -> Result<Option<SearchChanges>> {
    let nothing = SearchChanges { up_to: after, more: false, present: Vec::new(), absent: Vec::new() };
    let Some(mut found) = touched(pool, tenant, after, u64::from(limit)).await? else {
        return Ok(Some(nothing));
    };
    // One commit may touch many: where the limit cuts through one, it is left for the next time, or read whole.
    let cut = found.persons >= u64::from(limit);
    if cut && found.span.is_some_and(|(first, last)| first == last) {
        match touched(pool, tenant, after, i64::MAX.unsigned_abs()).await? {
            Some(whole) => found = whole,
            None => return Ok(Some(nothing)),
        }
    }
    if after < found.forgotten {
        return Ok(None);
    }
    let more =
        cut && found.span.is_some_and(|(first, last)| first < last) && found.persons == u64::from(limit);
    let up_to = match found.span {
        Some((_, last)) if more => last - 1,
        _ => found.position,
    };
    let mut changes = SearchChanges { up_to, more, ..nothing };
    for row in &found.rows {
        if get::<Option<Id>>(row, 10)?.is_none() {
            continue;
        }
        take(row, &mut changes)?;
    }
    Ok(Some(changes))
}

/// Takes in one row: a person with a face, or one without.
fn take(row: &Row, changes: &mut SearchChanges) -> Result<()> {
    let person = person_id(row, 10)?;
    if get::<Option<Id>>(row, 0)?.is_none() {
        changes.absent.push(person);
        return Ok(());
    }
    if changes.present.last().is_none_or(|last| last.person != person) {
        changes.present.push(person_of(row, person, 12)?);
    }
    let sample = columns::sample(row, 0, person)?;
    if let Some(last) = changes.present.last_mut() {
        last.samples.push(sample);
    }
    Ok(())
}

pub(crate) async fn all(
    pool: &Pool,
    tenant: TenantId,
    after: Option<PersonId>,
    before: Option<PersonId>,
    limit: u32,
) -> Result<Vec<SearchRow>> {
    let after = Id(after.map_or([0; 16], PersonId::to_bytes));
    let before = Id(before.map_or([0xff; 16], PersonId::to_bytes));
    let values = [&key(tenant) as crate::statement::Value<'_>, &after, &before, &i64::from(limit)];
    let rows = pool.rows(Scope::Tenant(tenant), &ALL, &values).await?;
    let mut found: Vec<SearchRow> = Vec::new();
    for row in &rows {
        let person = person_id(row, 8)?;
        if found.last().is_none_or(|last| last.person != person) {
            found.push(person_of(row, person, 9)?);
        }
        let sample = columns::sample(row, 0, person)?;
        if let Some(last) = found.last_mut() {
            last.samples.push(sample);
        }
    }
    // The last person may have more faces than the limit let through: it is read again with the next ones.
    if rows.len() == limit as usize && found.len() > 1 {
        found.pop();
    }
    Ok(found)
}
