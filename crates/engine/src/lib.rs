//! Faces and fingerprints: from bytes of an image to quality, liveness and a template.
//!
//! Floor 1. Knows images and inference; knows neither store nor HTTP. Inference runs on its own threads behind
//! a bounded queue ([`worker`], [`finger`]); when the queue is full the caller is told so at once.

mod bytes;
mod crew;
mod error;
pub mod face;
mod file;
pub mod finger;
mod jpeg2000;
pub mod models;
mod rows;
pub mod runtime;
pub mod worker;

pub use error::EngineError;
