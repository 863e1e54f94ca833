//! Lists of persons.
//!
//! An identifier begins with the moment of creation, so the order by creation is the order of identifiers, and a
//! list filtered by a blind index is a straight walk along `person_index`: no sort, whatever the size. Where the order wanted is
//! not that of the walk, a count with an end tells whether few match: those are fetched and sorted. Where many match, the
//! walk in the order wanted meets a page of them soon.

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

/// So many are sorted rather than looked for along the order wanted.
const FEW: u64 = 4_096;

/// Along what persons are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    /// The entries of the most telling blind index asked for, in the order of creation.
    Index,
    /// Those of a status, in no order that is asked for.
    Validity,
    /// Those of a status, in the order of creation.
    Status,
    /// Everybody, in the order of changes.
    Update,
    /// Everybody, in the order of creation.
    All,
}

/// The blind indexes asked for, the rarest kind first: kinds are numbered from the most telling one.
fn index(query: &ListQuery) -> Vec<&IndexEntry> {
    let mut index: Vec<&IndexEntry> = query.index.iter().collect();
    index.sort_by_key(|e| e.field);
    index
}

/// The end of validity that the status asked for means.
fn validity(clause: &mut Clause, status: Status, now: Time) {
    match status {
        Status::Expired => clause.and("p.expires_at", "<=", now.millis()),
        Status::Verified => clause.and("p.expires_at", ">", now.millis()),
        Status::Pending | Status::Failed => {}
    }
}

fn is_few(c: &Connection, clause: Clause) -> Result<bool> {
    let sql = format!("SELECT count(*) FROM (SELECT 1{} LIMIT {})", clause.sql, FEW + 1);
    let found: u64 = c.prepare_cached(&sql)?.query_row(params_from_iter(clause.values), |row| row.get(0))?;
    Ok(found <= FEW)
}

/// Whether few have the most telling blind index asked for.
fn few_have(c: &Connection, tenant: TenantId, entry: &IndexEntry) -> Result<bool> {
    let mut clause = Clause {
        sql: " FROM person_index i WHERE i.tenant = ?1".into(),
        values: vec![tenant.to_bytes().to_vec().into()],
    };
    clause.and("i.field", "=", i64::from(field(entry.field)));
    clause.and("i.hash", "=", entry.hash.to_vec());
    is_few(c, clause)
}

/// Whether few are of a status now.
fn few_are(c: &Connection, tenant: TenantId, status: Status, now: Time) -> Result<bool> {
    let mut clause = Clause {
        sql: " FROM persons p INDEXED BY persons_by_validity WHERE p.tenant = ?1".into(),
        values: vec![tenant.to_bytes().to_vec().into()],
    };
    clause.and("p.status", "=", i64::from(status_code(status)));
    validity(&mut clause, status, now);
    is_few(c, clause)
}

/// The walk that meets the fewest on the way; `by_update` when they are wanted in the order of changes.
fn choose(c: &Connection, tenant: TenantId, query: &ListQuery, by_update: bool) -> Result<Walk> {
    let index = index(query);
    let narrows = by_update || query.status.is_some();
    if let Some(first) = index.first()
        && narrows
        && few_have(c, tenant, first)?
    {
        return Ok(Walk::Index);
    }
    if let Some(status) = query.status
        && few_are(c, tenant, status, query.now)?
    {
        return Ok(Walk::Validity);
    }
    Ok(match (by_update, index.is_empty(), query.status) {
        (true, ..) => Walk::Update,
        (false, false, _) => Walk::Index,
        (false, true, Some(_)) => Walk::Status,
        (false, true, None) => Walk::All,
    })
}

/// The narrowed rows, and the column that gives the order of creation.
fn narrowed(tenant: TenantId, query: &ListQuery, walk: Walk) -> (Clause, &'static str) {
    let mut clause = Clause { sql: String::new(), values: vec![tenant.to_bytes().to_vec().into()] };
    let index = index(query);
    let along = |name: &str| format!(" FROM persons p{name} WHERE p.tenant = ?1");
    clause.sql = match walk {
        Walk::Index => " FROM person_index i CROSS JOIN persons p ON p.tenant = ?1 AND p.id = i.person WHERE i.tenant = ?1".into(),
        Walk::Validity => along(" INDEXED BY persons_by_validity"),
        Walk::Status => along(" INDEXED BY persons_by_status"),
        Walk::Update => along(" INDEXED BY persons_by_update"),
        Walk::All => along(""),
    };
    let (id, probed) = match index.split_first().filter(|_| walk == Walk::Index) {
        Some((first, rest)) => {
            clause.and("i.field", "=", i64::from(field(first.field)));
            clause.and("i.hash", "=", first.hash.to_vec());
            ("i.person", rest)
        }
        None => ("p.id", index.as_slice()),
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
        validity(&mut clause, status, query.now);
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
    let (clause, _) = narrowed(tenant, query, choose(c, tenant, query, false)?);
    let sql = format!("SELECT count(*) FROM (SELECT 1{} LIMIT {})", clause.sql, TOTAL_CAP + 1);
    let found: u64 = c.prepare_cached(&sql)?.query_row(params_from_iter(clause.values), |row| row.get(0))?;
    Ok(if found > TOTAL_CAP { Total::AtLeast(TOTAL_CAP) } else { Total::Exact(found) })
}

/// The statement that reads a page along `walk`, and its parameters.
fn statement(tenant: TenantId, query: &ListQuery, walk: Walk) -> (String, Vec<Value>) {
    let (mut clause, id) = narrowed(tenant, query, walk);
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
    (sql, clause.values)
}

/// One page, one row more than asked for to know whether others follow.
pub(crate) fn page(c: &Connection, tenant: TenantId, query: &ListQuery) -> Result<Page> {
    // One snapshot for the count and the rows.
    let snapshot = c.unchecked_transaction()?;
    let total = if query.count { Some(count(&snapshot, tenant, query)?) } else { None };
    let walk = choose(&snapshot, tenant, query, query.sort.by_update())?;
    let (sql, values) = statement(tenant, query, walk);
    let mut rows = snapshot
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), columns::person)?
        .collect::<Result<Vec<_>>>()?;
    let more = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    Ok(Page { rows, more, total })
}

#[cfg(test)]
mod tests {
    use ::store::{IndexField, Sort};

    use super::*;
    use crate::migrate::migrate;

    const NOW: i64 = 1_000_000;

    /// A store with `many` persons of which `few` are verified and have the address looked for; the others are pending, failed,
    /// or were verified once.
    fn store(many: u32, few: u32) -> (Connection, TenantId) {
        let mut c = Connection::open_in_memory().unwrap();
        migrate(&mut c).unwrap();
        let tenant = TenantId::from_bytes([1; 16]);
        c.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
             INSERT INTO persons (tenant, id, version, created_at, updated_at, status, verified_at, expires_at, sequence, wrapped_key, sealed, terms)
             SELECT ?1, unhex(printf('%032x', i)), 1, i, (i * 7919) % ?2,
                    CASE WHEN i <= ?3 OR i % 3 = 0 THEN 2 WHEN i % 3 = 1 THEN 1 ELSE 3 END, NULL,
                    CASE WHEN i <= ?3 THEN ?4 + 1 WHEN i % 3 = 0 THEN ?4 - 1 END, i, x'', x'', x''
             FROM n",
            rusqlite::params![tenant.to_bytes(), many, few, NOW],
        )
        .unwrap();
        for (hash, most) in [([7u8; 16], few), ([8; 16], many)] {
            c.execute(
                "INSERT INTO person_index SELECT tenant, 3, ?2, id FROM persons WHERE tenant = ?1 AND sequence <= ?3",
                rusqlite::params![tenant.to_bytes(), hash, most],
            )
            .unwrap();
        }
        (c, tenant)
    }

    fn query(sort: Sort, status: Option<Status>, hash: Option<u8>) -> ListQuery {
        let entry = |n| IndexEntry { field: IndexField::Email, hash: [n; 16] };
        let index = hash.map(entry).into_iter().collect();
        ListQuery { status, index, count: true, ..ListQuery::all(Time::from_millis(NOW), sort, 20) }
    }

    /// What SQLite says that it does for a page.
    fn plan(c: &Connection, tenant: TenantId, query: &ListQuery) -> String {
        let walk = choose(c, tenant, query, query.sort.by_update()).unwrap();
        let (sql, values) = statement(tenant, query, walk);
        let mut explained = c.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let lines = explained.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        lines.collect::<Result<Vec<_>>>().unwrap().join("; ")
    }

    const SORTED: &str = "USE TEMP B-TREE";

    #[test]
    fn a_list_by_change_with_a_blind_index_that_few_have_walks_the_index_and_sorts() {
        let (c, tenant) = store(12_000, 3);
        let plan = plan(&c, tenant, &query(Sort::UpdatedAtDescending, None, Some(7)));
        assert!(plan.starts_with("SEARCH i USING") && plan.contains(SORTED), "{plan}");
        assert!(!plan.contains("persons_by_update"), "{plan}");
    }

    #[test]
    fn where_many_have_it_the_order_wanted_is_walked() {
        let (c, tenant) = store(12_000, 3);
        let plan = plan(&c, tenant, &query(Sort::UpdatedAt, None, Some(8)));
        assert!(plan.contains("persons_by_update") && !plan.contains(SORTED), "{plan}");
    }

    #[test]
    fn a_status_that_few_have_is_found_by_its_index_in_any_order() {
        let (c, tenant) = store(24_000, 3);
        for sort in [Sort::CreatedAt, Sort::CreatedAtDescending, Sort::UpdatedAt, Sort::UpdatedAtDescending] {
            let found = plan(&c, tenant, &query(sort, Some(Status::Verified), None));
            assert!(
                found.contains("persons_by_validity (tenant=? AND status=? AND expires_at>?)"),
                "{found}"
            );
            let page = page(&c, tenant, &query(sort, Some(Status::Verified), None)).unwrap();
            assert_eq!((page.rows.len(), page.total), (3, Some(Total::Exact(3))));
        }
        // Many: in the order of creation it is a walk without a sort, in that of changes too.
        let expired = plan(&c, tenant, &query(Sort::CreatedAtDescending, Some(Status::Expired), None));
        assert!(
            expired.contains("persons_by_status (tenant=? AND status=?)") && !expired.contains(SORTED),
            "{expired}"
        );
        let expired = plan(&c, tenant, &query(Sort::UpdatedAt, Some(Status::Expired), None));
        assert!(expired.contains("persons_by_update (tenant=?)") && !expired.contains(SORTED), "{expired}");
    }

    /// Along whichever way, the same rows in the same order.
    #[test]
    fn every_walk_finds_the_same() {
        let (c, tenant) = store(200, 30);
        for sort in [Sort::CreatedAt, Sort::CreatedAtDescending, Sort::UpdatedAt, Sort::UpdatedAtDescending] {
            for status in [Status::Pending, Status::Verified, Status::Failed, Status::Expired] {
                let query = ListQuery { limit: 200, ..query(sort, Some(status), Some(8)) };
                let along = |walk| {
                    let (sql, values) = statement(tenant, &query, walk);
                    let mut rows = c.prepare(&sql).unwrap();
                    let rows = rows.query_map(params_from_iter(values), columns::person).unwrap();
                    rows.map(|row| row.unwrap().id).collect::<Vec<_>>()
                };
                let expected = along(Walk::All);
                assert!(!expected.is_empty());
                for walk in [Walk::Index, Walk::Validity, Walk::Status, Walk::Update] {
                    assert_eq!(along(walk), expected, "{walk:?} {sort:?} {status:?}");
                }
            }
        }
    }
}
