//! Loading the galleries while requests are served already.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use engine::models::Models;
use engine::worker;
use registry::Registry;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

use super::succession;
use crate::config::Config;

/// Threads that load: one reads while the others open what was read.
const THREADS: usize = 2;
/// After a fault of the store.
const AGAIN: Duration = Duration::from_secs(2);

/// How often the store is looked at for what other processes have changed.
const EVERY: Duration = Duration::from_secs(1);

/// How long news are gathered before they are followed.
const TOGETHER: Duration = Duration::from_millis(10);

/// Makes templates that are missing, then follows the store for as long as the server runs: a search then finds next to
/// nothing left to do. Models that are announced meanwhile are taken up, where faces are analysed at all.
async fn follow(registry: Arc<Registry>, mut models: Option<Models>, engine: worker::Settings) {
    if let Err(error) = registry.present().remake_templates().await.inspect(remade) {
        tracing::warn!(%error, "templates could not be made; trying again when they are needed");
    }
    let mut ticks = tokio::time::interval(EVERY);
    let mut taking: Option<JoinHandle<Models>> = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            // What comes in a moment is followed together: a search catches up by itself anyway.
            () = registry.news() => tokio::time::sleep(TOGETHER).await,
        }
        if let Err(error) = registry.present().follow().await {
            tracing::warn!(%error, "a gallery could not follow the store; trying again");
        }
        // Beside this: the models in force go on following.
        let Some(present) = &models else { continue };
        if taking.as_ref().is_none_or(JoinHandle::is_finished) {
            let seen_with = match join(taking.take()).await {
                Some(Ok(seen_with)) => seen_with,
                _ => present.clone(),
            };
            models = Some(seen_with.clone());
            let (registry, models) = (Arc::clone(&registry), seen_with);
            taking = Some(tokio::spawn(async move {
                match succession::take_up(&registry, models.clone(), engine).await {
                    Ok(seen_with) => seen_with,
                    Err(error) => {
                        tracing::warn!(%error, "the announced models could not be taken up; trying again");
                        tokio::time::sleep(AGAIN).await;
                        models
                    }
                }
            }));
        }
    }
}

/// The outcome of a task that has ended.
async fn join<T>(task: Option<JoinHandle<T>>) -> Option<Result<T, JoinError>> {
    match task {
        Some(task) => Some(task.await),
        None => None,
    }
}

/// Says how many templates were made.
pub(super) fn remade(made: &usize) {
    if *made > 0 {
        tracing::info!(event = "templates-remade", made, "templates were made again");
    }
}

/// Loads on threads of its own: opening a million templates takes seconds of work that no request should wait behind.
pub(crate) fn load(registry: &Arc<Registry>, models: Option<&Models>, config: &Config) {
    let runtime = Handle::current();
    let started = Instant::now();
    for number in 0..THREADS {
        let (registry, runtime) = (Arc::clone(registry), runtime.clone());
        let (models, engine) = (models.cloned(), config.engine());
        let work = move || {
            while let Err(error) = runtime.block_on(registry.present().load_galleries()) {
                tracing::warn!(%error, "the galleries could not be loaded; trying again");
                thread::sleep(AGAIN);
            }
            tracing::info!(
                event = "galleries-loaded",
                milliseconds = started.elapsed().as_millis(),
                "galleries are loaded"
            );
            if number == 0 {
                runtime.spawn(follow(registry, models, engine));
            }
        };
        if let Err(error) = thread::Builder::new().name(format!("load-{number}")).spawn(work) {
            tracing::error!(%error, "a loading thread could not be started");
        }
    }
}
