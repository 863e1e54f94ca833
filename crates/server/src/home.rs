//! Opening a store, with its key, and the registry over it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use registry::{Error, Parts, Registry};
use store::{Store, StoreError};
use store_postgres::PostgresStore;
use store_sqlite::SqliteStore;
use vault::Kek;

use crate::config::Config;
use crate::exposure::{self, Exposed};
use crate::kek::{self, KekError};
use crate::platform::{SystemClock, SystemRandom};

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HomeError {
    #[error("data folder: {0}")]
    Folder(#[from] io::Error),
    #[error("data folder: {0}")]
    Exposed(#[from] Exposed),
    #[error("key: {0}")]
    Key(#[from] KekError),
    #[error("store: {0}")]
    Store(#[from] StoreError),
    #[error("the key does not open the data: is it the right one? ({0})")]
    Registry(#[from] Error),
}

/// Makes a folder that its owner alone can enter.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens the registry over the database, or over the data folder, which is made on the first start. No face engine yet.
pub(crate) async fn open(config: &Config) -> Result<Registry, HomeError> {
    let (store, kek): (Arc<dyn Store>, Kek) = match config.database() {
        Some(settings) => {
            let kek = kek::from_outside()?;
            let store = PostgresStore::open(&settings).await?;
            store
                .weaknesses()
                .iter()
                .for_each(|weakness| tracing::warn!(weakness, "the database is not safe"));
            (Arc::new(store), kek)
        }
        None => {
            private_folder(&config.data)?;
            exposure::folder(&config.data)?;
            let has_data = SqliteStore::file(&config.data).exists();
            let kek = kek::load(&config.key_places(), has_data, &SystemRandom)?;
            (Arc::new(SqliteStore::open(&config.data)?), kek)
        }
    };
    let parts = Parts {
        store,
        kek,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        settings: config.settings(),
    };
    let registry = Registry::open(parts).await?;
    if !vault::all_locked() {
        tracing::warn!("keys cannot be locked in memory and may be swapped out: raise the limit (ulimit -l)");
    }
    let tenants = registry.tenants().await?;
    for (name, _) in &config.of_tenants {
        if !tenants.iter().any(|(_, tenant)| tenant == name) {
            tracing::warn!(tenant = name, "there are settings of a tenant that does not exist yet");
        }
    }
    Ok(registry.with_settings_of(config.of_tenants.iter().cloned().collect()))
}
