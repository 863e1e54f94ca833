//! Between columns and values.

use ::store::{
    CollectionRow, IndexEntry, IndexField, PairDecision, PairRow, PersonRow, SampleHead, SampleKind,
    SampleState, SealedKind, SealedRow, TokenRow,
};
use domain::{CollectionId, DuplicateId, PersonId, SampleId, Scopes, Status, Time, TokenId};
use postgres_types::FromSql;
use tokio_postgres::Row;

use crate::failure::Failure;
use crate::ids::Id;

type Result<T> = std::result::Result<T, Failure>;

/// The value of a column.
pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(|e| Failure::Damaged(e.to_string()))
}

fn strange(column: usize) -> Failure {
    Failure::Damaged(format!("column {column} has an unexpected value"))
}

/// A number that is never negative.
pub(crate) fn number(row: &Row, column: usize) -> Result<u64> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| strange(column))
}

/// A number as it is kept: sequences and versions stay far below the limit.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn id(row: &Row, column: usize) -> Result<[u8; 16]> {
    get::<Id>(row, column).map(|id| id.0)
}

pub(crate) fn person_id(row: &Row, column: usize) -> Result<PersonId> {
    id(row, column).map(PersonId::from_bytes)
}

pub(crate) fn time(row: &Row, column: usize) -> Result<Time> {
    get(row, column).map(Time::from_millis)
}

pub(crate) fn maybe_time(row: &Row, column: usize) -> Result<Option<Time>> {
    Ok(get::<Option<i64>>(row, column)?.map(Time::from_millis))
}

/// A small number that stands for a word.
pub(crate) fn code(row: &Row, column: usize) -> Result<u8> {
    u8::try_from(get::<i16>(row, column)?).map_err(|_| strange(column))
}

/// A status as stored. `Expired` is never stored.
pub(crate) const fn status_code(status: Status) -> i16 {
    match status {
        Status::Pending => 1,
        Status::Verified | Status::Expired => 2,
        Status::Failed => 3,
    }
}

pub(crate) fn status(row: &Row, column: usize) -> Result<Status> {
    match code(row, column)? {
        1 => Ok(Status::Pending),
        2 => Ok(Status::Verified),
        3 => Ok(Status::Failed),
        _ => Err(strange(column)),
    }
}

/// Columns of a person, in the order of [`person`].
macro_rules! person_columns {
    () => {
        "p.id, p.version, p.created_at, p.updated_at, p.status, p.verified_at, p.expires_at, p.wrapped_key, p.sealed"
    };
}

pub(crate) fn person(row: &Row) -> Result<PersonRow> {
    Ok(PersonRow {
        id: person_id(row, 0)?,
        version: number(row, 1)?,
        created_at: time(row, 2)?,
        updated_at: time(row, 3)?,
        status: status(row, 4)?,
        verified_at: maybe_time(row, 5)?,
        expires_at: maybe_time(row, 6)?,
        wrapped_key: get(row, 7)?,
        sealed: get(row, 8)?,
    })
}

/// Columns of a sample, in the order of [`sample`].
macro_rules! sample_columns {
    () => {
        "s.id, s.kind, s.state, s.created_at, s.model, s.template, s.remade_model, s.remade"
    };
}

/// A sample whose columns begin at `from`.
pub(crate) fn sample(row: &Row, from: usize, person: PersonId) -> Result<SampleHead> {
    let remade: (Option<String>, Option<Vec<u8>>) = (get(row, from + 6)?, get(row, from + 7)?);
    Ok(SampleHead {
        id: SampleId::from_bytes(id(row, from)?),
        person,
        kind: match code(row, from + 1)? {
            1 => SampleKind::Face,
            2 => SampleKind::Fingerprint,
            _ => return Err(strange(from + 1)),
        },
        state: match code(row, from + 2)? {
            1 => SampleState::Enrolled,
            2 => SampleState::Evidence,
            _ => return Err(strange(from + 2)),
        },
        created_at: time(row, from + 3)?,
        model: get(row, from + 4)?,
        template: get(row, from + 5)?,
        remade: remade.0.zip(remade.1),
    })
}

/// Columns of a collection, in the order of [`collection`].
macro_rules! collection_columns {
    () => {
        "id, version, created_at, updated_at, name, sealed"
    };
}

pub(crate) fn collection(row: &Row) -> Result<CollectionRow> {
    Ok(CollectionRow {
        id: CollectionId::from_bytes(id(row, 0)?),
        version: number(row, 1)?,
        created_at: time(row, 2)?,
        updated_at: time(row, 3)?,
        name: id(row, 4)?,
        sealed: get(row, 5)?,
    })
}

/// Columns of a pair, in the order of [`pair`].
macro_rules! pair_columns {
    () => {
        "id, first, second, created_at, decision, version, sealed"
    };
}

pub(crate) fn pair(row: &Row) -> Result<PairRow> {
    Ok(PairRow {
        id: DuplicateId::from_bytes(id(row, 0)?),
        persons: [person_id(row, 1)?, person_id(row, 2)?],
        created_at: time(row, 3)?,
        decision: PairDecision::from_number(code(row, 4)?).ok_or_else(|| strange(4))?,
        version: number(row, 5)?,
        sealed: get(row, 6)?,
    })
}

/// Columns of a token, in the order of [`token`].
macro_rules! token_columns {
    () => {
        "id, hash, scopes, created_at, expires_at, revoked_at, sealed_name"
    };
}

pub(crate) fn token(row: &Row) -> Result<TokenRow> {
    Ok(TokenRow {
        id: TokenId::from_bytes(id(row, 0)?),
        hash: get::<&[u8]>(row, 1)?.try_into().map_err(|_| strange(1))?,
        scopes: Scopes::from_bits(code(row, 2)?),
        created_at: time(row, 3)?,
        expires_at: maybe_time(row, 4)?,
        revoked_at: maybe_time(row, 5)?,
        sealed_name: get(row, 6)?,
    })
}

/// Columns of a sealed record, in the order of [`sealed`].
macro_rules! sealed_columns {
    () => {
        "key, kind, version, expires_at, sealed"
    };
}

pub(crate) fn sealed(row: &Row) -> Result<SealedRow> {
    Ok(SealedRow {
        key: id(row, 0)?,
        kind: SealedKind::from_number(code(row, 1)?).ok_or_else(|| strange(1))?,
        version: number(row, 2)?,
        expires_at: maybe_time(row, 3)?,
        sealed: get(row, 4)?,
    })
}

pub(crate) use {
    collection_columns, pair_columns, person_columns, sample_columns, sealed_columns, token_columns,
};

const TERM: usize = 17;

/// A person's blind indexes as one column: needed to remove them, without an index to find them by person.
pub(crate) fn terms(index: &[IndexEntry]) -> Vec<u8> {
    index.iter().flat_map(|e| std::iter::once(e.field as u8).chain(e.hash)).collect()
}

/// The field numbers and hashes in [`terms`].
pub(crate) fn each_term(terms: &[u8]) -> impl Iterator<Item = (u8, [u8; 16])> {
    terms.chunks_exact(TERM).filter_map(|term| Some((term[0], term[1..].try_into().ok()?)))
}

/// The collections among [`terms`].
pub(crate) fn collections(terms: &[u8]) -> Vec<CollectionId> {
    let inside = each_term(terms).filter(|(field, _)| *field == IndexField::Collection as u8);
    inside.map(|(_, id)| CollectionId::from_bytes(id)).collect()
}
