//! Work that one node does for all.

use super::alone;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::ids::Id;
use crate::statement::statements;

statements! {
    /// By the clock of the database, which all nodes share.
    TAKE(TEXT, UUID, FLOAT8) =
        "INSERT INTO leases AS l (work, holder, until) VALUES ($1, $2, now() + make_interval(secs => $3))
         ON CONFLICT (work) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE l.holder = excluded.holder OR l.until <= now()";
}

/// Takes or keeps a piece of work; `false` while another has it.
pub(crate) async fn take(
    connection: &Connection,
    work: &'static str,
    holder: [u8; 16],
    seconds: u32,
) -> Result<bool, Failure> {
    let (holder, seconds) = (Id(holder), f64::from(seconds));
    Ok(alone(connection, &TAKE, &[&work, &holder, &seconds]).await? == 1)
}
