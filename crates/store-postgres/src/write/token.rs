//! Tokens.

use ::store::TokenRow;
use domain::Time;

use super::plan::Plan;
use super::{Answer, Steps, Target, column};
use crate::ids::Id;
use crate::statement::{Statement, statements};

statements! {
    TOKENS(UUID, UUID_ARRAY, BYTEA_ARRAY, INT2_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, BYTEA_ARRAY) =
        "INSERT INTO tokens (tenant, id, hash, scopes, created_at, expires_at, revoked_at, sealed_name)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8)";
    REVOKED(UUID, UUID_ARRAY, INT8_ARRAY, BYTEA_ARRAY) =
        "UPDATE tokens t SET revoked_at = u.at, sealed_name = u.sealed_name FROM unnest($2, $3, $4) u(id, at, sealed_name)
         WHERE t.tenant = $1 AND t.id = u.id AND t.revoked_at IS NULL";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 2] = [&TOKENS, &REVOKED];

pub(super) fn write<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    if !plan.tokens.is_empty() {
        steps.push(Box::pin(add(target, &plan.tokens)));
    }
    if !plan.revoked.is_empty() {
        steps.push(Box::pin(async move {
            let ids: Vec<Id> = plan.revoked.keys().map(|t| Id(t.to_bytes())).collect();
            let at: Vec<i64> = plan.revoked.values().map(|(at, _)| at.millis()).collect();
            let names: Vec<&[u8]> = plan.revoked.values().map(|(_, name)| *name).collect();
            target.execute(&REVOKED, &[&target.tenant, &ids, &at, &names]).await
        }));
    }
}

async fn add(target: Target<'_>, rows: &[&TokenRow]) -> Answer {
    let ids = column(rows, |t| Id(t.id.to_bytes()));
    let hashes = column(rows, |t| t.hash.as_slice());
    let scopes = column(rows, |t| i16::from(t.scopes.bits()));
    let created = column(rows, |t| t.created_at.millis());
    let expires = column(rows, |t| t.expires_at.map(Time::millis));
    let revoked = column(rows, |t| t.revoked_at.map(Time::millis));
    let names = column(rows, |t| t.sealed_name.as_slice());
    target
        .execute(&TOKENS, &[&target.tenant, &ids, &hashes, &scopes, &created, &expires, &revoked, &names])
        .await
}
