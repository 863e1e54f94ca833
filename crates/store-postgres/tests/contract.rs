//! PostgreSQL passes the contract every backend must pass, with statements prepared and without.

use std::ops::Deref;

use store::Store;
use store_postgres::{PostgresStore, Settings};
use testkit::shared_cluster;

struct Made(PostgresStore);

impl Deref for Made {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

async fn made(prepared: bool) -> Option<Made> {
    let url = shared_cluster()?.database().await;
    let settings = Settings { connections: 4, prepared, ..Settings::at(&url) };
    Some(Made(PostgresStore::open(&settings).await.expect("a store")))
}

mod prepared {
    async fn empty() -> Option<super::Made> {
        super::made(true).await
    }

    store::contract_suite!(maybe empty);
}

mod unprepared {
    async fn empty() -> Option<super::Made> {
        super::made(false).await
    }

    store::contract_suite!(maybe empty);
}

/// Up and down: from a folder into a database, and from there into another.
#[tokio::test]
async fn what_is_moved_arrives_as_it_was() {
    let (Some(to), Some(from)) = (made(true).await, made(false).await) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let embedded = store_sqlite::SqliteStore::open(folder.path()).expect("a store");
    store::contract::what_is_moved_arrives_as_it_was(&embedded, &to.0).await;
    let folder = tempfile::tempdir().expect("a folder");
    let embedded = store_sqlite::SqliteStore::open(folder.path()).expect("a store");
    store::contract::what_is_moved_arrives_as_it_was(&from.0, &embedded).await;
}
