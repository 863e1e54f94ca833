//! A real server in a temporary folder: the real router over a real store, a clock that tests turn, and real
//! faces. For tests only.

#![expect(clippy::missing_panics_doc, reason = "a test that cannot be set up must fail loudly")]

mod app;
mod bucket;
mod clock;
mod cluster;
mod described;
pub mod faces;
pub mod fingers;
mod gate;
mod home;
mod proxy;
pub mod records;
mod response;
pub mod supplied;

pub use app::{App, Setup, patient};
pub use bucket::Bucket;
pub use clock::{TestClock, TestRandom};
pub use cluster::Cluster;
pub use gate::Gate;
pub use home::{Home, over_postgres, shared_cluster};
pub use proxy::{Proxy, Wire};
pub use response::Reply;
