//! Everything as it lies.

use ::store::{
    EventRow, IdempotencyRow, IndexEntry, IndexField, Key, Part, Record, SampleRow, TenantRow, TenantState,
};
use domain::{EventId, PersonId, TenantId};
use tokio_postgres::Row;

use super::{Result, key};
use crate::columns::{
    self, collection_columns, each_term, get, id, number, pair_columns, person_columns, person_id,
    sample_columns, sealed_columns, time, token_columns,
};
use crate::connection::Scope;
use crate::ids::Id;
use crate::pool::Pool;
use crate::statement::{Statement, Value, statements};

statements! {
    STATE(UUID) =
        "SELECT id, wrapped_key, sealed_name, created_at, sequence, persons, high_water, forgotten, mark
         FROM tenants WHERE id = $1";
    TOKENS(UUID, UUID, UUID, INT8) = concat!(
        "SELECT ", token_columns!(), " FROM tokens WHERE tenant = $1 AND id > $2 AND $3 = $3 ORDER BY id LIMIT $4"
    );
    COLLECTIONS(UUID, UUID, UUID, INT8) = concat!(
        "SELECT ", collection_columns!(), " FROM collections WHERE tenant = $1 AND id > $2 AND $3 = $3 ORDER BY id LIMIT $4"
    );
    PAIRS(UUID, UUID, UUID, INT8) = concat!(
        "SELECT ", pair_columns!(), " FROM duplicates WHERE tenant = $1 AND id > $2 AND $3 = $3 ORDER BY id LIMIT $4"
    );
    ANSWERS(UUID, UUID, UUID, INT8) =
        "SELECT key, body, status, person, sealed, expires_at FROM idempotency
         WHERE tenant = $1 AND key > $2 AND $3 = $3 ORDER BY key LIMIT $4";
    SEALED(UUID, UUID, UUID, INT8) = concat!(
        "SELECT ", sealed_columns!(), " FROM sealed_records WHERE tenant = $1 AND key > $2 AND $3 = $3 ORDER BY key LIMIT $4"
    );
    FOLLOWED(UUID, UUID, UUID, INT8) =
        "SELECT person, sequence, enrolled, erased FROM search_changes
         WHERE tenant = $1 AND person > $2 AND $3 = $3 ORDER BY person LIMIT $4";
    PERSONS(UUID, UUID, UUID, INT8) = concat!(
        "SELECT ", person_columns!(), ", p.sequence, p.terms FROM persons p
         WHERE tenant = $1 AND id > $2 AND $3 = $3 ORDER BY id LIMIT $4"
    );
    SAMPLES(UUID, UUID, UUID, INT8) = concat!(
        "SELECT ", sample_columns!(), ", s.person, s.sequence, i.image, i.object FROM samples s
         JOIN sample_images i ON i.tenant = s.tenant AND i.person = s.person AND i.sample = s.id
         WHERE s.tenant = $1 AND (s.person, s.id) > ($2, $3) ORDER BY s.person, s.id LIMIT $4"
    );
    EVENTS(UUID, UUID, UUID, INT8) =
        "SELECT id, person, at, sealed, sequence FROM events
         WHERE tenant = $1 AND (person, id) > ($2, $3) ORDER BY person, id LIMIT $4";
    LAST_TOKEN(UUID) = "SELECT id, $1 FROM tokens WHERE tenant = $1 ORDER BY id DESC LIMIT 1";
    LAST_COLLECTION(UUID) = "SELECT id, $1 FROM collections WHERE tenant = $1 ORDER BY id DESC LIMIT 1";
    LAST_PAIR(UUID) = "SELECT id, $1 FROM duplicates WHERE tenant = $1 ORDER BY id DESC LIMIT 1";
    LAST_ANSWER(UUID) = "SELECT key, $1 FROM idempotency WHERE tenant = $1 ORDER BY key DESC LIMIT 1";
    LAST_SEALED(UUID) = "SELECT key, $1 FROM sealed_records WHERE tenant = $1 ORDER BY key DESC LIMIT 1";
    LAST_FOLLOWED(UUID) = "SELECT person, $1 FROM search_changes WHERE tenant = $1 ORDER BY person DESC LIMIT 1";
    LAST_PERSON(UUID) = "SELECT id, $1 FROM persons WHERE tenant = $1 ORDER BY id DESC LIMIT 1";
    LAST_SAMPLE(UUID) = "SELECT person, id FROM samples WHERE tenant = $1 ORDER BY person DESC, id DESC LIMIT 1";
    LAST_EVENT(UUID) = "SELECT person, id FROM events WHERE tenant = $1 ORDER BY person DESC, id DESC LIMIT 1";
}

/// The statement that reads a kind, and the one that finds its last key.
fn statements(part: Part) -> (&'static Statement, &'static Statement) {
    match part {
        Part::Tokens => (&TOKENS, &LAST_TOKEN),
        Part::Collections => (&COLLECTIONS, &LAST_COLLECTION),
        Part::Pairs => (&PAIRS, &LAST_PAIR),
        Part::Answers => (&ANSWERS, &LAST_ANSWER),
        Part::Sealed => (&SEALED, &LAST_SEALED),
        Part::Followed => (&FOLLOWED, &LAST_FOLLOWED),
        Part::Persons => (&PERSONS, &LAST_PERSON),
        Part::Samples => (&SAMPLES, &LAST_SAMPLE),
        Part::Events => (&EVENTS, &LAST_EVENT),
    }
}

/// Records, and for those whose image lies elsewhere what it is called there.
pub(crate) async fn records(
    pool: &Pool,
    tenant: TenantId,
    part: Part,
    after: Key,
    limit: u32,
) -> Result<Vec<(Record, Option<String>)>> {
    let (first, second, limit) = (Id(after.first), Id(after.second), i64::from(limit));
    let values: [Value<'_>; 4] = [&key(tenant), &first, &second, &limit];
    let rows = pool.rows(Scope::Tenant(tenant), statements(part).0, &values).await?;
    let object = |row| if part == Part::Samples { get::<Option<String>>(row, 11) } else { Ok(None) };
    rows.iter().map(|row| Ok((record(row, part)?, object(row)?))).collect()
}

pub(crate) async fn last_key(pool: &Pool, tenant: TenantId, part: Part) -> Result<Key> {
    let rows = pool.rows(Scope::Tenant(tenant), statements(part).1, &[&key(tenant)]).await?;
    let Some(row) = rows.first() else { return Ok(Key::default()) };
    let two = matches!(part, Part::Samples | Part::Events);
    Ok(Key { first: id(row, 0)?, second: if two { id(row, 1)? } else { [0; 16] } })
}

pub(crate) async fn state(pool: &Pool, tenant: TenantId) -> Result<Option<TenantState>> {
    let rows = pool.rows(Scope::Tenant(tenant), &STATE, &[&key(tenant)]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(TenantState {
        row: TenantRow {
            id: TenantId::from_bytes(id(row, 0)?),
            wrapped_key: get(row, 1)?,
            sealed_name: get(row, 2)?,
            created_at: time(row, 3)?,
        },
        sequence: number(row, 4)?,
        persons: number(row, 5)?,
        high_water: time(row, 6)?,
        forgotten: number(row, 7)?,
        mark: get(row, 8)?,
    }))
}

fn record(row: &Row, part: Part) -> Result<Record> {
    Ok(match part {
        Part::Tokens => Record::Token(columns::token(row)?),
        Part::Collections => Record::Collection(columns::collection(row)?),
        Part::Pairs => Record::Pair(columns::pair(row)?),
        Part::Answers => Record::Answer(IdempotencyRow {
            key: id(row, 0)?,
            body: id(row, 1)?,
            status: u16::try_from(get::<i16>(row, 2)?).unwrap_or_default(),
            person: get::<Option<Id>>(row, 3)?.map(|id| PersonId::from_bytes(id.0)),
            sealed: get(row, 4)?,
            expires_at: time(row, 5)?,
        }),
        Part::Sealed => Record::Sealed(columns::sealed(row)?),
        Part::Followed => Record::Followed {
            person: person_id(row, 0)?,
            sequence: number(row, 1)?,
            enrolled: number(row, 2)?,
            erased: get(row, 3)?,
        },
        Part::Persons => {
            let entry = |(field, hash)| Some(IndexEntry { field: IndexField::from_number(field)?, hash });
            let index = each_term(get(row, 10)?).filter_map(entry).collect();
            Record::Person { row: columns::person(row)?, index, sequence: number(row, 9)? }
        }
        Part::Samples => {
            let head = columns::sample(row, 0, person_id(row, 8)?)?;
            // Of one that lies elsewhere nothing comes from here.
            let image: Vec<u8> = get::<Option<Vec<u8>>>(row, 10)?.unwrap_or_default();
            Record::Sample { row: SampleRow { head, image: image.into() }, sequence: number(row, 9)? }
        }
        Part::Events => Record::Event {
            row: EventRow {
                id: EventId::from_bytes(id(row, 0)?),
                person: person_id(row, 1)?,
                at: time(row, 2)?,
                sealed: get(row, 3)?,
            },
            sequence: number(row, 4)?,
        },
    })
}
