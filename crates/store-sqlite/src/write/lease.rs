//! Work that one process does for all.

use rusqlite::{Connection, params};

/// Takes or keeps a piece of work; `false` while another has it. By the clock of this machine, which all processes on
/// the file share.
pub(crate) fn take(
    c: &Connection,
    work: &'static str,
    holder: [u8; 16],
    seconds: u32,
) -> rusqlite::Result<bool> {
    let taken = c
        .prepare_cached(
            "INSERT INTO leases (work, holder, until) VALUES (?1, ?2, unixepoch() + ?3)
             ON CONFLICT DO UPDATE SET holder = ?2, until = unixepoch() + ?3 WHERE holder = ?2 OR until <= unixepoch()",
        )?
        .execute(params![work, holder, seconds])?;
    Ok(taken == 1)
}
