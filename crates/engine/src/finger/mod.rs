//! Fingerprints: from bytes of an image or a record to a template, run by threads of their own.

mod bare;
mod chain;
mod fingers;
mod foreground;
mod image_record;
mod ink;
mod jpeg2000;
mod kind;
mod network;
mod picture;
mod quality;
mod received;
mod resolution;
mod scale;
mod wsq;

use std::sync::Arc;

use minutiae::record::Notes;
use minutiae::{Position, Template};

pub use bare::bare;
pub use chain::Limits;
pub use fingers::{Extractor, Fingers, Settings};
pub use kind::Kind;
pub use quality::{COMFORTABLE, Quality};
pub use received::{DpiBy, Kept, received};

/// What a client sends of a finger.
#[derive(Clone, Debug)]
pub struct Sent {
    /// An image file, or a record of minutiae.
    pub bytes: Vec<u8>,
    /// Dots per inch of an image, [`LEAST_DPI`] to [`MOST_DPI`]; a record says it itself.
    pub dpi: u16,
}

/// Resolution of an image of which nothing is said.
pub const USUAL_DPI: u16 = 500;
/// Lowest resolution that is taken: ridges are then four pixels apart.
pub const LEAST_DPI: u16 = 250;
/// Highest resolution that is taken.
pub const MOST_DPI: u16 = 1_200;

/// What was found in one impression of a finger.
#[derive(Clone, Debug, PartialEq)]
pub struct Impression {
    /// The template, at 500 dpi.
    pub template: Template,
    /// Who found the minutiae: templates of different extractors are judged by another scale, or not compared at all.
    pub extractor: Arc<str>,
    /// How good it is.
    pub quality: Quality,
    /// The finger, where a record says.
    pub position: Option<Position>,
    /// What in a record of minutiae is not as it should be.
    pub notes: Notes,
    /// What was sent.
    pub kind: Kind,
    /// A digest of the pixels, where it was an image: the same for every file that shows the same.
    pub picture: Option<[u8; 32]>,
}

/// Whether an impression may be refused for its quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Quality,
    /// It is taken as it is: it was good enough once, or is evaluated.
    Open,
}
