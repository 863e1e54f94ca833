//! One face in one image: the chain from bytes to a decision, run by one worker thread.

mod affine;
pub mod align;
mod chain;
pub mod decode;
mod detect;
mod liveness;
mod look;
pub mod perturb;
pub mod quality;
mod record;
mod resample;
mod spot;
pub mod template;
mod view;

use std::sync::Arc;

pub use chain::{Analysis, Chain, Detection, Stored, Want};
pub use decode::ImageLimits;
pub use detect::Face;
pub use quality::Gates;
pub use spot::Spot;
pub use template::Template;

use crate::models::{Models, ModelsError};

/// Reads and checks the weights once; each worker then loads its own networks from them.
pub(crate) fn load(models: &Models) -> Result<chain::Loaded, ModelsError> {
    chain::Loaded::read(models)
}

/// Names and versions of the models behind an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelIds {
    /// The detector.
    pub detector: Arc<str>,
    /// The embedder: templates of different embedders are never compared.
    pub embedder: Arc<str>,
    /// The liveness network.
    pub liveness: Arc<str>,
}
