//! Between columns and values.

use ::store::{IndexEntry, IndexField, PersonRow, SampleHead, SampleKind, SampleState, TokenRow};
use domain::{PersonId, SampleId, Scopes, Status, Time, TokenId};
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};

/// Columns of a person, in the order of [`person`].
pub(crate) const PERSON: &str = "p.id, p.version, p.created_at, p.updated_at, p.status, p.verified_at, p.expires_at, p.wrapped_key, p.sealed";

fn strange(column: usize) -> Error {
    Error::FromSqlConversionFailure(column, Type::Integer, "unexpected value".into())
}

/// A status as stored. `Expired` is never stored.
pub(crate) const fn status_code(status: Status) -> u8 {
    match status {
        Status::Pending => 1,
        Status::Verified | Status::Expired => 2,
        Status::Failed => 3,
    }
}

fn status(row: &Row<'_>, column: usize) -> Result<Status> {
    match row.get::<_, u8>(column)? {
        1 => Ok(Status::Pending),
        2 => Ok(Status::Verified),
        3 => Ok(Status::Failed),
        _ => Err(strange(column)),
    }
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Time> {
    row.get(column).map(Time::from_millis)
}

pub(crate) fn maybe_time(row: &Row<'_>, column: usize) -> Result<Option<Time>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Time::from_millis))
}

pub(crate) fn person(row: &Row<'_>) -> Result<PersonRow> {
    Ok(PersonRow {
        id: PersonId::from_bytes(row.get(0)?),
        version: row.get(1)?,
        created_at: time(row, 2)?,
        updated_at: time(row, 3)?,
        status: status(row, 4)?,
        verified_at: maybe_time(row, 5)?,
        expires_at: maybe_time(row, 6)?,
        wrapped_key: row.get(7)?,
        sealed: row.get(8)?,
    })
}

pub(crate) fn sample(row: &Row<'_>, person: PersonId) -> Result<SampleHead> {
    Ok(SampleHead {
        id: SampleId::from_bytes(row.get(0)?),
        person,
        kind: match row.get::<_, u8>(1)? {
            1 => SampleKind::Face,
            2 => SampleKind::Fingerprint,
            _ => return Err(strange(1)),
        },
        state: match row.get::<_, u8>(2)? {
            1 => SampleState::Enrolled,
            2 => SampleState::Evidence,
            _ => return Err(strange(2)),
        },
        created_at: time(row, 3)?,
        model: row.get(4)?,
        template: row.get(5)?,
    })
}

/// Columns of a token, in the order of [`token`].
pub(crate) const TOKEN: &str = "id, hash, scopes, created_at, expires_at, revoked_at, sealed_name";

pub(crate) fn token(row: &Row<'_>) -> Result<TokenRow> {
    Ok(TokenRow {
        id: TokenId::from_bytes(row.get(0)?),
        hash: row.get(1)?,
        scopes: Scopes::from_bits(row.get(2)?),
        created_at: time(row, 3)?,
        expires_at: maybe_time(row, 4)?,
        revoked_at: maybe_time(row, 5)?,
        sealed_name: row.get(6)?,
    })
}

const TERM: usize = 17;

/// A person's blind indexes as one column: needed to remove them, without an index to find them by person.
pub(crate) fn terms(index: &[IndexEntry]) -> Vec<u8> {
    index.iter().flat_map(|e| std::iter::once(e.field as u8).chain(e.hash)).collect()
}

/// The field numbers and hashes in [`terms`].
pub(crate) fn each_term(terms: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    terms.chunks_exact(TERM).map(|term| (term[0], &term[1..]))
}

/// The number of a field.
pub(crate) const fn field(field: IndexField) -> u8 {
    field as u8
}
