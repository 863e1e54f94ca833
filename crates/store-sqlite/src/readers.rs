//! The connections that read.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::store::StoreError;
use rusqlite::Connection;

use crate::connection;
use crate::failure::failed;

/// A fixed set of read-only connections.
pub(crate) struct Readers {
    slots: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    pub(crate) fn open(path: &Path, count: usize) -> Result<Self, StoreError> {
        let slots = (0..count).map(|_| connection::reader(path).map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Self { slots, next: AtomicUsize::new(0) })
    }

    /// A free connection, or the next in turn once it is free.
    fn take(&self) -> MutexGuard<'_, Connection> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = |i: usize| &self.slots[(start + i) % self.slots.len()];
        (0..self.slots.len())
            .find_map(|i| slot(i).try_lock().ok())
            .unwrap_or_else(|| slot(0).lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs `read` on a connection.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        read(&self.take()).map_err(failed)
    }
}
