//! Opening a store by its place: a folder, or a database's URL.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use store::Transfer;
use store_postgres::{PostgresStore, Settings};
use store_sqlite::SqliteStore;

use super::Failure;
use crate::config::{Config, has_password};
use crate::home::private_folder;
use crate::{environment, exposure};

/// A page of images over a slow wire takes its time.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a place on the command line means: `env:NAME` and `file:PATH` say where it is written. A password stands in neither
/// the list of processes nor a shell's history.
pub(crate) fn named(place: &str) -> Result<String, Failure> {
    if let Some(name) = place.strip_prefix("env:") {
        return environment::get(name).ok_or_else(|| format!("{name} is not set").into());
    }
    if let Some(path) = place.strip_prefix("file:") {
        return exposure::read_secret(Path::new(path));
    }
    if has_password(place) {
        return Err(
            "a password on a command line is seen by others: write env:NAME or file:PATH where the URL is"
                .into(),
        );
    }
    Ok(place.to_owned())
}

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
    exposure::folder(folder)?;
    Ok(Arc::new(SqliteStore::open(folder)?))
}
