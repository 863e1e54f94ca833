//! Why nothing could be made of an image.

use domain::biometric::Rejection;

use crate::runtime::RuntimeError;

/// Why no analysis came back.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The image is at fault: the client can do better.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The queue is full: try again shortly.
    #[error("all inference workers are busy")]
    Busy,
    /// The engine is at fault.
    #[error(transparent)]
    Fault(#[from] RuntimeError),
}
