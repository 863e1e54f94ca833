//! ONNX Runtime, loaded at run time from a shared library.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::{Session, builder::GraphOptimizationLevel, builder::PrepackedWeights};
use ort::value::TensorRef;

use super::{Network, Runtime, RuntimeError};

/// ONNX Runtime. The library stays loaded until the process ends.
pub struct OnnxRuntime {
    environment: Environment,
    /// Weights in the kernels' own order, shared by all sessions: without it each worker has a copy.
    prepacked: PrepackedWeights,
}

struct Loaded {
    session: Session,
    outputs: Vec<String>,
}

fn failed(error: impl std::fmt::Display) -> RuntimeError {
    RuntimeError(error.to_string())
}

/// The library's environment, once it is set up.
static SHARED: Mutex<Option<Environment>> = Mutex::new(None);

fn set_up(library: &Path) -> Result<Environment, RuntimeError> {
    let builder = ort::init_from(library).map_err(failed)?;
    builder.with_name("personhood").with_telemetry(false).build().map_err(failed)
}

impl OnnxRuntime {
    /// Loads the library.
    ///
    /// # Errors
    /// [`RuntimeError`] when it is missing, not a library for this machine, or too old.
    pub fn open(library: &Path) -> Result<Self, RuntimeError> {
        // The library can be set up once in a process; further engines share it.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let environment = match &*shared {
            Some(environment) => environment.clone(),
            None => shared.insert(set_up(library)?).clone(),
        };
        Ok(Self { environment, prepacked: PrepackedWeights::new() })
    }
}

impl Runtime for OnnxRuntime {
    fn name(&self) -> String {
        "onnxruntime".into()
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Network>, RuntimeError> {
        let session = Session::builder(&self.environment)
            .map_err(failed)?
            .with_intra_threads(1)
            .map_err(failed)?
            .with_intra_op_spinning(false)
            .map_err(failed)?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(failed)?
            .with_prepacked_weights(&self.prepacked)
            .map_err(failed)?
            // An arena would keep the largest run's memory for ever, once for each session.
            .with_execution_providers([ort::ep::CPU::default().with_arena_allocator(false).build()])
            .map_err(failed)?
            .commit_from_memory(bytes)
            .map_err(failed)?;
        let outputs = session.outputs().iter().map(|o| o.name().to_owned()).collect();
        Ok(Box::new(Loaded { session, outputs }))
    }
}

impl Network for Loaded {
    fn run(
        &mut self,
        shape: [usize; 4],
        input: &[f32],
        read: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), RuntimeError> {
        let tensor = TensorRef::from_array_view((shape, input)).map_err(failed)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(failed)?;
        for (index, name) in self.outputs.iter().enumerate() {
            let (_, values) = outputs[name.as_str()].try_extract_tensor::<f32>().map_err(failed)?;
            read(index, values);
        }
        Ok(())
    }
}
