//! Where a test's server keeps its data: a folder, or a database of its own.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use store::Store;
use store_postgres::{PostgresStore, Settings};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::cluster::Cluster;

/// Where data is kept; shared by all servers over it.
#[derive(Clone)]
pub enum Home {
    /// A temporary folder.
    Folder(Arc<TempDir>),
    /// A database, by its URL.
    Database(Arc<str>),
    /// A database, used in a way of its own.
    Used(Arc<Settings>),
}

/// The cluster that the tests of a process share; none where PostgreSQL is not installed.
#[must_use]
pub fn shared_cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(&["fsync=off", "shared_buffers=64MB"])).as_ref()
}

/// Whether the tests are to run over PostgreSQL: `PERSONHOOD_TEST_STORE=postgres`.
#[must_use]
pub fn over_postgres() -> bool {
    match std::env::var("PERSONHOOD_TEST_STORE").as_deref() {
        Err(_) | Ok("" | "sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("PERSONHOOD_TEST_STORE must be sqlite or postgres, not {other}"),
    }
}

impl Home {
    /// A fresh one, of the kind that is asked for.
    pub async fn fresh() -> Self {
        if over_postgres() {
            let cluster = shared_cluster().expect("PERSONHOOD_TEST_STORE=postgres needs PostgreSQL");
            return Self::Database(cluster.database().await.into());
        }
        Self::Folder(Arc::new(tempfile::tempdir().expect("a temporary folder")))
    }

    /// Opens the store.
    pub async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Folder(folder) => Arc::new(SqliteStore::open(folder.path()).expect("a store")),
            Self::Database(url) => {
                // A machine that tests keep busy may be slow to answer.
                let patience = std::time::Duration::from_secs(120);
                let settings = Settings { connections: 8, patience, ..Settings::at(url) };
                Arc::new(PostgresStore::open(&settings).await.expect("a store"))
            }
            Self::Used(settings) => Arc::new(PostgresStore::open(settings).await.expect("a store")),
        }
    }

    /// The folder, where it is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder.path()),
            Self::Database(_) | Self::Used(_) => None,
        }
    }
}
