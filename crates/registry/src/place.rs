//! Where a sealed record belongs: the associated data that keeps it from being moved.

use domain::{CollectionId, EventId, PersonId, SampleId, TenantId, Time};
use store::{PairRow, PersonRow, TokenRow};

/// Kinds of sealed records; numbers are for ever.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    TenantKey = 1,
    TenantName = 2,
    TokenName = 3,
    PersonKey = 4,
    Fields = 5,
    Template = 6,
    Image = 7,
    Event = 8,
    Answer = 9,
    Remade = 10,
    Collection = 11,
    Pair = 12,
}

/// Version of the key a record is sealed under; rotation will count it up.
const KEY_VERSION: u32 = 1;

fn place(kind: Kind, tenant: TenantId, parts: &[&[u8]]) -> Vec<u8> {
    let mut place = vec![kind as u8];
    place.extend_from_slice(&KEY_VERSION.to_be_bytes());
    place.extend_from_slice(&tenant.to_bytes());
    parts.iter().for_each(|part| place.extend_from_slice(part));
    place
}

pub(crate) fn tenant_key(tenant: TenantId) -> Vec<u8> {
    place(Kind::TenantKey, tenant, &[])
}

pub(crate) fn tenant_name(tenant: TenantId) -> Vec<u8> {
    place(Kind::TenantName, tenant, &[])
}

/// Bound to all that decides what the token may do: a row made up or changed without the key does not open.
pub(crate) fn token_name(tenant: TenantId, row: &TokenRow) -> Vec<u8> {
    let expires = row.expires_at.map_or(i64::MAX, Time::millis).to_be_bytes();
    let created = row.created_at.millis().to_be_bytes();
    place(Kind::TokenName, tenant, &[&row.id.to_bytes(), &row.hash, &[row.scopes.bits()], &created, &expires])
}

pub(crate) fn person_key(tenant: TenantId, person: PersonId) -> Vec<u8> {
    place(Kind::PersonKey, tenant, &[&person.to_bytes()])
}

/// Bound to the columns that stand in clear: a status or date changed without the key is noticed.
pub(crate) fn fields(tenant: TenantId, row: &PersonRow) -> Vec<u8> {
    let moment = |t: Option<Time>| t.map_or(i64::MIN, Time::millis).to_be_bytes();
    let moments =
        [Some(row.created_at), Some(row.updated_at), row.verified_at, row.expires_at].map(moment).concat();
    let status = row.status.as_str().as_bytes();
    place(Kind::Fields, tenant, &[&row.id.to_bytes(), &row.version.to_be_bytes(), &moments, status])
}

pub(crate) fn template(tenant: TenantId, person: PersonId, sample: SampleId) -> Vec<u8> {
    place(Kind::Template, tenant, &[&person.to_bytes(), &sample.to_bytes()])
}

/// A template made again also names its model: the two of one sample cannot change places.
pub(crate) fn remade(tenant: TenantId, person: PersonId, sample: SampleId, model: &str) -> Vec<u8> {
    place(Kind::Remade, tenant, &[&person.to_bytes(), &sample.to_bytes(), model.as_bytes()])
}

pub(crate) fn collection(tenant: TenantId, collection: CollectionId) -> Vec<u8> {
    place(Kind::Collection, tenant, &[&collection.to_bytes()])
}

/// Bound to the two and to what was decided.
pub(crate) fn pair(tenant: TenantId, row: &PairRow) -> Vec<u8> {
    let [first, second] = row.persons.map(PersonId::to_bytes);
    place(Kind::Pair, tenant, &[&row.id.to_bytes(), &first, &second, &[row.decision as u8]])
}

pub(crate) fn image(tenant: TenantId, person: PersonId, sample: SampleId) -> Vec<u8> {
    place(Kind::Image, tenant, &[&person.to_bytes(), &sample.to_bytes()])
}

pub(crate) fn event(tenant: TenantId, person: PersonId, event: EventId) -> Vec<u8> {
    place(Kind::Event, tenant, &[&person.to_bytes(), &event.to_bytes()])
}

/// An answer about a person, or about something of the tenant.
pub(crate) fn answer(tenant: TenantId, person: Option<PersonId>, key: &[u8; 16]) -> Vec<u8> {
    match person {
        Some(person) => place(Kind::Answer, tenant, &[&person.to_bytes(), key]),
        None => place(Kind::Answer, tenant, &[key]),
    }
}
