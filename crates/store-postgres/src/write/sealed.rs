//! Small sealed records.

use ::store::SealedRow;
use domain::Time;

use super::plan::Plan;
use super::{Answer, Steps, Target, column};
use crate::columns::stored;
use crate::ids::Id;
use crate::statement::{Statement, statements};

statements! {
    NO_RECORDS(UUID, UUID_ARRAY) = "DELETE FROM sealed_records WHERE tenant = $1 AND key = ANY($2)";
    /// Forgetting rides along: a few old records go with each batch of new ones, so that none pile up.
    OLD_RECORDS(UUID, UUID_ARRAY, INT8, INT8) =
        "DELETE FROM sealed_records WHERE tenant = $1 AND NOT key = ANY($2) AND key IN
           (SELECT key FROM sealed_records WHERE tenant = $1 AND expires_at <= $3 ORDER BY expires_at LIMIT $4)";
    /// Versions were compared under the tenant's lock.
    RECORDS(UUID, UUID_ARRAY, INT2_ARRAY, INT8_ARRAY, INT8_ARRAY, BYTEA_ARRAY) =
        "INSERT INTO sealed_records (tenant, key, kind, version, expires_at, sealed)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6)
         ON CONFLICT (tenant, key) DO UPDATE SET kind = excluded.kind, version = excluded.version,
                                                 expires_at = excluded.expires_at, sealed = excluded.sealed";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 3] = [&NO_RECORDS, &OLD_RECORDS, &RECORDS];

/// Old records that go with each new one.
const FORGET: i64 = 4;

/// What goes, what comes, and what changes.
pub(super) fn write<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    let gone: Vec<Id> =
        plan.sealed.iter().filter(|(_, row)| row.is_none()).map(|(key, _)| Id(*key)).collect();
    if !gone.is_empty() {
        steps.push(Box::pin(async move { target.execute(&NO_RECORDS, &[&target.tenant, &gone]).await }));
    }
    let there: Vec<&SealedRow> = plan.sealed.values().filter_map(|row| *row).collect();
    if !there.is_empty() {
        steps.push(Box::pin(forget(target, there.clone(), plan.now.unwrap_or(Time::EPOCH))));
        steps.push(Box::pin(put(target, there)));
    }
}

async fn forget(target: Target<'_>, rows: Vec<&SealedRow>, now: Time) -> Answer {
    let keys = column(&rows, |r| Id(r.key));
    let most = FORGET * i64::try_from(rows.len()).unwrap_or(1);
    target.execute(&OLD_RECORDS, &[&target.tenant, &keys, &now.millis(), &most]).await
}

async fn put(target: Target<'_>, rows: Vec<&SealedRow>) -> Answer {
    let keys = column(&rows, |r| Id(r.key));
    let kinds = column(&rows, |r| i16::from(r.kind as u8));
    let versions = column(&rows, |r| stored(r.version));
    let expires = column(&rows, |r| r.expires_at.map(Time::millis));
    let sealed = column(&rows, |r| r.sealed.as_slice());
    target.execute(&RECORDS, &[&target.tenant, &keys, &kinds, &versions, &expires, &sealed]).await
}
