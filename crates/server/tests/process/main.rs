//! Tests of the real binary, as a process.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

mod crash;
mod database;
mod gallery;
mod slow;
mod support;
