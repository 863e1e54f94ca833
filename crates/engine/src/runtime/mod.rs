//! The one small wall around inference: everything else in the engine sees [`Network`] only.

mod fallback;
pub(crate) mod memory;
mod onnxruntime;

use std::path::Path;

pub use fallback::Fallback;
pub use onnxruntime::OnnxRuntime;

/// A network could not be loaded or run.
#[derive(Debug, thiserror::Error)]
#[error("inference: {0}")]
pub struct RuntimeError(pub String);

/// A loaded network; one thread uses it at a time.
pub trait Network: Send {
    /// Runs over one input of shape `[1, channels, height, width]` and hands each output, in the order the
    /// file declares them, to `read` as its index and its values.
    ///
    /// # Errors
    /// [`RuntimeError`] when the runtime refuses the input.
    fn run(
        &mut self,
        shape: [usize; 4],
        input: &[f32],
        read: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), RuntimeError>;
}

/// Loads networks; each worker thread asks for its own.
pub trait Runtime: Send + Sync {
    /// The runtime's name and version, as `doctor` shows it.
    fn name(&self) -> String;

    /// Loads the ONNX file `bytes` for single-threaded use.
    ///
    /// # Errors
    /// [`RuntimeError`] when the file cannot be loaded.
    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Network>, RuntimeError>;
}

/// ONNX Runtime from `library` where it can be loaded, else the pure-Rust fallback.
#[must_use]
pub fn choose(library: Option<&Path>) -> Box<dyn Runtime> {
    match library.map(OnnxRuntime::open) {
        Some(Ok(runtime)) => return Box::new(runtime),
        Some(Err(error)) => tracing::warn!(%error, "the inference library cannot be used; falling back"),
        None => {}
    }
    Box::new(Fallback)
}
