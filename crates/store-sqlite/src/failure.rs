//! What SQLite's errors mean here.

use ::store::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

/// Sorts an error into the closed kinds of the port.
#[expect(clippy::needless_pass_by_value, reason = "used in map_err")]
pub(crate) fn failed(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        // Interrupted: the question took longer than it may.
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted) => {
            StoreError::Busy
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(error.to_string()),
        None if matches!(error, Error::FromSqlConversionFailure(..) | Error::InvalidColumnType(..)) => {
            StoreError::Damaged(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Whether a file could not be brought to disk. After that nobody knows what the disk holds: pages marked clean
/// may never have been written, and trying again would report success (PostgreSQL learned this in 2018). The
/// process must end and recover from the log.
pub(crate) fn is_lost_sync(error: &Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|e| matches!(e.extended_code, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC))
}
