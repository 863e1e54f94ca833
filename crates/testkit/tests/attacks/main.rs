//! Attacks that were shown, replayed: on what a status rests on, on what may be asked, and on what the database says.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

mod anchor;
mod attempts;
mod blind;
mod fingers;
mod forgery;
mod store;
mod support;
