//! The fallback: rten, in pure Rust, for machines where ONNX Runtime cannot be had.

use std::sync::Arc;

use rten_tensor::TensorView;
use rten_tensor::prelude::*;

use super::{Network, Runtime, RuntimeError};

/// rten, one thread a network.
pub struct Fallback;

struct Loaded {
    model: rten::Model,
    pool: Arc<rten::ThreadPool>,
}

fn failed(error: impl std::fmt::Display) -> RuntimeError {
    RuntimeError(error.to_string())
}

impl Runtime for Fallback {
    fn name(&self) -> String {
        "rten".into()
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Network>, RuntimeError> {
        let model = rten::Model::load(bytes.to_vec()).map_err(failed)?;
        // One inference a worker thread: threads within an inference would only contend with other workers.
        Ok(Box::new(Loaded { model, pool: Arc::new(rten::ThreadPool::with_num_threads(1)) }))
    }
}

impl Network for Loaded {
    fn run(
        &mut self,
        shape: [usize; 4],
        input: &[f32],
        read: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), RuntimeError> {
        let view = TensorView::from_data(&shape[..], input);
        let id = *self.model.input_ids().first().ok_or_else(|| failed("the network has no input"))?;
        let options = rten::RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let outputs = self
            .model
            .run(vec![(id, view.into())], self.model.output_ids(), Some(options))
            .map_err(failed)?;
        for (index, value) in outputs.into_iter().enumerate() {
            let tensor: rten_tensor::Tensor<f32> =
                value.try_into().map_err(|_| failed("an output is not of floats"))?;
            match tensor.data() {
                Some(values) => read(index, values),
                None => read(index, &tensor.to_vec()),
            }
        }
        Ok(())
    }
}
