//! Many nodes over one PostgreSQL: one truth, and what happens when something breaks.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

mod attempts;
mod duplicates;
mod faults;
mod history;
mod support;
mod truth;
mod wires;
