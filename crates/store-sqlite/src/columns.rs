//! Between columns and values.

use ::store::{
    CollectionRow, IndexEntry, IndexField, PairDecision, PairRow, PersonRow, SampleHead, SampleKind,
    SampleState, SealedKind, SealedRow, TokenRow,
};
use domain::{CollectionId, DuplicateId, PersonId, SampleId, Scopes, Status, Time, TokenId};
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

pub(crate) fn status(row: &Row<'_>, column: usize) -> Result<Status> {
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

/// A person where there is one; nobody is no bytes.
pub(crate) fn maybe_person(row: &Row<'_>, column: usize) -> Result<Option<PersonId>> {
    match row.get_ref(column)?.as_blob()? {
        [] => Ok(None),
        bytes => bytes.try_into().map(|id| Some(PersonId::from_bytes(id))).map_err(|_| strange(column)),
    }
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

/// Columns of a sample, in the order of [`sample`].
pub(crate) const SAMPLE: &str =
    "s.id, s.kind, s.state, s.created_at, s.model, s.template, s.remade_model, s.remade";

pub(crate) fn sample(row: &Row<'_>, person: PersonId) -> Result<SampleHead> {
    let remade: (Option<String>, Option<Vec<u8>>) = (row.get(6)?, row.get(7)?);
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
        remade: remade.0.zip(remade.1),
    })
}

/// Columns of a collection, in the order of [`collection`].
pub(crate) const COLLECTION: &str = "id, version, created_at, updated_at, name, sealed";

pub(crate) fn collection(row: &Row<'_>) -> Result<CollectionRow> {
    Ok(CollectionRow {
        id: CollectionId::from_bytes(row.get(0)?),
        version: row.get(1)?,
        created_at: time(row, 2)?,
        updated_at: time(row, 3)?,
        name: row.get(4)?,
        sealed: row.get(5)?,
    })
}

/// Columns of a pair, in the order of [`pair`].
pub(crate) const PAIR: &str = "id, first, second, created_at, decision, version, sealed";

pub(crate) fn pair(row: &Row<'_>) -> Result<PairRow> {
    Ok(PairRow {
        id: DuplicateId::from_bytes(row.get(0)?),
        persons: [PersonId::from_bytes(row.get(1)?), PersonId::from_bytes(row.get(2)?)],
        created_at: time(row, 3)?,
        decision: PairDecision::from_number(row.get(4)?).ok_or_else(|| strange(4))?,
        version: row.get(5)?,
        sealed: row.get(6)?,
    })
}

/// The collections among [`terms`].
pub(crate) fn collections(terms: &[u8]) -> Vec<CollectionId> {
    let inside = each_term(terms).filter(|(field, _)| *field == IndexField::Collection as u8);
    inside.filter_map(|(_, id)| id.try_into().ok().map(CollectionId::from_bytes)).collect()
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

/// Columns of a sealed record, in the order of [`sealed`].
pub(crate) const SEALED: &str = "key, kind, version, expires_at, sealed";

pub(crate) fn sealed(row: &Row<'_>) -> Result<SealedRow> {
    Ok(SealedRow {
        key: row.get(0)?,
        kind: SealedKind::from_number(row.get(1)?).ok_or_else(|| strange(1))?,
        version: row.get(2)?,
        expires_at: maybe_time(row, 3)?,
        sealed: row.get(4)?,
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
