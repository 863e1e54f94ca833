//! Persons and their blind indexes.

use domain::Time;

use super::plan::{Plan, Put, Term};
use super::{Answer, Steps, Target, column, person};
use crate::columns::{status_code, stored};
use crate::ids::Id;
use crate::statement::{Statement, Value, statements};

statements! {
    NO_TERMS(UUID, INT2_ARRAY, UUID_ARRAY, UUID_ARRAY) =
        "DELETE FROM person_index i USING unnest($2, $3, $4) u(field, hash, person)
         WHERE i.tenant = $1 AND i.field = u.field AND i.hash = u.hash AND i.person = u.person";
    TERMS(UUID, INT2_ARRAY, UUID_ARRAY, UUID_ARRAY) =
        "INSERT INTO person_index (tenant, field, hash, person) SELECT $1, * FROM unnest($2, $3, $4)";
    PERSONS(UUID, UUID_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, INT2_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY,
            BYTEA_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY) =
        "INSERT INTO persons (tenant, id, version, created_at, updated_at, status, verified_at, expires_at, sequence,
                              wrapped_key, sealed, terms)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    UPDATED(UUID, UUID_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, INT2_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY,
            BYTEA_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY, INT8_ARRAY) =
        "WITH done AS (
           UPDATE persons p SET version = u.version, updated_at = u.updated_at, status = u.status,
                  verified_at = u.verified_at, expires_at = u.expires_at, sequence = u.sequence,
                  wrapped_key = u.wrapped_key, sealed = u.sealed, terms = u.terms
           FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                u(id, version, created_at, updated_at, status, verified_at, expires_at, sequence, wrapped_key, sealed,
                  terms, expected)
           WHERE p.tenant = $1 AND p.id = u.id AND p.version = u.expected RETURNING 1)
         SELECT 1 / (count(*) = cardinality($2))::int FROM done";
    ERASED(UUID, UUID_ARRAY, INT8_ARRAY) =
        "WITH done AS (
           DELETE FROM persons p USING unnest($2, $3) u(id, expected)
           WHERE p.tenant = $1 AND p.id = u.id AND p.version = u.expected RETURNING 1)
         SELECT 1 / (count(*) = cardinality($2))::int FROM done";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 5] = [&NO_TERMS, &TERMS, &PERSONS, &UPDATED, &ERASED];

/// What goes: it makes room for what comes.
pub(super) fn remove<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    let (gone, _) = plan.terms();
    if !gone.is_empty() {
        steps.push(Box::pin(terms(target, &NO_TERMS, gone)));
    }
    let erased: Vec<(Id, i64)> = plan
        .persons
        .iter()
        .filter(|(_, (_, put))| put.is_none())
        .filter_map(|(id, (base, _))| Some((person(*id), stored(base.as_ref()?.version))))
        .collect();
    if !erased.is_empty() {
        steps.push(Box::pin(async move {
            let (ids, versions): (Vec<Id>, Vec<i64>) = erased.into_iter().unzip();
            target.execute(&ERASED, &[&target.tenant, &ids, &versions]).await
        }));
    }
}

/// What comes, and what changes.
pub(super) fn write<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    let there = || plan.persons.values().filter_map(|(base, put)| Some((base.as_ref(), put.as_ref()?)));
    let new: Vec<&Put<'_>> = there().filter_map(|(base, put)| base.is_none().then_some(put)).collect();
    if !new.is_empty() {
        steps.push(Box::pin(put(target, new, None)));
    }
    let (versions, changed): (Vec<i64>, Vec<&Put<'_>>) =
        there().filter_map(|(base, put)| Some((stored(base?.version), put))).unzip();
    if !changed.is_empty() {
        steps.push(Box::pin(put(target, changed, Some(versions))));
    }
    let (_, new) = plan.terms();
    if !new.is_empty() {
        steps.push(Box::pin(terms(target, &TERMS, new)));
    }
}

async fn terms(target: Target<'_>, statement: &'static Statement, rows: Vec<Term>) -> Answer {
    let fields = column(&rows, |(field, ..)| i16::from(*field));
    let hashes = column(&rows, |(_, hash, _)| Id(*hash));
    let persons = column(&rows, |(.., id)| person(*id));
    target.execute(statement, &[&target.tenant, &fields, &hashes, &persons]).await
}

/// Writes new persons, or new versions of those that have the versions `expected`.
async fn put(target: Target<'_>, rows: Vec<&Put<'_>>, expected: Option<Vec<i64>>) -> Answer {
    let ids = column(&rows, |p| person(p.row.id));
    let versions = column(&rows, |p| stored(p.row.version));
    let created = column(&rows, |p| p.row.created_at.millis());
    let updated = column(&rows, |p| p.row.updated_at.millis());
    let statuses = column(&rows, |p| status_code(p.row.status));
    let verified = column(&rows, |p| p.row.verified_at.map(Time::millis));
    let expires = column(&rows, |p| p.row.expires_at.map(Time::millis));
    let sequences = column(&rows, |p| stored(p.sequence));
    let keys = column(&rows, |p| p.row.wrapped_key.as_slice());
    let sealed = column(&rows, |p| p.row.sealed.as_slice());
    let terms = column(&rows, |p| p.terms.as_slice());
    let mut values: Vec<Value<'_>> = vec![
        &target.tenant,
        &ids,
        &versions,
        &created,
        &updated,
        &statuses,
        &verified,
        &expires,
        &sequences,
        &keys,
        &sealed,
        &terms,
    ];
    match &expected {
        None => target.execute(&PERSONS, &values).await,
        Some(expected) => {
            values.push(expected);
            target.execute(&UPDATED, &values).await
        }
    }
}
