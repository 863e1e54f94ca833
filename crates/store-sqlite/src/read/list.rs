//! Lists of persons.
//!
//! An identifier begins with the moment of creation, so the order by creation is the order of identifiers, and a
//! list filtered by a blind index is a straight walk along `person_index`: no sort, whatever the size.

use std::fmt::Write as _;

use ::store::{IndexEntry, ListQuery, Page, TOTAL_CAP, Total};
use domain::{Status, TenantId, Time};
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use crate::columns::{self, PERSON, field, status_code};

/// A growing `FROM … WHERE …` with its parameters.
struct Clause {
    sql: String,
    values: Vec<Value>,
}

impl Clause {
    fn push(&mut self, value: impl Into<Value>) -> usize {
        self.values.push(value.into());
        self.values.len()
    }

    fn and(&mut self, column: &str, compare: &str, value: impl Into<Value>) {
        let n = self.push(value);
        let _ = write!(self.sql, " AND {column} {compare} ?{n}");
    }
}

/// The first sixteen bytes any identifier made at `time` or later can have.
fn first_id(time: Time) -> Vec<u8> {
    let mut bytes = vec![0; 16];
    bytes[..6].copy_from_slice(&time.millis().to_be_bytes()[2..]);
    bytes
}

/// The narrowed rows, and the column that gives the order. `walk` goes along a blind index, which is in the order of
/// creation.
fn narrowed(tenant: TenantId, query: &ListQuery, walk: bool) -> (Clause, &'static str) {
    let mut clause = Clause { sql: String::new(), values: vec![tenant.to_bytes().to_vec().into()] };
    // The rarest kind of field drives the walk: kinds are numbered from the most telling one.
    let mut index: Vec<&IndexEntry> = query.index.iter().collect();
    index.sort_by_key(|e| e.field);
    let walked = index.split_first().filter(|_| walk);
    let (id, probed) = if let Some((first, rest)) = walked {
        clause.sql.push_str(" FROM person_index i CROSS JOIN persons p ON p.tenant = ?1 AND p.id = i.person WHERE i.tenant = ?1");
        clause.and("i.field", "=", i64::from(field(first.field)));
        clause.and("i.hash", "=", first.hash.to_vec());
        ("i.person", rest)
    } else {
        clause.sql.push_str(" FROM persons p WHERE p.tenant = ?1");
        ("p.id", index.as_slice())
    };
    for entry in probed {
        let (f, h) = (clause.push(i64::from(field(entry.field))), clause.push(entry.hash.to_vec()));
        let _ = write!(
            clause.sql,
            " AND EXISTS (SELECT 1 FROM person_index x
               WHERE x.tenant = ?1 AND x.field = ?{f} AND x.hash = ?{h} AND x.person = p.id)"
        );
    }
    if let Some(status) = query.status {
        clause.and("p.status", "=", i64::from(status_code(status)));
        match status {
            Status::Expired => clause.and("p.expires_at", "<=", query.now.millis()),
            Status::Verified => clause.and("p.expires_at", ">", query.now.millis()),
            Status::Pending | Status::Failed => {}
        }
    }
    if let Some(from) = query.created_from {
        clause.and(id, ">=", first_id(from));
    }
    if let Some(before) = query.created_before {
        clause.and(id, "<", first_id(before));
    }
    (clause, id)
}

fn count(c: &Connection, tenant: TenantId, query: &ListQuery) -> Result<Total> {
    if !query.is_filtered() {
        let sql = "SELECT coalesce((SELECT persons FROM tenants WHERE id = ?1), 0)";
        return c.prepare_cached(sql)?.query_row([tenant.to_bytes()], |row| row.get(0)).map(Total::Exact);
    }
    let (clause, _) = narrowed(tenant, query, true);
    let sql = format!("SELECT count(*) FROM (SELECT 1{} LIMIT {})", clause.sql, TOTAL_CAP + 1);
    let found: u64 = c.prepare_cached(&sql)?.query_row(params_from_iter(clause.values), |row| row.get(0))?;
    Ok(if found > TOTAL_CAP { Total::AtLeast(TOTAL_CAP) } else { Total::Exact(found) })
}

/// One page, one row more than asked for to know whether others follow.
pub(crate) fn page(c: &Connection, tenant: TenantId, query: &ListQuery) -> Result<Page> {
    // One snapshot for the count and the rows.
    let snapshot = c.unchecked_transaction()?;
    let total = if query.count { Some(count(&snapshot, tenant, query)?) } else { None };
    let (mut clause, id) = narrowed(tenant, query, !query.sort.by_update());
    let (compare, direction) = if query.sort.descending() { ("<", "DESC") } else { (">", "ASC") };
    if let Some(after) = query.after {
        if query.sort.by_update() {
            let (t, i) = (clause.push(after.updated_at.millis()), clause.push(after.id.to_bytes().to_vec()));
            let _ = write!(clause.sql, " AND (p.updated_at, p.id) {compare} (?{t}, ?{i})");
        } else {
            clause.and(id, compare, after.id.to_bytes().to_vec());
        }
    }
    let order = if query.sort.by_update() {
        format!("p.updated_at {direction}, p.id {direction}")
    } else {
        format!("{id} {direction}")
    };
    let (limit, offset) = (clause.push(i64::from(query.limit) + 1), clause.push(i64::from(query.offset)));
    let sql = format!("SELECT {PERSON}{} ORDER BY {order} LIMIT ?{limit} OFFSET ?{offset}", clause.sql);
    let mut rows = snapshot
        .prepare_cached(&sql)?
        .query_map(params_from_iter(clause.values), columns::person)?
        .collect::<Result<Vec<_>>>()?;
    let more = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    Ok(Page { rows, more, total })
}
