//! From one set of models to the next without a gap: the next are loaded beside those in force, the missing templates are
//! made from the stored images, and only then do requests see with them. Going back is the same way.

use engine::models::{Models, Quiet};
use engine::worker::{Faces, Settings};
use registry::Registry;
use tokio::runtime::Handle;

use super::{Failure, galleries};

/// Passes over all templates before the next models take over: the first makes nearly all, the others those of persons who
/// were enrolled meanwhile. Whoever comes in the last moment is made as galleries follow.
const ROUNDS: usize = 4;

/// Takes up the models that are wanted instead of `seen_with`, if there are any; whoever asks meanwhile is answered by
/// those in force. Answers the models that requests see with afterwards.
pub(super) async fn take_up(
    registry: &Registry,
    seen_with: Models,
    engine: Settings,
) -> Result<Models, Failure> {
    let Some(models) = seen_with.successor()? else { return Ok(seen_with) };
    let present = registry.present();
    let faces = {
        let models = models.clone();
        aside(move || {
            models.pull(&Quiet)?;
            Ok(Faces::start(&models, engine)?)
        })
        .await?
    };
    let name = faces.ids().embedder.to_string();
    tracing::info!(event = "models-loading", embedder = name, "other models were announced");
    let next = present.beside(faces)?;
    {
        let (next, runtime) = (next.clone(), Handle::current());
        aside(move || Ok(runtime.block_on(next.load_galleries())?)).await?;
    }
    for _ in 0..ROUNDS {
        let made = next.remake_templates().await.inspect(galleries::remade)?;
        next.follow().await?;
        if made == 0 {
            break;
        }
    }
    next.take_over();
    models.promote()?;
    tracing::info!(event = "models-changed", embedder = name, "requests see with other models from now on");
    Ok(models)
}

/// Work of seconds, on a thread that no request waits behind.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await?
}
