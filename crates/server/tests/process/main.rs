//! Tests of the real binary, as a process.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

mod clients;
mod crash;
mod database;
mod first;
mod gallery;
mod secrets;
mod slow;
mod support;
