//! What the benchmarks share: a server on a runtime of its own, a closed-loop client, and statistics.
//!
//! Every figure is a ratio of two things measured in one run, one after the other, on the same machine.

/// The allocator of the real binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod client;
mod home;
pub mod process;
mod recording;
mod spread;
mod stats;

pub use client::{Call, Load, run};
pub use home::{Home, serve};
pub use recording::Recording;
pub use spread::Spread;
pub use stats::{median, percentile};
