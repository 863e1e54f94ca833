//! What PostgreSQL's errors mean here.

use ::store::StoreError;
use tokio_postgres::error::SqlState;

/// Why a statement or a connection came to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What the database or the network said.
    Database(tokio_postgres::Error),
    /// No answer in time.
    Silent,
    /// No free connection.
    NoConnection(String),
    /// Too many wait.
    Full,
    /// The answer to a commit was lost, and what became of it cannot be found out now.
    Doubt,
    /// The database holds what it must not.
    Damaged(String),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl Failure {
    /// Whether the same thing may succeed at once on another connection: the connection was at fault, or two
    /// transactions were in each other's way.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Silent | Self::NoConnection(_) => true,
            Self::Full | Self::Damaged(_) | Self::Doubt => false,
            Self::Database(error) => match error.code() {
                None => true,
                Some(code) => is_passing(code),
            },
        }
    }

    /// Whether a statement took longer than it may.
    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self, Self::Database(error) if error.code() == Some(&SqlState::QUERY_CANCELED))
    }

    /// Whether it is what was sent that the database does not take: another statement might fare better at once.
    pub(crate) fn is_about_what_was_sent(&self) -> bool {
        matches!(self, Self::Database(_)) && !self.may_pass()
    }

    /// Whether a commit that was sent may have happened all the same: no answer came, or none that says what became of it.
    pub(crate) fn leaves_doubt(&self) -> bool {
        match self {
            Self::Silent => true,
            Self::Database(error) => error.code().is_none_or(is_ending),
            _ => false,
        }
    }

    /// Whether a row with this key is there already, by the name of the constraint.
    pub(crate) fn repeats(&self, constraint: &str) -> bool {
        match self {
            Self::Database(error) => {
                error.code() == Some(&SqlState::UNIQUE_VIOLATION)
                    && error.as_db_error().and_then(|e| e.constraint()) == Some(constraint)
            }
            _ => false,
        }
    }

    /// Whether the connection can still be used.
    pub(crate) fn spoils_connection(&self) -> bool {
        match self {
            Self::Silent => true,
            // A demoted primary answers every write so, and for ever.
            Self::Database(_) if self.is_overdue() => false,
            Self::Database(error) => error
                .code()
                .is_none_or(|code| is_ending(code) || *code == SqlState::READ_ONLY_SQL_TRANSACTION),
            _ => false,
        }
    }
}

/// The server is going away, or has let this connection go.
fn is_ending(code: &SqlState) -> bool {
    matches!(class(code), "08" | "57")
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        || code.code() == TRANSACTION_TIMEOUT
}

/// Ends the connection too, from version 17 on.
const TRANSACTION_TIMEOUT: &str = "25P04";

/// The first two letters of a code, which tell its kind.
fn class(code: &SqlState) -> &str {
    code.code().get(..2).unwrap_or_default()
}

/// What was prepared on the connection is gone, or does not fit the schema any more.
fn is_stale(code: &SqlState) -> bool {
    *code == SqlState::INVALID_SQL_STATEMENT_NAME || *code == SqlState::FEATURE_NOT_SUPPORTED
}

fn is_passing(code: &SqlState) -> bool {
    is_ending(code)
        || is_stale(code)
        || [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::TOO_MANY_CONNECTIONS,
            // Another has written although the lock was held: by a pooler's fault, or by hand.
            SqlState::DIVISION_BY_ZERO,
        ]
        .contains(code)
}

impl From<Failure> for StoreError {
    /// Sorts an error into the closed kinds of the port. Messages go to the log alone.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Silent => Self::Unavailable("the database does not answer".into()),
            Failure::NoConnection(why) => Self::Unavailable(format!("no connection to the database: {why}")),
            Failure::Full => Self::Busy,
            Failure::Doubt => Self::Unavailable("the answer to a commit was lost".into()),
            Failure::Damaged(why) => Self::Damaged(why),
            Failure::Database(error) => match error.code() {
                Some(code) if *code == SqlState::DISK_FULL => Self::Full,
                // The second: a statement took longer than it may.
                Some(code) if [SqlState::TOO_MANY_CONNECTIONS, SqlState::QUERY_CANCELED].contains(code) => {
                    Self::Busy
                }
                Some(code) if matches!(class(code), "XX" | "58") => Self::Damaged(said(&error)),
                _ => Self::Unavailable(said(&error)),
            },
        }
    }
}

/// An error with its causes.
fn said(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
