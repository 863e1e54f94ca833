//! Opening a store by its place: a folder, or a database's URL.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use store::Transfer;
use store_postgres::{PostgresStore, Settings};
use store_sqlite::SqliteStore;

use super::Failure;
use crate::config::Config;
use crate::home::private_folder;

/// A page of images over a slow wire takes its time.
const PATIENCE: Duration = Duration::from_secs(600);

/// Opens what `place` names. A folder is made only where `make` says so: a misspelt one would seem an empty store.
pub(crate) async fn open(config: &Config, place: &str, make: bool) -> Result<Arc<dyn Transfer>, Failure> {
    if place.contains("://") {
        let settings = Settings { patience: PATIENCE, ..config.database_at(place) };
        return Ok(Arc::new(PostgresStore::open(&settings).await?));
    }
    let folder = Path::new(place);
    if !make && !SqliteStore::file(folder).exists() {
        return Err(format!("there is no store in {place}").into());
    }
    private_folder(folder)?;
    Ok(Arc::new(SqliteStore::open(folder)?))
}
