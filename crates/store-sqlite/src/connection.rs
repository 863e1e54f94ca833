//! Opening a connection the way every connection here must be opened.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::{Duration, Instant};

use ::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::failure::failed;

/// Another process (the command line beside a running server) may hold the write lock for so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the file, readable by its owner alone, before SQLite would make it readable by more.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The connection that writes.
pub(crate) fn writer(path: &Path) -> Result<Connection, StoreError> {
    create(path).map_err(|e| StoreError::Unavailable(e.to_string()))?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection.execute_batch("PRAGMA page_size = 8192;").map_err(failed)?;
    use_log(&connection)?;
    connection
        .execute_batch(
            "
             PRAGMA synchronous = FULL;
             PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON;
             PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -16384;",
        )
        .map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Turns the write-ahead log on. On a fresh file SQLite answers "locked" at once when another process does the same,
/// whatever the busy timeout.
fn use_log(connection: &Connection) -> Result<(), StoreError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL;").map_err(failed) {
            Err(StoreError::Busy) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            result => return result,
        }
    }
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;")
        .map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
