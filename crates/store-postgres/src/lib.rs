//! The store beyond one machine: PostgreSQL under any number of stateless nodes.
//!
//! A tenant's commits are numbered one after the other, so each holds the tenant's row for the time of one round trip and
//! one flush. Changes that wait for the same tenant share it: one transaction asks all it must know, decides in memory,
//! and writes with a fixed number of statements (see [`write`]). What was decided rests on constraints and on comparing
//! versions, the last of them that of the tenant itself; never on isolation levels.

mod claim;
mod columns;
mod connection;
mod failure;
mod gate;
mod ids;
mod images;
mod location;
mod migrate;
mod notices;
mod pool;
mod read;
mod replica;
mod settings;
mod statement;
mod store;
mod tls;
mod write;
mod writer;

pub use settings::Settings;
pub use store::PostgresStore;
