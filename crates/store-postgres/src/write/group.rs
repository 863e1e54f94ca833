//! Collections, and pairs of persons who may be one.

use ::store::{CollectionRow, PairRow};

use super::plan::Plan;
use super::{Answer, Steps, Target, column, person};
use crate::columns::stored;
use crate::ids::Id;
use crate::statement::{Statement, statements};

statements! {
    NO_COLLECTIONS(UUID, UUID_ARRAY) = "DELETE FROM collections WHERE tenant = $1 AND id = ANY($2)";
    COLLECTIONS(UUID, UUID_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, UUID_ARRAY, BYTEA_ARRAY) =
        "INSERT INTO collections (tenant, id, version, created_at, updated_at, name, sealed)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at,
                                                name = excluded.name, sealed = excluded.sealed";
    NO_PAIRS_OF(UUID, UUID_ARRAY) =
        "DELETE FROM duplicates WHERE tenant = $1 AND (first = ANY($2) OR second = ANY($2))";
    NEW_PAIRS(UUID, UUID_ARRAY, UUID_ARRAY, UUID_ARRAY, INT8_ARRAY, INT2_ARRAY, INT8_ARRAY, BYTEA_ARRAY) =
        "INSERT INTO duplicates (tenant, id, first, second, created_at, decision, version, sealed)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    PAIRS(UUID, UUID_ARRAY, INT2_ARRAY, INT8_ARRAY, BYTEA_ARRAY, INT8_ARRAY) =
        "WITH done AS (
           UPDATE duplicates d SET decision = u.decision, version = u.version, sealed = u.sealed
           FROM unnest($2, $3, $4, $5, $6) u(id, decision, version, sealed, expected)
           WHERE d.tenant = $1 AND d.id = u.id AND d.version = u.expected RETURNING 1)
         SELECT 1 / (count(*) = cardinality($2))::int FROM done";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 5] =
    [&NO_COLLECTIONS, &COLLECTIONS, &NO_PAIRS_OF, &NEW_PAIRS, &PAIRS];

/// What goes.
pub(super) fn remove<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    let gone: Vec<Id> =
        plan.collections.iter().filter(|(_, row)| row.is_none()).map(|(id, _)| Id(id.to_bytes())).collect();
    if !gone.is_empty() {
        steps.push(Box::pin(async move { target.execute(&NO_COLLECTIONS, &[&target.tenant, &gone]).await }));
    }
    if !plan.erased.is_empty() {
        steps.push(Box::pin(async move {
            let persons: Vec<Id> = plan.erased.iter().map(|p| person(*p)).collect();
            target.execute(&NO_PAIRS_OF, &[&target.tenant, &persons]).await
        }));
    }
}

/// What comes, and what changes.
pub(super) fn write<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    let there: Vec<&CollectionRow> = plan.collections.values().filter_map(|row| *row).collect();
    if !there.is_empty() {
        steps.push(Box::pin(collections(target, there)));
    }
    if !plan.new_pairs.is_empty() {
        steps.push(Box::pin(new_pairs(target, &plan.new_pairs)));
    }
    if !plan.pairs.is_empty() {
        steps.push(Box::pin(pairs(target, plan.pairs.values().copied().collect())));
    }
}

async fn collections(target: Target<'_>, rows: Vec<&CollectionRow>) -> Answer {
    let ids = column(&rows, |c| Id(c.id.to_bytes()));
    let versions = column(&rows, |c| stored(c.version));
    let created = column(&rows, |c| c.created_at.millis());
    let updated = column(&rows, |c| c.updated_at.millis());
    let names = column(&rows, |c| Id(c.name));
    let sealed = column(&rows, |c| c.sealed.as_slice());
    target
        .execute(&COLLECTIONS, &[&target.tenant, &ids, &versions, &created, &updated, &names, &sealed])
        .await
}

async fn new_pairs(target: Target<'_>, rows: &[&PairRow]) -> Answer {
    let ids = column(rows, |p| Id(p.id.to_bytes()));
    let first = column(rows, |p| person(p.persons[0]));
    let second = column(rows, |p| person(p.persons[1]));
    let created = column(rows, |p| p.created_at.millis());
    let decisions = column(rows, |p| i16::from(p.decision as u8));
    let versions = column(rows, |p| stored(p.version));
    let sealed = column(rows, |p| p.sealed.as_slice());
    target
        .execute(
            &NEW_PAIRS,
            &[&target.tenant, &ids, &first, &second, &created, &decisions, &versions, &sealed],
        )
        .await
}

async fn pairs(target: Target<'_>, rows: Vec<(u64, &PairRow)>) -> Answer {
    let ids = column(&rows, |(_, p)| Id(p.id.to_bytes()));
    let decisions = column(&rows, |(_, p)| i16::from(p.decision as u8));
    let versions = column(&rows, |(_, p)| stored(p.version));
    let sealed = column(&rows, |(_, p)| p.sealed.as_slice());
    let expected = column(&rows, |(expected, _)| stored(*expected));
    target.execute(&PAIRS, &[&target.tenant, &ids, &decisions, &versions, &sealed, &expected]).await
}
