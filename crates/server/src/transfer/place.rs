//! Opening a store by its place: a folder, or a database's URL.

use std::path::Path;
use std::sync::Arc;

use store::Transfer;
use store_postgres::PostgresStore;
use store_sqlite::SqliteStore;

use super::Failure;
use crate::config::Config;
use crate::home::private_folder;

/// Opens what `place` names. A folder is made only where `make` says so: a misspelt one would seem an empty store.
pub(crate) async fn open(config: &Config, place: &str, make: bool) -> Result<Arc<dyn Transfer>, Failure> {
    if place.contains("://") {
        return Ok(Arc::new(PostgresStore::open(&config.database_at(place)).await?));
    }
    let folder = Path::new(place);
    if !make && !SqliteStore::file(folder).exists() {
        return Err(format!("there is no store in {place}").into());
    }
    private_folder(folder)?;
    Ok(Arc::new(SqliteStore::open(folder)?))
}
