//! Lists of persons.
//!
//! An identifier begins with the moment of creation, so the order by creation is the order of identifiers, and a
//! list filtered by a blind index is a straight walk along `person_index`: no sort, whatever the size.

use std::fmt::Write as _;

use ::store::{IndexEntry, IndexField, ListQuery, Page, Sequence, TOTAL_CAP, Total};
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

/// Kinds that few persons of a tenant have in common.
fn is_telling(field: IndexField) -> bool {
    field <= IndexField::Phone
}

/// The narrowed rows, and the column that gives the order of creation. They are met along a blind index where one is asked
/// for, which is in that order.
fn narrowed(mut clause: Clause, query: &ListQuery) -> (Clause, &'static str) {
    // The rarest kind of field drives the walk: kinds are numbered from the most telling one.
    let mut index: Vec<&IndexEntry> = query.index.iter().collect();
    index.sort_by_key(|e| e.field);
    let (id, probed) = if let Some((first, rest)) = index.split_first() {
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
    let (clause, _) = narrowed(clause, query);
    let text = format!("(SELECT count(*) FROM (SELECT 1{} LIMIT {}) c)", clause.sql, TOTAL_CAP + 1);
    (text, clause.values)
}

fn page_of(clause: Clause, query: &ListQuery) -> (String, Vec<Owned>) {
    let (mut clause, id) = narrowed(clause, query);
    let (compare, direction) = if query.sort.descending() { ("<", "DESC") } else { (">", "ASC") };
    // Few have what was asked for, whatever the planner knows of it: a sum is in the order of no index, so those few are fetched
    // and sorted, and never everybody looked at in the order of changes.
    let few = query.index.iter().any(|entry| is_telling(entry.field));
    let updated = if few { "p.updated_at + 0" } else { "p.updated_at" };
    if let Some(after) = query.after {
        if query.sort.by_update() {
            let t = clause.push(after.updated_at.millis(), Type::INT8);
            let i = clause.push(Id(after.id.to_bytes()), Type::UUID);
            let _ = write!(clause.sql, " AND ({updated}, p.id) {compare} (${t}, ${i})");
        } else {
            clause.id(id, compare, after.id.to_bytes());
        }
    }
    let order = if query.sort.by_update() {
        format!("{updated} {direction}, p.id {direction}")
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

/// The whole statement, and its parameters.
fn statement(tenant: TenantId, query: &ListQuery) -> (String, Vec<Owned>) {
    let first: Owned = (Box::new(super::key(tenant)), Type::UUID);
    let (count, values) = counted(with_values(vec![first]), query);
    let (rows, values) = page_of(with_values(values), query);
    let text = format!(
        "SELECT r.*, {count}, (SELECT sequence FROM tenants WHERE id = $1)
         FROM (SELECT) one LEFT JOIN LATERAL ({rows}) r ON true"
    );
    (text, values)
}

/// One page, and the position the database was at. The position and the count come with each row, and in a row of their
/// own when there is none.
pub(crate) async fn page(pool: &Pool, tenant: TenantId, query: &ListQuery) -> Result<(Page, Sequence)> {
    let (text, values) = statement(tenant, query);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::store::{Sort, StoreError};
    use testkit::shared_cluster;

    use super::*;
    use crate::location::Location;
    use crate::migrate::migrate;

    const NOW: i64 = 1_000_000;
    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    /// A database with 40,000 persons, of which three are verified and have the address looked for; a third was verified once.
    async fn database() -> Option<Pool> {
        let url = shared_cluster()?.database().await;
        let location = Location::parse(&url, true).unwrap();
        let pool = Pool::new(&location, 4, true, Duration::from_secs(5)).unwrap();
        migrate(&pool).await.unwrap();
        let tenant = "01010101-0101-0101-0101-010101010101";
        let fill = format!(
            "SET LOCAL statement_timeout = 0;
             INSERT INTO persons (tenant, id, version, created_at, updated_at, status, expires_at, sequence, wrapped_key, sealed, terms)
             SELECT '{tenant}', lpad(to_hex(i), 32, '0')::uuid, 1, i, (i * 7919) % 40000,
                    CASE WHEN i <= 3 OR i % 3 = 0 THEN 2 WHEN i % 3 = 1 THEN 1 ELSE 3 END,
                    CASE WHEN i <= 3 THEN {NOW} + 1 WHEN i % 3 = 0 THEN {NOW} - i END, i, '', '', ''
             FROM generate_series(1, 40000) i;
             INSERT INTO person_index SELECT tenant, 3, '07070707-0707-0707-0707-070707070707', id FROM persons WHERE sequence <= 3;"
        );
        let connection = pool.connection().await.unwrap();
        connection.batch_execute(&Scope::All.begin(false, Duration::from_secs(60))).await.unwrap();
        connection.batch_execute(&fill).await.unwrap();
        connection.batch_execute("COMMIT").await.unwrap();
        drop(connection);
        Some(pool)
    }

    fn query(sort: Sort, status: Option<Status>, hash: Option<u8>) -> ListQuery {
        let entry = |n| IndexEntry { field: IndexField::Email, hash: [n; 16] };
        let index = hash.map(entry).into_iter().collect();
        ListQuery { status, index, count: true, ..ListQuery::all(Time::from_millis(NOW), sort, 20) }
    }

    async fn plan(pool: &Pool, query: &ListQuery) -> String {
        let (text, values) = statement(TENANT, query);
        let values: Vec<(&(dyn ToSql + Sync), Type)> =
            values.iter().map(|(value, of)| (&**value as &(dyn ToSql + Sync), of.clone())).collect();
        let rows = pool.rows_of(Scope::Tenant(TENANT), &format!("EXPLAIN {text}"), &values).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn lists_that_few_match_walk_an_index_that_tells_those_few() {
        let Some(pool) = database().await else { return };
        // Whatever the planner knows: nothing was analysed yet.
        for sort in [Sort::UpdatedAt, Sort::UpdatedAtDescending] {
            let found = plan(&pool, &query(sort, None, Some(7))).await;
            assert!(found.contains("person_index_pkey") && found.contains("Sort Key"), "{found}");
            assert!(!found.contains("persons_by_update"), "{found}");
        }
        let connection = pool.connection().await.unwrap();
        connection.batch_execute("ANALYZE persons; ANALYZE person_index").await.unwrap();
        drop(connection);
        for sort in [Sort::CreatedAt, Sort::CreatedAtDescending, Sort::UpdatedAt, Sort::UpdatedAtDescending] {
            let found = plan(&pool, &query(sort, Some(Status::Verified), None)).await;
            assert!(found.contains("persons_by_validity"), "{found}");
            let (page, _) = page(&pool, TENANT, &query(sort, Some(Status::Verified), None)).await.unwrap();
            assert_eq!((page.rows.len(), page.total), (3, Some(Total::Exact(3))));
        }
    }

    #[tokio::test]
    async fn a_statement_that_takes_too_long_is_broken_off_and_the_connection_goes_on() {
        let Some(url) = async { Some(shared_cluster()?.database().await) }.await else { return };
        let location = Location::parse(&url, true).unwrap();
        let pool = Pool::new(&location, 1, true, Duration::from_secs(5)).unwrap();
        let asked = |text: &'static str| {
            let pool = pool.clone();
            async move { pool.rows_of(Scope::Tenant(TENANT), text, &[]).await.map_err(StoreError::from) }
        };
        let process = asked("SELECT pg_backend_pid()").await.unwrap()[0].get::<_, i32>(0);
        assert_eq!(asked("SELECT pg_sleep(3600)").await.map(|_| ()), Err(StoreError::Busy));
        let again = asked("SELECT pg_backend_pid()").await.unwrap()[0].get::<_, i32>(0);
        assert_eq!(again, process, "the same connection");
    }
}
