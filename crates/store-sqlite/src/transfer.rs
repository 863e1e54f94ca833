//! Everything as it lies, read and taken in.

use ::store::{Answer, IndexEntry, IndexField, Key, Part, Record, SampleRow, TenantState, Transfer};
use domain::{EventId, PersonId, TenantId, Time};
use rusqlite::{Connection, Error, OptionalExtension as _, Result, Row, params};

use crate::columns::{self, COLLECTION, PAIR, PERSON, SAMPLE, SEALED, TOKEN, each_term, time};
use crate::store::SqliteStore;
use crate::write::{self, Refused};

/// The columns of a kind and its tables, and the columns of its key.
fn source(part: Part) -> (String, &'static str) {
    match part {
        Part::Tokens => (format!("{TOKEN} FROM tokens s"), "id"),
        Part::Collections => (format!("{COLLECTION} FROM collections s"), "id"),
        Part::Pairs => (format!("{PAIR} FROM duplicates s"), "id"),
        Part::Answers => ("key, body, status, person, sealed, expires_at FROM idempotency s".into(), "key"),
        Part::Sealed => (format!("{SEALED} FROM sealed_records s"), "key"),
        Part::Followed => ("person, sequence, enrolled, erased FROM search_changes s".into(), "person"),
        Part::Persons => (format!("{PERSON}, p.sequence, p.terms FROM persons p"), "id"),
        Part::Samples => {
            let images =
                "JOIN sample_images i ON i.tenant = s.tenant AND i.person = s.person AND i.sample = s.id";
            (format!("{SAMPLE}, s.person, s.sequence, i.image FROM samples s {images}"), "s.person, s.id")
        }
        Part::Events => ("id, person, at, sealed, sequence FROM events s".into(), "person, id"),
    }
}

fn record(row: &Row<'_>, part: Part) -> Result<Record> {
    Ok(match part {
        Part::Tokens => Record::Token(columns::token(row)?),
        Part::Collections => Record::Collection(columns::collection(row)?),
        Part::Pairs => Record::Pair(columns::pair(row)?),
        Part::Answers => Record::Answer(::store::IdempotencyRow {
            key: row.get(0)?,
            body: row.get(1)?,
            status: row.get(2)?,
            person: columns::maybe_person(row, 3)?,
            sealed: row.get(4)?,
            expires_at: time(row, 5)?,
        }),
        Part::Sealed => Record::Sealed(columns::sealed(row)?),
        Part::Followed => Record::Followed {
            person: PersonId::from_bytes(row.get(0)?),
            sequence: row.get(1)?,
            enrolled: row.get(2)?,
            erased: row.get(3)?,
        },
        Part::Persons => {
            let terms: Vec<u8> = row.get(10)?;
            Record::Person { row: columns::person(row)?, sequence: row.get(9)?, index: index(&terms) }
        }
        Part::Samples => {
            let head = columns::sample(row, PersonId::from_bytes(row.get(8)?))?;
            let image: Vec<u8> = row.get(10)?;
            Record::Sample { row: SampleRow { head, image: image.into() }, sequence: row.get(9)? }
        }
        Part::Events => Record::Event {
            row: ::store::EventRow {
                id: EventId::from_bytes(row.get(0)?),
                person: PersonId::from_bytes(row.get(1)?),
                at: time(row, 2)?,
                sealed: row.get(3)?,
            },
            sequence: row.get(4)?,
        },
    })
}

fn index(terms: &[u8]) -> Vec<IndexEntry> {
    let entry = |(field, hash): (u8, &[u8])| {
        Some(IndexEntry { field: IndexField::from_number(field)?, hash: hash.try_into().ok()? })
    };
    each_term(terms).filter_map(entry).collect()
}

fn records(c: &Connection, tenant: TenantId, part: Part, after: Key, limit: u32) -> Result<Vec<Record>> {
    let (source, key) = source(part);
    let table = if part == Part::Persons { "p" } else { "s" };
    let behind =
        if key.contains(',') { format!("({key}) > (?2, ?3)") } else { format!("{key} > ?2 AND ?3 = ?3") };
    c.prepare(&format!("SELECT {source} WHERE {table}.tenant = ?1 AND {behind} ORDER BY {key} LIMIT ?4"))?
        .query_map(params![tenant.to_bytes(), after.first, after.second, limit], |row| record(row, part))?
        .collect()
}

fn last_key(c: &Connection, tenant: TenantId, part: Part) -> Result<Key> {
    let (table, first, second) = match part {
        Part::Tokens => ("tokens", "id", None),
        Part::Collections => ("collections", "id", None),
        Part::Pairs => ("duplicates", "id", None),
        Part::Answers => ("idempotency", "key", None),
        Part::Sealed => ("sealed_records", "key", None),
        Part::Followed => ("search_changes", "person", None),
        Part::Persons => ("persons", "id", None),
        Part::Samples => ("samples", "person", Some("id")),
        Part::Events => ("events", "person", Some("id")),
    };
    let order =
        second.map_or_else(|| format!("{first} DESC"), |second| format!("{first} DESC, {second} DESC"));
    let second = second.unwrap_or("zeroblob(16)");
    let sql = format!("SELECT {first}, {second} FROM {table} WHERE tenant = ?1 ORDER BY {order} LIMIT 1");
    let found = c
        .query_row(&sql, [tenant.to_bytes()], |row| Ok(Key { first: row.get(0)?, second: row.get(1)? }))
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn state(c: &Connection, tenant: TenantId) -> Result<Option<TenantState>> {
    c.query_row(
        "SELECT id, wrapped_key, sealed_name, created_at, sequence, persons, high_water, forgotten, mark
         FROM tenants WHERE id = ?1",
        [tenant.to_bytes()],
        |row| {
            Ok(TenantState {
                row: crate::read::tenant(row)?,
                sequence: row.get(4)?,
                persons: row.get(5)?,
                high_water: time(row, 6)?,
                forgotten: row.get(7)?,
                mark: row.get(8)?,
            })
        },
    )
    .optional()
}

fn put(c: &Connection, tenant: TenantId, record: &Record) -> std::result::Result<(), Refused> {
    // What was taken in before the move was broken off is decided anew with the rest.
    match record {
        Record::Token(row) => {
            let change = ::store::TokenChange::Insert(row.clone());
            write::token::change(c, tenant, &change, row.created_at)?;
        }
        Record::Collection(row) => {
            write::collection::change(c, tenant, &::store::CollectionChange::Insert(row.clone()))?;
        }
        Record::Pair(row) => write::pair::put(c, tenant, row)?,
        Record::Answer(row) => write::answer::put(c, tenant, row)?,
        Record::Sealed(row) => write::sealed::put(c, tenant, row)?,
        Record::Followed { person, sequence, enrolled, erased } => {
            write::search::put(c, tenant, *person, (*sequence, *enrolled, *erased))?;
        }
        Record::Person { row, index, sequence } => write::person::insert(c, tenant, row, index, *sequence)?,
        Record::Sample { row, sequence } => write::sample::add(c, tenant, row, *sequence)?,
        Record::Event { row, sequence } => write::event::add(c, tenant, row, *sequence)?,
    }
    Ok(())
}

fn put_tenant(c: &Connection, state: &TenantState) -> Result<bool> {
    write::tenant::add(c, &state.row)?;
    c.execute(
        "UPDATE tenants SET sequence = ?2, persons = ?3, high_water = ?4, forgotten = ?5, mark = ?6 WHERE id = ?1",
        params![
            state.row.id.to_bytes(),
            state.sequence,
            state.persons,
            Time::millis(state.high_water),
            state.forgotten,
            state.mark
        ],
    )?;
    Ok(true)
}

impl Transfer for SqliteStore {
    fn state(&self, tenant: TenantId) -> Answer<'_, Option<TenantState>> {
        self.aside(None, move |c| state(c, tenant))
    }

    fn records(&self, tenant: TenantId, part: Part, after: Key, limit: u32) -> Answer<'_, Vec<Record>> {
        self.aside(None, move |c| records(c, tenant, part, after, limit))
    }

    fn last_key(&self, tenant: TenantId, part: Part) -> Answer<'_, Key> {
        self.aside(None, move |c| last_key(c, tenant, part))
    }

    fn put(&self, tenant: TenantId, all: Vec<Record>) -> Answer<'_, ()> {
        let written = self.writer.row(move |c| {
            for record in &all {
                put(c, tenant, record).map_err(|refused| match refused {
                    Refused::Sql(error) => error,
                    Refused::Conflict(conflict) => Error::ToSqlConversionFailure(conflict.into()),
                })?;
            }
            Ok(true)
        });
        Box::pin(async move { written.await.map(drop) })
    }

    fn put_tenant(&self, state: TenantState) -> Answer<'_, ()> {
        let written = self.writer.row(move |c| put_tenant(c, &state));
        Box::pin(async move { written.await.map(drop) })
    }
}
