//! Bringing the schema to the present version, once, whichever nodes start together.
//!
//! A version that only adds can be worked with by programs of the versions before: it says from which on. So nodes of two
//! versions serve side by side while one takes the place of the other.

use ::store::StoreError;

use crate::connection::{Connection, Scope};
use crate::failure::Failure;
use crate::pool::Pool;

/// A step: its number is its place, from 1 on. Never changed once released, only added to.
struct Step {
    sql: &'static str,
    /// The oldest program, by the number of its last step, that can still work with a store after this step.
    oldest: i32,
}

const STEPS: [Step; 7] = [
    Step { sql: include_str!("../migrations/0001_persons.sql"), oldest: 1 },
    Step { sql: include_str!("../migrations/0002_search.sql"), oldest: 2 },
    Step { sql: include_str!("../migrations/0003_leases.sql"), oldest: 2 },
    Step { sql: include_str!("../migrations/0004_fingerprints.sql"), oldest: 4 },
    // A program of before would write indexes that are not looked at any more, and count no attempts.
    Step { sql: include_str!("../migrations/0005_sealed_records.sql"), oldest: 5 },
    // Programs before it do not find images under the names it gives.
    Step { sql: include_str!("../migrations/0006_store_identity.sql"), oldest: 6 },
    Step { sql: include_str!("../migrations/0007_validity.sql"), oldest: 6 },
];

/// The version of this program's schema.
const VERSION: i32 = STEPS.len() as i32;

/// Any number that no other program is likely to lock.
const LOCK: i64 = 0x7065_7273_6f6e_6864;

const BEGIN: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL, oldest integer NOT NULL)";

/// Applies the steps that are missing.
///
/// # Errors
/// [`StoreError::Damaged`] when the store was written by a newer program that this one cannot work beside.
pub(crate) async fn migrate(pool: &Pool) -> Result<(), StoreError> {
    let connection = pool.connection().await?;
    connection.begun();
    let result = apply(&connection).await?;
    connection.ended();
    result
}

async fn apply(client: &Connection) -> Result<Result<(), StoreError>, Failure> {
    client.batch_execute(&Scope::All.begin(false, client.patience())).await?;
    // Building an index over everybody takes as long as it takes.
    client.batch_execute("SET LOCAL statement_timeout = 0").await?;
    client.batch_execute(&format!("SELECT pg_advisory_xact_lock({LOCK}); {BEGIN}")).await?;
    let found = client.query_typed("SELECT version, oldest FROM schema_version", &[]).await?;
    let (version, oldest) = match found.first() {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (0, 0),
    };
    if oldest > VERSION {
        client.batch_execute("ROLLBACK").await?;
        return Ok(Err(StoreError::Damaged(format!(
            "the store has schema version {version}, this program knows {VERSION}: install the newer program"
        ))));
    }
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or_default()) {
        client.batch_execute(step.sql).await?;
    }
    if version < VERSION {
        let oldest = STEPS[STEPS.len() - 1].oldest;
        let note =
            format!("DELETE FROM schema_version; INSERT INTO schema_version VALUES ({VERSION}, {oldest})");
        client.batch_execute(&note).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(Ok(()))
}
