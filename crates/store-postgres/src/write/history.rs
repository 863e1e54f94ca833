//! History, and answers kept under an idempotency key.

use ::store::{EventRow, IdempotencyRow};
use domain::Time;

use super::plan::{At, Plan};
use super::{Answer, Steps, Target, column, person};
use crate::columns::stored;
use crate::ids::Id;
use crate::statement::{Statement, statements};

statements! {
    NO_EVENTS_OF(UUID, UUID_ARRAY) = "DELETE FROM events WHERE tenant = $1 AND person = ANY($2)";
    EVENTS(UUID, UUID_ARRAY, UUID_ARRAY, INT8_ARRAY, INT8_ARRAY, BYTEA_ARRAY) =
        "INSERT INTO events (tenant, person, id, at, sequence, sealed) SELECT $1, * FROM unnest($2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING";
    /// Forgetting rides along: a few old answers go with each batch of new ones, so that none pile up.
    OLD_ANSWERS(UUID, UUID_ARRAY, INT8, INT8) =
        "DELETE FROM idempotency WHERE tenant = $1 AND (key = ANY($2) OR key IN
           (SELECT key FROM idempotency WHERE tenant = $1 AND expires_at <= $3 ORDER BY expires_at LIMIT $4))";
    ANSWERS(UUID, UUID_ARRAY, UUID_ARRAY, INT2_ARRAY, UUID_ARRAY, BYTEA_ARRAY, INT8_ARRAY) =
        "INSERT INTO idempotency (tenant, key, body, status, person, sealed, expires_at)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7)";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 4] = [&NO_EVENTS_OF, &EVENTS, &OLD_ANSWERS, &ANSWERS];

/// Old answers that go with each new one.
const FORGET: i64 = 4;

/// What goes.
pub(super) fn remove<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    if !plan.erased.is_empty() {
        steps.push(Box::pin(async move {
            let persons: Vec<Id> = plan.erased.iter().map(|p| person(*p)).collect();
            target.execute(&NO_EVENTS_OF, &[&target.tenant, &persons]).await
        }));
    }
    if !plan.answers.is_empty() {
        steps.push(Box::pin(forget(target, &plan.answers, plan.now.unwrap_or(Time::EPOCH))));
    }
}

/// The keys that are used anew had run out, else they would not have been admitted.
async fn forget(target: Target<'_>, rows: &[&IdempotencyRow], now: Time) -> Answer {
    let keys = column(rows, |r| Id(r.key));
    let most = FORGET * i64::try_from(rows.len()).unwrap_or(1);
    target.execute(&OLD_ANSWERS, &[&target.tenant, &keys, &now.millis(), &most]).await
}

/// What comes.
pub(super) fn write<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    if !plan.events.is_empty() {
        steps.push(Box::pin(events(target, &plan.events)));
    }
    if !plan.answers.is_empty() {
        steps.push(Box::pin(answers(target, &plan.answers)));
    }
}

async fn events(target: Target<'_>, rows: &[At<'_, EventRow>]) -> Answer {
    let persons = column(rows, |(e, _)| person(e.person));
    let ids = column(rows, |(e, _)| Id(e.id.to_bytes()));
    let at = column(rows, |(e, _)| e.at.millis());
    let sequences = column(rows, |(_, sequence)| stored(*sequence));
    let sealed = column(rows, |(e, _)| e.sealed.as_slice());
    target.execute(&EVENTS, &[&target.tenant, &persons, &ids, &at, &sequences, &sealed]).await
}

async fn answers(target: Target<'_>, rows: &[&IdempotencyRow]) -> Answer {
    let keys = column(rows, |r| Id(r.key));
    let bodies = column(rows, |r| Id(r.body));
    let statuses = column(rows, |r| i16::try_from(r.status).unwrap_or_default());
    let persons = column(rows, |r| r.person.map(person));
    let sealed = column(rows, |r| r.sealed.as_slice());
    let expires = column(rows, |r| r.expires_at.millis());
    target.execute(&ANSWERS, &[&target.tenant, &keys, &bodies, &statuses, &persons, &sealed, &expires]).await
}
