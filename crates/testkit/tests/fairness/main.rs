//! One tenant cannot starve the others: each attack replayed, beside a tenant that goes on working.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

mod answers;
mod bodies;
mod engines;
mod support;
