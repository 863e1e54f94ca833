//! The connections of a node.

use std::time::Duration;

use ::store::StoreError;
use deadpool_postgres::{
    Manager, ManagerConfig, Pool as Connections, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use postgres_types::Type;
use tokio::join;
use tokio_postgres::Row;

use crate::connection::{Connection, Scope};
use crate::failure::Failure;
use crate::gate::Gate;
use crate::location::Location;
use crate::statement::{Statement, Value};
use crate::tls;

/// How long a question waits for a free connection; beyond it the node is busy.
const WAIT: Duration = Duration::from_secs(2);

/// Connections to one database.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: Connections,
    gate: Gate,
    prepared: bool,
    patience: Duration,
}

impl Pool {
    /// Connections to `location`, made as they are needed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the location makes no sense.
    pub(crate) fn new(
        location: &Location,
        size: usize,
        prepared: bool,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let connector = tls::connector(location.root.as_deref())?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(location.config.clone(), connector, recycling);
        let connections = Connections::builder(manager)
            .max_size(size.max(1))
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(patience))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { connections, gate: Gate::new(size.max(1), WAIT), prepared, patience })
    }

    /// The same connections, for questions that take their time.
    pub(crate) fn patient(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// A connection of its own for as long as it is held.
    pub(crate) async fn connection(&self) -> Result<Connection, Failure> {
        let client = self.connections.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Failure::Full,
            PoolError::Backend(error) => Failure::Database(error),
            other => Failure::NoConnection(other.to_string()),
        })?;
        Ok(Connection::new(client, self.prepared, self.patience))
    }

    /// Asks one question, which one statement answers.
    pub(crate) async fn rows(
        &self,
        scope: Scope,
        statement: &'static Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, Failure> {
        self.answer(scope, &Question::Known(statement, values)).await
    }

    /// Asks a question that was put together for the occasion.
    pub(crate) async fn rows_of(
        &self,
        scope: Scope,
        text: &str,
        values: &[(Value<'_>, Type)],
    ) -> Result<Vec<Row>, Failure> {
        self.answer(scope, &Question::Made(text, values)).await
    }

    /// A connection that turns out to be dead is replaced once.
    async fn answer(&self, scope: Scope, question: &Question<'_>) -> Result<Vec<Row>, Failure> {
        let _place = self.gate.enter(scope.tenant()).await?;
        let connection = self.connection().await?;
        let failure = match question.put_to(&connection, scope).await {
            Ok(rows) => return Ok(rows),
            Err(failure) => failure,
        };
        connection.blame(&failure);
        drop(connection);
        if matches!(failure, Failure::Silent) || failure.is_overdue() || !failure.may_pass() {
            return Err(failure);
        }
        tracing::debug!(?scope, ?failure, "asking again on another connection");
        let connection = self.connection().await?;
        question.put_to(&connection, scope).await.inspect_err(|failure| connection.blame(failure))
    }
}

/// A statement with its parameters.
enum Question<'a> {
    /// One of the constants.
    Known(&'static Statement, &'a [Value<'a>]),
    /// Put together for the occasion.
    Made(&'a str, &'a [(Value<'a>, Type)]),
}

impl Question<'_> {
    /// In a transaction of its own, which names the tenant, and in one round trip.
    async fn put_to(&self, connection: &Connection, scope: Scope) -> Result<Vec<Row>, Failure> {
        if let Self::Known(statement, _) = self {
            connection.ready(&[statement]).await?;
        }
        // The server gives up first, and says so on a connection that can be used again.
        let begin = scope.begin(true, connection.patience() * 4 / 5);
        let all = async {
            let (begun, rows, ended) = join!(
                biased;
                connection.batch_execute(&begin),
                self.send(connection),
                connection.batch_execute("COMMIT"),
            );
            begun.and(rows).and_then(|rows| ended.map(|()| rows))
        };
        connection.in_time(all).await
    }

    async fn send(&self, connection: &Connection) -> Result<Vec<Row>, tokio_postgres::Error> {
        match self {
            Self::Known(statement, values) => connection.ask(statement, values).await,
            Self::Made(text, values) => connection.query_typed(text, values).await,
        }
    }
}
