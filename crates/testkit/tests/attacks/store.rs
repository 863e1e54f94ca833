//! The tables behind the server's back: reading and changing single columns, in a folder or in a database.

use std::collections::BTreeMap;

use testkit::{Home, shared_cluster};
use tokio_postgres::Client;

/// Whoever can write the store, and has no key.
pub(crate) enum Raw {
    Folder(rusqlite::Connection),
    Database(Client),
}

/// A row: its columns and their values as SQL literals.
pub(crate) type Row = BTreeMap<String, String>;

impl Raw {
    pub(crate) async fn of(home: &Home) -> Self {
        match home {
            Home::Database(url) => {
                // Not as the server: as whoever owns the database.
                let (_, database) = url.rsplit_once('/').unwrap();
                let database = database.split('?').next().unwrap_or_default();
                let client = shared_cluster().unwrap().client(database).await;
                // Nobody is asked whether a change fits the others.
                client.batch_execute("SET session_replication_role = replica").await.unwrap();
                Self::Database(client)
            }
            _ => {
                let path = home.folder().unwrap().join("persons.sqlite");
                Self::Folder(rusqlite::Connection::open(path).unwrap())
            }
        }
    }

    /// All tables.
    pub(crate) async fn tables(&self) -> Vec<String> {
        match self {
            Self::Folder(connection) => {
                let query = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
                let mut statement = connection.prepare(query).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
            }
            Self::Database(client) => {
                let query =
                    "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1";
                client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
            }
        }
    }

    async fn columns(&self, table: &str) -> Vec<String> {
        match self {
            Self::Folder(connection) => {
                let query = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
                let mut statement = connection.prepare(&query).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
            }
            Self::Database(client) => {
                let query = "SELECT column_name::text FROM information_schema.columns \
                             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
                client.query(query, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// All rows of a table.
    pub(crate) async fn rows(&self, table: &str) -> Vec<Row> {
        let columns = self.columns(table).await;
        let quoted = match self {
            Self::Folder(_) => columns.iter().map(|c| format!("quote({c})")).collect::<Vec<_>>(),
            Self::Database(_) => columns.iter().map(|c| format!("quote_nullable({c}::text)")).collect(),
        };
        let query = format!("SELECT {} FROM {table} ORDER BY 1, 2", quoted.join(", "));
        let values: Vec<Vec<String>> = match self {
            Self::Folder(connection) => {
                let mut statement = connection.prepare(&query).unwrap();
                let all = |row: &rusqlite::Row<'_>| (0..quoted.len()).map(|i| row.get(i)).collect();
                statement.query_map([], all).unwrap().collect::<Result<_, _>>().unwrap()
            }
            Self::Database(client) => {
                let rows = client.query(&query, &[]).await.unwrap();
                rows.iter().map(|row| (0..quoted.len()).map(|i| row.get(i)).collect()).collect()
            }
        };
        values.into_iter().map(|row| columns.iter().cloned().zip(row).collect()).collect()
    }

    /// Runs a statement; how many rows it changed, none where the tables do not take it.
    pub(crate) async fn run(&self, statement: &str) -> u64 {
        match self {
            Self::Folder(connection) => connection.execute(statement, []).map_or(0, |n| n as u64),
            Self::Database(client) => client.execute(statement, &[]).await.unwrap_or_default(),
        }
    }

    fn names(&self, row: &Row) -> String {
        let is = match self {
            Self::Folder(_) => "IS",
            Self::Database(_) => "IS NOT DISTINCT FROM",
        };
        row.iter().map(|(column, value)| format!("{column} {is} {value}")).collect::<Vec<_>>().join(" AND ")
    }

    /// Puts one row in the place of another; whether the tables took it.
    pub(crate) async fn replace(&self, table: &str, row: &Row, by: &Row) -> bool {
        let set: Vec<String> = by
            .iter()
            .filter(|(column, value)| row.get(*column) != Some(value))
            .map(|(column, value)| format!("{column} = {value}"))
            .collect();
        !set.is_empty()
            && self.run(&format!("UPDATE {table} SET {} WHERE {}", set.join(", "), self.names(row))).await
                == 1
    }
}

/// A row with another value in one column.
pub(crate) fn with(row: &Row, column: &str, value: &str) -> Row {
    let mut row = row.clone();
    row.insert(column.to_owned(), value.to_owned());
    row
}

/// Other values for a column: near the present one, and far from it.
pub(crate) fn flipped(value: &str) -> Vec<String> {
    if let Ok(number) = value.parse::<i64>() {
        return vec![
            (number + 1).to_string(),
            (number - 1).to_string(),
            (number + 4_000_000_000_000).to_string(),
        ];
    }
    if let Ok(number) = value.trim_matches('\'').parse::<i64>() {
        return vec![
            (number + 1).to_string(),
            (number - 1).to_string(),
            (number + 4_000_000_000_000).to_string(),
        ];
    }
    match value {
        "NULL" => vec!["1".into()],
        "'true'" => vec!["'false'".into()],
        "'false'" => vec!["'true'".into()],
        text => {
            // The last hexadecimal digit or letter is another.
            let at = text.trim_end_matches('\'').len();
            let Some(last) = at.checked_sub(1).and_then(|at| text.get(at..=at)) else { return Vec::new() };
            let other = if last == "1" { "2" } else { "1" };
            let mut flipped = text.to_owned();
            flipped.replace_range(at - 1..at, other);
            vec![flipped, "NULL".into()]
        }
    }
}
