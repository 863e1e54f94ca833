//! Fingerprints as minutiae: what a template holds, how records of ISO/IEC 19794-2 and ANSI 378 are read and written, how two
//! templates are compared, and how one is found among many.
//!
//! Nothing here knows of images, persons or files. All work is bounded by the 64 minutiae a template holds at most.

pub mod gallery;
mod matcher;
mod position;
pub mod record;
mod template;

pub use matcher::{Probe, Scratch, Subject};
pub use position::Position;
pub use template::{Kind, MOST, Minutia, Template};
