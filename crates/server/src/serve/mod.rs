//! `personhood serve`: the main job.

mod banner;
mod connections;
mod galleries;
mod housekeeping;
mod listen;
mod metrics;
mod succession;

use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;

use api::Api;
use domain::{Scopes, TenantId};
use engine::finger::{Extractor, Fingers};
use engine::models::{Manifest, Models, ModelsError};
use engine::runtime::Fallback;
use engine::worker::Faces;
use registry::Registry;

pub(crate) use connections::Reading;

use crate::config::Config;
use crate::home;
use crate::progress::Bar;

/// Whatever keeps the server from starting, in words for the operator.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long the first token lasts, in seconds.
const FIRST_TOKEN_SECONDS: i64 = 7 * 86_400;

/// Serves until told to stop.
pub(crate) async fn serve(config: Config) -> Result<(), Failure> {
    // The key is proved before anything slow happens.
    let mut registry = home::open(&config).await?;
    let listener = bind(&config.listen)?;
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() && !config.behind_tls_proxy {
        tracing::warn!(
            event = "not-encrypted",
            "this server speaks plain HTTP beyond this machine: put a proxy with TLS in front, and set behind_tls_proxy = true"
        );
    }
    let metrics = metrics::install(&config)?;
    let mut models = None;
    if let Some((faces, seen_with)) = tokio::task::block_in_place(|| faces(&config)) {
        registry = registry.with_faces(faces)?;
        models = Some(seen_with);
    }
    if config.analyses_fingerprints() {
        match tokio::task::block_in_place(|| fingers(&config, false)) {
            Ok(fingers) => {
                if fingers.extractor() == Extractor::BuiltIn {
                    tracing::info!(
                        "fingerprints are read by the built-in program; `personhood models pull fingerprints` installs a network that is far surer"
                    );
                }
                registry = registry.with_fingers(fingers)?;
            }
            // Another extractor in its place would make all templates anew: that is for the operator to decide.
            Err(error) => {
                tracing::error!(%error, "fingerprints cannot be compared: the network does not load");
            }
        }
    }
    let registry = Arc::new(registry);
    let token = first_token(&config, &registry, address).await?;
    let fingers = registry.extractor().unwrap_or("none").to_owned();
    tracing::info!(event = "listening", address = %address, faces = registry.has_faces(), fingers, "listening");
    banner::print(address, token.as_deref());
    galleries::load(&registry, models.as_ref(), &config);
    let housekeeping = tokio::spawn(housekeeping::run(Arc::clone(&registry)));
    let damage = tokio::spawn(housekeeping::tell_damage(Arc::clone(&registry)));
    let router = api::router(Api::new(registry, config.api_limits()));
    listen::run(&config, listener, router, metrics).await?;
    housekeeping.abort();
    damage.abort();
    tracing::info!(event = "stopped", "stopped");
    Ok(())
}

fn bind(listen: &str) -> Result<TcpListener, Failure> {
    let addresses: Vec<SocketAddr> =
        listen.to_socket_addrs().map_err(|e| format!("listen on {listen}: {e}"))?.collect();
    TcpListener::bind(&addresses[..]).map_err(|e| format!("listen on {listen}: {e}").into())
}

/// The face engine and the models it sees with, after fetching weights that are missing. Without weights the server serves all the same and
/// says so where it matters.
pub(crate) fn faces(config: &Config) -> Option<(Faces, Models)> {
    if !config.analyses_faces() {
        return None;
    }
    let started = Models::open(&config.models()).map_err(Failure::from).and_then(|models| {
        if let Err(error) = models.pull(&Bar::default()) {
            tracing::warn!(%error, "models could not be fetched");
        }
        let faces = if config.fallback_only() {
            Faces::start_with(&models, config.engine(), &Fallback)?
        } else {
            Faces::start(&models, config.engine())?
        };
        Ok((faces, models))
    });
    started
        .inspect(|(faces, _)| tracing::info!(runtime = faces.runtime(), "faces are ready"))
        .inspect_err(
            |error| tracing::warn!(%error, "faces are not configured: face images are refused with 501"),
        )
        .ok()
}

/// The engine for fingerprints: with the network where it is installed, else, or where `built_in` asks for it, without.
pub(crate) fn fingers(config: &Config, built_in: bool) -> Result<Fingers, Failure> {
    let settings = config.fingers();
    // Whoever has no place for weights still has the built-in program.
    let models = match Models::open(&config.models()) {
        Ok(models) => models,
        // The network may be there, and another extractor in its place would make all templates anew.
        Err(error @ ModelsError::Untrusted { .. }) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "the models' folder cannot be used");
            return Ok(Fingers::built_in(&Manifest::built_in()?, settings)?);
        }
    };
    if !built_in && models.misses_fingerprint_network() {
        tracing::info!(
            "the network for fingerprints is fetched anew: an earlier version kept it in another form"
        );
        if let Err(error) = models.pull_fingerprints(&Bar::default()) {
            tracing::warn!(%error, "models could not be fetched");
        }
    }
    Ok(if built_in || !models.has_fingerprint_network() {
        Fingers::built_in(models.manifest(), settings)?
    } else if config.fallback_only() {
        Fingers::start_with(&models, settings, &Fallback)?
    } else {
        Fingers::start(&models, settings)?
    })
}

/// A first token, where nobody else could see it: loopback only, and only where nothing is kept yet.
async fn first_token(
    config: &Config,
    registry: &Registry,
    address: SocketAddr,
) -> Result<Option<String>, Failure> {
    // Behind a database there may be other nodes, and whoever runs those has a token.
    if !config.first_token || !address.ip().is_loopback() || config.database().is_some() {
        return Ok(None);
    }
    // Where the tokens have gone, and the data have not, whoever removed them is not given another.
    if !registry.is_new().await? {
        return Ok(None);
    }
    let made = registry
        .create_token(TenantId::DEFAULT, "first token", Scopes::ALL, Some(FIRST_TOKEN_SECONDS))
        .await?;
    Ok(Some(made.secret))
}
