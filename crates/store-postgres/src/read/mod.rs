//! Point reads, one function a question.

pub(crate) mod collection;
pub(crate) mod list;
pub(crate) mod pair;
pub(crate) mod search;
pub(crate) mod tenant;
pub(crate) mod token;
pub(crate) mod transfer;

use ::store::{EventRow, IdempotencyRow, PersonRow, SampleHead, SealedRow};
use domain::{EventId, PersonId, SampleId, TenantId, Time};
use tokio_postgres::Row;

use crate::columns::{self, get, id, person_columns, person_id, sample_columns, sealed_columns, time};
use crate::connection::Scope;
use crate::failure::Failure;
use crate::ids::Id;
use crate::images::Key;
use crate::pool::Pool;
use crate::statement::statements;

type Result<T> = std::result::Result<T, Failure>;

statements! {
    PERSON(UUID, UUID) = concat!("SELECT ", person_columns!(), " FROM persons p WHERE tenant = $1 AND id = $2");
    SAMPLES(UUID, UUID) =
        concat!("SELECT ", sample_columns!(), " FROM samples s WHERE tenant = $1 AND person = $2 ORDER BY id");
    IMAGE(UUID, UUID, UUID) =
        "SELECT image, object FROM sample_images WHERE tenant = $1 AND person = $2 AND sample = $3";
    /// Of objects, those that no row names.
    WITHOUT_ROW(UUID_ARRAY, UUID_ARRAY, TEXT_ARRAY) =
        "SELECT u.tenant, u.person, u.object FROM unnest($1, $2, $3) u(tenant, person, object)
         WHERE NOT EXISTS (SELECT 1 FROM sample_images i
                           WHERE i.tenant = u.tenant AND i.person = u.person AND i.object = u.object)";
    /// What the objects of these samples, and of all samples of these persons, are called.
    OBJECTS(UUID, UUID_ARRAY, UUID_ARRAY, UUID_ARRAY) =
        "SELECT tenant, person, object FROM sample_images
         WHERE tenant = $1 AND object IS NOT NULL
           AND (person = ANY($2) OR (person, sample) IN (SELECT * FROM unnest($3, $4)))";
    NOW() = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8";
    EVIDENCE(INT8, INT8) =
        "SELECT tenant, person, id FROM samples WHERE state = 2 AND created_at < $1 ORDER BY created_at LIMIT $2";
    EVENTS(UUID, UUID) = "SELECT id, at, sealed FROM events WHERE tenant = $1 AND person = $2 ORDER BY id";
    SEALED(UUID, UUID) =
        concat!("SELECT ", sealed_columns!(), " FROM sealed_records WHERE tenant = $1 AND key = $2");
    IDEMPOTENCY(UUID, UUID, INT8) =
        "SELECT body, status, person, sealed, expires_at FROM idempotency
         WHERE tenant = $1 AND key = $2 AND expires_at > $3";
}

/// A tenant, or somebody of it, as a parameter.
pub(crate) const fn key(tenant: TenantId) -> Id {
    Id(tenant.to_bytes())
}

pub(crate) async fn person(pool: &Pool, tenant: TenantId, id: PersonId) -> Result<Option<PersonRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &PERSON, &[&key(tenant), &Id(id.to_bytes())]).await?;
    rows.first().map(columns::person).transpose()
}

pub(crate) async fn samples(pool: &Pool, tenant: TenantId, person: PersonId) -> Result<Vec<SampleHead>> {
    let rows = pool.rows(Scope::Tenant(tenant), &SAMPLES, &[&key(tenant), &Id(person.to_bytes())]).await?;
    rows.iter().map(|row| columns::sample(row, 0, person)).collect()
}

pub(crate) async fn sample_image(
    pool: &Pool,
    tenant: TenantId,
    person: PersonId,
    sample: SampleId,
) -> Result<Option<Image>> {
    let (person, sample) = (Id(person.to_bytes()), Id(sample.to_bytes()));
    let rows = pool.rows(Scope::Tenant(tenant), &IMAGE, &[&key(tenant), &person, &sample]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(match get::<Option<Vec<u8>>>(row, 0)? {
        Some(image) => Image::Here(image),
        None => Image::Elsewhere(get(row, 1)?),
    }))
}

/// Where an image is.
pub(crate) enum Image {
    /// In the database.
    Here(Vec<u8>),
    /// In the image store, under this name.
    Elsewhere(String),
}

pub(crate) async fn without_row(pool: &Pool, keys: &[Key]) -> Result<Vec<Key>> {
    let tenants: Vec<Id> = keys.iter().map(|(tenant, ..)| key(*tenant)).collect();
    let persons: Vec<Id> = keys.iter().map(|(_, person, _)| Id(person.to_bytes())).collect();
    let objects: Vec<&str> = keys.iter().map(|(.., object)| object.as_str()).collect();
    let rows = pool.rows(Scope::All, &WITHOUT_ROW, &[&tenants, &persons, &objects]).await?;
    rows.iter().map(object).collect()
}

/// What the objects of samples, and of all samples of persons, are called.
pub(crate) async fn objects(
    pool: &Pool,
    tenant: TenantId,
    samples: &[(PersonId, SampleId)],
    persons: &[PersonId],
) -> Result<Vec<Key>> {
    let whole: Vec<Id> = persons.iter().map(|p| Id(p.to_bytes())).collect();
    let owners: Vec<Id> = samples.iter().map(|(p, _)| Id(p.to_bytes())).collect();
    let ids: Vec<Id> = samples.iter().map(|(_, s)| Id(s.to_bytes())).collect();
    let values = [&key(tenant) as crate::statement::Value<'_>, &whole, &owners, &ids];
    let rows = pool.rows(Scope::Tenant(tenant), &OBJECTS, &values).await?;
    rows.iter().map(object).collect()
}

fn object(row: &Row) -> Result<Key> {
    Ok((TenantId::from_bytes(id(row, 0)?), person_id(row, 1)?, get(row, 2)?))
}

/// The time, by the clock of the database.
pub(crate) async fn now(pool: &Pool) -> Result<Time> {
    let rows = pool.rows(Scope::All, &NOW, &[]).await?;
    rows.first().map_or(Ok(Time::EPOCH), |row| time(row, 0))
}

pub(crate) async fn evidence_before(
    pool: &Pool,
    before: Time,
    limit: u32,
) -> Result<Vec<(TenantId, PersonId, SampleId)>> {
    let rows = pool.rows(Scope::All, &EVIDENCE, &[&before.millis(), &i64::from(limit)]).await?;
    let read = |row| {
        let sample = SampleId::from_bytes(id(row, 2)?);
        Ok((TenantId::from_bytes(id(row, 0)?), person_id(row, 1)?, sample))
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn events(pool: &Pool, tenant: TenantId, person: PersonId) -> Result<Vec<EventRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &EVENTS, &[&key(tenant), &Id(person.to_bytes())]).await?;
    let read = |row| {
        Ok(EventRow { id: EventId::from_bytes(id(row, 0)?), person, at: time(row, 1)?, sealed: get(row, 2)? })
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn sealed(pool: &Pool, tenant: TenantId, name: [u8; 16]) -> Result<Option<SealedRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &SEALED, &[&key(tenant), &Id(name)]).await?;
    rows.first().map(columns::sealed).transpose()
}

pub(crate) async fn idempotency(
    pool: &Pool,
    tenant: TenantId,
    name: [u8; 16],
    now: Time,
) -> Result<Option<IdempotencyRow>> {
    let values = [&key(tenant) as crate::statement::Value<'_>, &Id(name), &now.millis()];
    let rows = pool.rows(Scope::Tenant(tenant), &IDEMPOTENCY, &values).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(IdempotencyRow {
        key: name,
        body: id(row, 0)?,
        status: u16::try_from(get::<i16>(row, 1)?).unwrap_or_default(),
        person: get::<Option<Id>>(row, 2)?.map(|id| PersonId::from_bytes(id.0)),
        sealed: get(row, 3)?,
        expires_at: time(row, 4)?,
    }))
}
