//! Waiting lines of many tenants, served in turn: whoever asks much waits behind what they asked themselves, and behind
//! one request of each other tenant.

mod lanes;
mod queue;

pub use lanes::Lanes;
pub use queue::{Next, Queue};
