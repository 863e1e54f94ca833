//! What galleries follow.

use ::store::Sequence;
use domain::PersonId;

use super::plan::{Mark, Plan};
use super::{Answer, Steps, Target, column, person};
use crate::columns::stored;
use crate::statement::{Statement, statements};

statements! {
    ENROLLED(UUID, UUID_ARRAY, INT8_ARRAY, INT8_ARRAY, BOOL_ARRAY) =
        "INSERT INTO search_changes (tenant, person, sequence, enrolled, erased) SELECT $1, * FROM unnest($2, $3, $4, $5)
         ON CONFLICT (tenant, person) DO UPDATE
         SET sequence = excluded.sequence, enrolled = excluded.enrolled, erased = excluded.erased";
    /// Who never had a face matters to no search.
    TOUCHED(UUID, UUID_ARRAY, INT8_ARRAY, BOOL_ARRAY) =
        "UPDATE search_changes c SET sequence = u.sequence, erased = c.erased OR u.erased
         FROM unnest($2, $3, $4) u(person, sequence, erased) WHERE c.tenant = $1 AND c.person = u.person";
    /// Forgetting rides along: a few of the oldest erasures go with each new one.
    FORGOTTEN(UUID, INT8, INT8) =
        "WITH gone AS (
           DELETE FROM search_changes WHERE tenant = $1 AND person IN
             (SELECT person FROM search_changes WHERE tenant = $1 AND erased AND sequence < $2 ORDER BY sequence LIMIT $3)
           RETURNING sequence)
         UPDATE tenants SET forgotten = greatest(forgotten, (SELECT max(sequence) FROM gone))
         WHERE id = $1 AND EXISTS (SELECT FROM gone)";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 3] = [&ENROLLED, &TOUCHED, &FORGOTTEN];

/// Erasures that stay known, so that a gallery that lags behind them need not load anew.
const KNOWN: Sequence = 100_000;
/// Old erasures that go with each new one.
const FORGET: usize = 4;

/// Notes who matters to searches, up to the commit `last`.
pub(super) fn write<'a>(target: Target<'a>, plan: &'a Plan<'_>, last: Sequence, steps: &mut Steps<'a>) {
    let (enrolled, touched): (Vec<_>, Vec<_>) =
        plan.marks.iter().map(|(id, mark)| (*id, *mark)).partition(|(_, mark)| mark.enrolled.is_some());
    if !enrolled.is_empty() {
        steps.push(Box::pin(enrol(target, enrolled)));
    }
    if !touched.is_empty() {
        steps.push(Box::pin(touch(target, touched)));
    }
    if !plan.erased.is_empty() && last > KNOWN {
        let most = i64::try_from(FORGET * plan.erased.len()).unwrap_or(i64::MAX);
        steps.push(Box::pin(async move {
            target.execute(&FORGOTTEN, &[&target.tenant, &stored(last - KNOWN), &most]).await
        }));
    }
}

async fn enrol(target: Target<'_>, rows: Vec<(PersonId, Mark)>) -> Answer {
    let persons = column(&rows, |(id, _)| person(*id));
    let sequences = column(&rows, |(_, m)| stored(m.sequence));
    let enrolled = column(&rows, |(_, m)| stored(m.enrolled.unwrap_or(m.sequence)));
    let erased = column(&rows, |(_, m)| m.erased);
    target.execute(&ENROLLED, &[&target.tenant, &persons, &sequences, &enrolled, &erased]).await
}

async fn touch(target: Target<'_>, rows: Vec<(PersonId, Mark)>) -> Answer {
    let persons = column(&rows, |(id, _)| person(*id));
    let sequences = column(&rows, |(_, m)| stored(m.sequence));
    let erased = column(&rows, |(_, m)| m.erased);
    target.execute(&TOUCHED, &[&target.tenant, &persons, &sequences, &erased]).await
}
