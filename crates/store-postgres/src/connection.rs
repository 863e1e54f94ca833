//! One connection, for as long as a question or a transaction takes.

use std::fmt::Write as _;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use domain::TenantId;
use futures_util::future::join_all;
use postgres_types::Type;
use tokio::time::timeout;
use tokio_postgres::{Row, Statement as Prepared};

use crate::failure::Failure;
use crate::statement::{Statement, Value};

/// Whose rows a transaction sees.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// One tenant's.
    Tenant(TenantId),
    /// Everybody's: for questions that are about no tenant.
    All,
}

impl Scope {
    /// The tenant, if it is one's.
    pub(crate) const fn tenant(self) -> Option<TenantId> {
        match self {
            Self::Tenant(tenant) => Some(tenant),
            Self::All => None,
        }
    }

    /// The beginning of a transaction that sees so far, and is given up by the server when its node falls silent: what it
    /// holds would keep all others waiting.
    pub(crate) fn begin(self, read_only: bool, patience: Duration) -> String {
        let mut text = String::from(if read_only {
            "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
        } else {
            "BEGIN ISOLATION LEVEL READ COMMITTED"
        });
        let tenant = match self {
            Self::Tenant(tenant) => hyphenated(tenant.to_bytes()),
            Self::All => "*".into(),
        };
        let millis = patience.as_millis();
        let _ = write!(
            text,
            "; SET LOCAL personhood.tenant = '{tenant}'; SET LOCAL statement_timeout = {millis}; \
             SET LOCAL idle_in_transaction_session_timeout = {millis}"
        );
        text
    }
}

/// An identifier as PostgreSQL writes it.
fn hyphenated(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A connection taken from the pool; it goes back unless something was begun on it and not ended.
pub(crate) struct Connection {
    client: Option<Object>,
    prepared: bool,
    patience: Duration,
    /// Whether a transaction may be open on it, or its server is of no use.
    spoiled: AtomicBool,
}

impl Drop for Connection {
    /// What was begun is undone with the connection: left open it would hold locks, and take in whatever comes next.
    fn drop(&mut self) {
        if *self.spoiled.get_mut() {
            drop(self.client.take().map(Object::take));
        }
    }
}

impl Deref for Connection {
    type Target = Object;

    fn deref(&self) -> &Object {
        // Only dropping takes it.
        match &self.client {
            Some(client) => client,
            None => unreachable!("a connection is there until it is dropped"),
        }
    }
}

impl Connection {
    pub(crate) fn new(client: Object, prepared: bool, patience: Duration) -> Self {
        Self { client: Some(client), prepared, patience, spoiled: AtomicBool::new(false) }
    }

    /// How long an answer is waited for.
    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    /// From here on the connection is not given back, until [`Self::ended`].
    pub(crate) fn begun(&self) {
        self.spoiled.store(true, Ordering::Relaxed);
    }

    /// Nothing is under way on it any more.
    pub(crate) fn ended(&self) {
        self.spoiled.store(false, Ordering::Relaxed);
    }

    /// Notes what a failure says of the connection.
    pub(crate) fn blame(&self, failure: &Failure) {
        if failure.spoils_connection() {
            self.begun();
        }
    }

    /// Waits for an answer for as long as there is patience.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        timeout(self.patience, work).await.map_err(|_| Failure::Silent)?.map_err(Failure::Database)
    }

    /// Makes statements known to the server, so that they can be sent one behind the other without waiting.
    pub(crate) async fn ready(&self, statements: &[&'static Statement]) -> Result<(), Failure> {
        if !self.prepared {
            return Ok(());
        }
        let all = statements.iter().map(|s| self.prepare_typed_cached(s.text, s.types));
        let all = async { join_all(all).await.into_iter().collect::<Result<Vec<Prepared>, _>>() };
        self.in_time(all).await.map(drop)
    }

    /// Sends a statement that is [`Self::ready`]. It is on its way when this is first polled: several that are polled in
    /// turn are answered in that order, in one round trip.
    pub(crate) async fn ask(
        &self,
        statement: &'static Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.prepared {
            let prepared = self.prepare_typed_cached(statement.text, statement.types).await?;
            self.deref().query(&prepared, values).await
        } else {
            self.query_typed(statement.text, &typed(statement, values)).await
        }
    }

    /// As [`Self::ask`], and answers how many rows were written.
    pub(crate) async fn tell(
        &self,
        statement: &'static Statement,
        values: &[Value<'_>],
    ) -> Result<u64, tokio_postgres::Error> {
        if self.prepared {
            let prepared = self.prepare_typed_cached(statement.text, statement.types).await?;
            self.deref().execute(&prepared, values).await
        } else {
            self.execute_typed(statement.text, &typed(statement, values)).await
        }
    }
}

/// Values with their types, for a statement that is sent without being prepared first.
fn typed<'a>(statement: &Statement, values: &[Value<'a>]) -> Vec<(Value<'a>, Type)> {
    values.iter().copied().zip(statement.types.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_names_its_tenant() {
        let tenant = TenantId::from_bytes([0xab; 16]);
        let text = Scope::Tenant(tenant).begin(true, Duration::from_secs(5));
        assert!(
            text.contains("READ ONLY; SET LOCAL personhood.tenant = 'abababab-abab-abab-abab-abababababab';")
        );
        assert!(Scope::All.begin(false, Duration::from_secs(5)).contains("= '*'"));
    }
}
