//! The tenant's own row, which every commit moves on: the last step of each.

use ::store::Sequence;
use domain::Time;

use super::plan::Plan;
use super::{Steps, Target};
use crate::columns::stored;
use crate::ids::Id;
use crate::statement::{Statement, statements};

statements! {
    COMMITS(UUID, INT8, UUID, INT8) =
        "WITH gone AS (DELETE FROM commits WHERE tenant = $1 AND sequence < $4)
         INSERT INTO commits (tenant, sequence, name) VALUES ($1, $2, $3)";
    /// The last word: nobody else has written since the lock was taken.
    SEQUENCE(UUID, INT8, INT8, INT8, INT8, BYTEA, INT8) =
        "WITH done AS (
           UPDATE tenants SET sequence = $3, persons = persons + $4, high_water = greatest(high_water, $5),
                              mark = CASE WHEN high_water <= $7 THEN coalesce($6, mark) ELSE mark END
           WHERE id = $1 AND sequence = $2 RETURNING 1)
         SELECT 1 / (count(*) = 1)::int FROM done";
    NOTIFY(TEXT) = "SELECT pg_notify('personhood', $1)";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 3] = [&COMMITS, &SEQUENCE, &NOTIFY];

/// Commits whose names stay known.
const NAMED: Sequence = 10_000;

/// Moves the tenant from the commit `first` to `last`, under a name, and tells the other nodes.
pub(super) fn write<'a>(
    target: Target<'a>,
    plan: &'a Plan<'_>,
    (first, last): (Sequence, Sequence),
    name: Id,
    steps: &mut Steps<'a>,
) {
    let oldest = stored(last.saturating_sub(NAMED));
    steps.push(Box::pin(async move {
        target.execute(&COMMITS, &[&target.tenant, &stored(last), &name, &oldest]).await
    }));
    let (inserted, now) = (plan.inserted, plan.now.unwrap_or(Time::EPOCH).millis());
    let (marked, mark) = plan.mark.unzip();
    steps.push(Box::pin(async move {
        let (first, last, marked) = (stored(first), stored(last), marked.unwrap_or(Time::EPOCH).millis());
        let values: [crate::statement::Value<'_>; 7] =
            [&target.tenant, &first, &last, &inserted, &now, &mark, &marked];
        target.execute(&SEQUENCE, &values).await
    }));
    let said = crate::notices::text(target.tenant, last);
    steps.push(Box::pin(async move { target.execute(&NOTIFY, &[&said]).await }));
}
