//! The yardstick of the write benchmark: the same statements, without queue, threads or answers.

use std::path::Path;
use std::time::{Duration, Instant};

use ::store::{Changes, StoreError, TenantRow};
use domain::TenantId;
use rusqlite::TransactionBehavior;

use crate::failure::failed;
use crate::write::{self, Refused};
use crate::{SqliteStore, connection, migrate};

/// Writes `changes` to a fresh store in `folder`, so many a transaction, and answers how long that took.
///
/// # Errors
/// What SQLite says; a conflict is a fault here.
pub fn write_in_batches(
    folder: &Path,
    tenant: &TenantRow,
    changes: &[Changes],
    per_commit: usize,
) -> Result<Duration, StoreError> {
    let id: TenantId = tenant.id;
    let mut connection = connection::writer(&SqliteStore::file(folder))?;
    migrate::migrate(&mut connection)?;
    write::tenant::add(&connection, tenant).map_err(failed)?;
    let started = Instant::now();
    for batch in changes.chunks(per_commit) {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        for change in batch {
            write::apply(&transaction, id, change).map_err(|refused| match refused {
                Refused::Conflict(conflict) => StoreError::Damaged(conflict.to_string()),
                Refused::Sql(error) => failed(error),
            })?;
        }
        transaction.commit().map_err(failed)?;
    }
    Ok(started.elapsed())
}
