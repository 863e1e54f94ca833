//! The embedded store passes the contract every backend must pass.

use std::ops::Deref;

use store::Store;
use store_sqlite::SqliteStore;

struct Made {
    store: SqliteStore,
    _folder: tempfile::TempDir,
}

impl Deref for Made {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

async fn empty() -> Made {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Made { store: SqliteStore::open(folder.path()).expect("a store"), _folder: folder }
}

store::contract_suite!(empty);

#[tokio::test]
async fn what_is_moved_arrives_as_it_was() {
    let (from, to) = (empty().await, empty().await);
    store::contract::what_is_moved_arrives_as_it_was(&from.store, &to.store).await;
}
