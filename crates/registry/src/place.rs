//! Where a sealed record belongs: the associated data that keeps it from being moved.

use domain::{CollectionId, EventId, PersonId, SampleId, TenantId, Time};
use store::{CollectionRow, IdempotencyRow, PairRow, PersonRow, SampleHead, SealedRow, Slot, TokenRow};

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
    Mark = 13,
    SealedRecord = 14,
    /// As `Template` and `Remade`, bound to what the sample is as well.
    SampleTemplate = 15,
    /// As `TokenName`, bound to the revocation as well.
    Token = 16,
    /// As `Collection`, bound to all of its row.
    CollectionRow = 17,
    /// As `Answer`, bound to all of its row.
    KeptAnswer = 18,
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

/// A moment, or none.
fn moment(time: Option<Time>) -> [u8; 8] {
    time.map_or(i64::MIN, Time::millis).to_be_bytes()
}

/// Bound to all that decides what the token may do: a row made up or changed without the key does not open, nor does one
/// whose revocation was taken back by hand.
pub(crate) fn token(tenant: TenantId, row: &TokenRow) -> Vec<u8> {
    let moments = [Some(row.created_at), row.expires_at, row.revoked_at].map(moment).concat();
    place(Kind::Token, tenant, &[&row.id.to_bytes(), &row.hash, &[row.scopes.bits()], &moments])
}

/// As versions before 0.2 have sealed it: not bound to the revocation.
pub(crate) fn token_before_0_2(tenant: TenantId, row: &TokenRow) -> Vec<u8> {
    let expires = row.expires_at.map_or(i64::MAX, Time::millis).to_be_bytes();
    let created = row.created_at.millis().to_be_bytes();
    place(Kind::TokenName, tenant, &[&row.id.to_bytes(), &row.hash, &[row.scopes.bits()], &created, &expires])
}

/// The high-water mark of a tenant.
pub(crate) fn mark(tenant: TenantId) -> Vec<u8> {
    place(Kind::Mark, tenant, &[])
}

/// Bound to all that stands in clear.
pub(crate) fn sealed_record(tenant: TenantId, row: &SealedRow) -> Vec<u8> {
    let (version, expires) = (row.version.to_be_bytes(), moment(row.expires_at));
    place(Kind::SealedRecord, tenant, &[&[row.kind as u8], &row.key, &version, &expires])
}

pub(crate) fn person_key(tenant: TenantId, person: PersonId) -> Vec<u8> {
    place(Kind::PersonKey, tenant, &[&person.to_bytes()])
}

/// Bound to the columns that stand in clear: a status or date changed without the key is noticed.
pub(crate) fn fields(tenant: TenantId, row: &PersonRow) -> Vec<u8> {
    let moments =
        [Some(row.created_at), Some(row.updated_at), row.verified_at, row.expires_at].map(moment).concat();
    let status = row.status.as_str().as_bytes();
    place(Kind::Fields, tenant, &[&row.id.to_bytes(), &row.version.to_be_bytes(), &moments, status])
}

/// Bound to what the sample is: one that was kept as evidence, or made by another model, is not taken for what it is not.
pub(crate) fn sample_template(tenant: TenantId, head: &SampleHead, slot: Slot, model: &str) -> Vec<u8> {
    let what = [head.kind as u8, head.state as u8, slot as u8];
    let (person, sample) = (head.person.to_bytes(), head.id.to_bytes());
    place(Kind::SampleTemplate, tenant, &[&person, &sample, &what, model.as_bytes()])
}

/// As versions before 0.2 have sealed it.
pub(crate) fn template(tenant: TenantId, person: PersonId, sample: SampleId) -> Vec<u8> {
    place(Kind::Template, tenant, &[&person.to_bytes(), &sample.to_bytes()])
}

/// A template made again, as versions before 0.2 have sealed it.
pub(crate) fn remade(tenant: TenantId, person: PersonId, sample: SampleId, model: &str) -> Vec<u8> {
    place(Kind::Remade, tenant, &[&person.to_bytes(), &sample.to_bytes(), model.as_bytes()])
}

/// Bound to all that stands in clear.
pub(crate) fn collection(tenant: TenantId, row: &CollectionRow) -> Vec<u8> {
    let (version, updated) = (row.version.to_be_bytes(), row.updated_at.millis().to_be_bytes());
    place(Kind::CollectionRow, tenant, &[&row.id.to_bytes(), &version, &updated, &row.name])
}

/// As versions before 0.2 have sealed it.
pub(crate) fn collection_before_0_2(tenant: TenantId, collection: CollectionId) -> Vec<u8> {
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

/// An answer about a person, or about something of the tenant; bound to all that stands in clear.
pub(crate) fn kept_answer(tenant: TenantId, row: &IdempotencyRow) -> Vec<u8> {
    let person = row.person.map_or([0; 16], PersonId::to_bytes);
    let expires = row.expires_at.millis().to_be_bytes();
    place(Kind::KeptAnswer, tenant, &[&person, &row.key, &row.body, &row.status.to_be_bytes(), &expires])
}

/// As versions before 0.2 have sealed it.
pub(crate) fn answer(tenant: TenantId, person: Option<PersonId>, key: &[u8; 16]) -> Vec<u8> {
    match person {
        Some(person) => place(Kind::Answer, tenant, &[&person.to_bytes(), key]),
        None => place(Kind::Answer, tenant, &[key]),
    }
}
