//! Lists of persons.
//!
//! An identifier begins with the moment of creation, so the order by creation is the order of identifiers, and a
//! list filtered by a blind index is a straight walk along `person_index`: no sort, whatever the size.

use std::fmt::Write as _;

use ::store::{IndexEntry, ListQuery, Page, Sequence, TOTAL_CAP, Total};
use domain::{Status, TenantId, Time};
use postgres_types::{ToSql, Type};

use super::Result;
use crate::columns::{self, get, number, person_columns, status_code};
use crate::connection::Scope;
use crate::ids::Id;
use crate::pool::Pool;

/// A parameter that owns its value.
type Owned = (Box<dyn ToSql + Sync + Send>, Type);

/// A growing `FROM … WHERE …` with its parameters; the first is the tenant.
struct Clause {
    sql: String,
    values: Vec<Owned>,
}

impl Clause {
    fn push(&mut self, value: impl ToSql + Sync + Send + 'static, of: Type) -> usize {
        self.values.push((Box::new(value), of));
        self.values.len()
    }

    fn moment(&mut self, column: &str, compare: &str, time: Time) {
        let n = self.push(time.millis(), Type::INT8);
        let _ = write!(self.sql, " AND {column} {compare} ${n}");
    }

    fn id(&mut self, column: &str, compare: &str, id: [u8; 16]) {
        let n = self.push(Id(id), Type::UUID);
        let _ = write!(self.sql, " AND {column} {compare} ${n}");
    }

    fn number(&mut self, column: &str, number: i16) {
        let n = self.push(number, Type::INT2);
        let _ = write!(self.sql, " AND {column} = ${n}");
    }
}

/// The first sixteen bytes any identifier made at `time` or later can have.
fn first_id(time: Time) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&time.millis().to_be_bytes()[2..]);
    bytes
}

/// The narrowed rows, and the column that gives the order. `walk` goes along a blind index, which is in the order of
/// creation.
fn narrowed(mut clause: Clause, query: &ListQuery, walk: bool) -> (Clause, &'static str) {
    // The rarest kind of field drives the walk: kinds are numbered from the most telling one.
    let mut index: Vec<&IndexEntry> = query.index.iter().collect();
    index.sort_by_key(|e| e.field);
    let walked = index.split_first().filter(|_| walk);
    let (id, probed) = if let Some((first, rest)) = walked {
        clause.sql.push_str(
            " FROM person_index i JOIN persons p ON p.tenant = $1 AND p.id = i.person WHERE i.tenant = $1",
        );
        clause.number("i.field", i16::from(first.field as u8));
        clause.id("i.hash", "=", first.hash);
        ("i.person", rest)
    } else {
        clause.sql.push_str(" FROM persons p WHERE p.tenant = $1");
        ("p.id", index.as_slice())
    };
    for entry in probed {
        let f = clause.push(i16::from(entry.field as u8), Type::INT2);
        let h = clause.push(Id(entry.hash), Type::UUID);
        let _ = write!(
            clause.sql,
            " AND EXISTS (SELECT 1 FROM person_index x
               WHERE x.tenant = $1 AND x.field = ${f} AND x.hash = ${h} AND x.person = p.id)"
        );
    }
    if let Some(status) = query.status {
        clause.number("p.status", status_code(status));
        match status {
            Status::Expired => clause.moment("p.expires_at", "<=", query.now),
            Status::Verified => clause.moment("p.expires_at", ">", query.now),
            Status::Pending | Status::Failed => {}
        }
    }
    if let Some(from) = query.created_from {
        clause.id(id, ">=", first_id(from));
    }
    if let Some(before) = query.created_before {
        clause.id(id, "<", first_id(before));
    }
    (clause, id)
}

/// Goes on with the same parameters in another part of the statement.
fn with_values(values: Vec<Owned>) -> Clause {
    Clause { sql: String::new(), values }
}

/// The count as a part of the statement, so that it is of the same moment as the rows.
fn counted(clause: Clause, query: &ListQuery) -> (String, Vec<Owned>) {
    if !query.count {
        return ("NULL::bigint".into(), clause.values);
    }
    if !query.is_filtered() {
        return ("(SELECT persons FROM tenants WHERE id = $1)".into(), clause.values);
    }
    let (clause, _) = narrowed(clause, query, true);
    let text = format!("(SELECT count(*) FROM (SELECT 1{} LIMIT {}) c)", clause.sql, TOTAL_CAP + 1);
    (text, clause.values)
}

fn page_of(clause: Clause, query: &ListQuery) -> (String, Vec<Owned>) {
    let (mut clause, id) = narrowed(clause, query, !query.sort.by_update());
    let (compare, direction) = if query.sort.descending() { ("<", "DESC") } else { (">", "ASC") };
    if let Some(after) = query.after {
        if query.sort.by_update() {
            let t = clause.push(after.updated_at.millis(), Type::INT8);
            let i = clause.push(Id(after.id.to_bytes()), Type::UUID);
            let _ = write!(clause.sql, " AND (p.updated_at, p.id) {compare} (${t}, ${i})");
        } else {
            clause.id(id, compare, after.id.to_bytes());
        }
    }
    let order = if query.sort.by_update() {
        format!("p.updated_at {direction}, p.id {direction}")
    } else {
        format!("{id} {direction}")
    };
    // One row more than asked for, to know whether others follow.
    let limit = clause.push(i64::from(query.limit) + 1, Type::INT8);
    let offset = clause.push(i64::from(query.offset), Type::INT8);
    let columns = person_columns!();
    let text = format!("SELECT {columns}{} ORDER BY {order} LIMIT ${limit} OFFSET ${offset}", clause.sql);
    (text, clause.values)
}

/// One page, and the position the database was at. The position and the count come with each row, and in a row of their
/// own when there is none.
pub(crate) async fn page(pool: &Pool, tenant: TenantId, query: &ListQuery) -> Result<(Page, Sequence)> {
    let first: Owned = (Box::new(super::key(tenant)), Type::UUID);
    let (count, values) = counted(with_values(vec![first]), query);
    let (rows, values) = page_of(with_values(values), query);
    let text = format!(
        "SELECT r.*, {count}, (SELECT sequence FROM tenants WHERE id = $1)
         FROM (SELECT) one LEFT JOIN LATERAL ({rows}) r ON true"
    );
    let values: Vec<(&(dyn ToSql + Sync), Type)> =
        values.iter().map(|(value, of)| (&**value as &(dyn ToSql + Sync), of.clone())).collect();
    let rows = pool.rows_of(Scope::Tenant(tenant), &text, &values).await?;
    let Some(first) = rows.first() else {
        return Ok((
            Page { rows: Vec::new(), more: false, total: query.count.then_some(Total::Exact(0)) },
            0,
        ));
    };
    let count = get::<Option<i64>>(first, COUNT)?.map_or(0, i64::unsigned_abs);
    let total = if count > TOTAL_CAP && query.is_filtered() {
        Total::AtLeast(TOTAL_CAP)
    } else {
        Total::Exact(count)
    };
    let position = get::<Option<i64>>(first, POSITION)?.map_or(Ok(0), |_| number(first, POSITION))?;
    let mut persons = Vec::with_capacity(rows.len());
    for row in &rows {
        if get::<Option<Id>>(row, 0)?.is_some() {
            persons.push(columns::person(row)?);
        }
    }
    let more = persons.len() > query.limit as usize;
    persons.truncate(query.limit as usize);
    Ok((Page { rows: persons, more, total: query.count.then_some(total) }, position))
}

/// Columns after those of a person.
const COUNT: usize = 9;
const POSITION: usize = 10;
