//! The embedded store: SQLite in WAL mode with `synchronous=FULL`.
//!
//! One thread writes, gathering the changes that wait into one transaction: an answer leaves after the fsync of
//! its batch. A pool of connections reads. Point reads run where they are called, because they are shorter than
//! handing them to another thread; lists go to a blocking thread.

#[cfg(feature = "bench")]
pub mod bench;
mod columns;
mod connection;
mod failure;
mod long_readers;
mod migrate;
mod read;
mod readers;
mod store;
mod transfer;
mod write;
mod writer;

pub use store::SqliteStore;
