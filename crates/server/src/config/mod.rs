//! Settings: flags over environment over file over the defaults compiled in.

mod layers;
mod secrets;

use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::face::{Gates, ImageLimits};
use engine::worker;
use registry::{AttemptLimits, OnDuplicate};
use serde::Deserialize;

use crate::environment;
use crate::kek::Places;

pub(crate) use layers::{ConfigError, load};
pub(crate) use secrets::has_password;

use crate::serve::Reading;

/// The defaults, which are also the manual.
pub(crate) const DEFAULTS: &str = include_str!("../../../../config.default.toml");

/// All settings; see `config.default.toml` for meanings and units.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) listen: String,
    pub(crate) metrics_listen: String,
    pub(crate) behind_tls_proxy: bool,
    pub(crate) data: PathBuf,
    keys_dir: PathBuf,
    database_url: String,
    database: Database,
    pub(crate) models_dir: PathBuf,
    pub(crate) log_format: String,
    pub(crate) log_level: String,
    pub(crate) first_token: bool,
    pub(crate) limits: Limits,
    cors: Cors,
    engine: Engine,
    images: Images,
    faces: Faces,
    fingerprints: Fingerprints,
    liveness: Liveness,
    matching: Matching,
    persons: Persons,
    attempts: Attempts,
    idempotency: Idempotency,
    /// Names of tenants with figures of their own, and those.
    #[serde(skip)]
    pub(crate) of_tenants: Vec<(String, registry::Settings)>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    replicas: Vec<String>,
    images_url: String,
    connections: usize,
    prepared: bool,
    listen: bool,
    patience_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) header_seconds: u64,
    body_seconds: u64,
    request_seconds: u64,
    body_bytes: usize,
    bodies_bytes: usize,
    body_bytes_per_second: u32,
    grace_seconds: u64,
    answers_bytes: usize,
    answer_seconds: u64,
    answer_bytes_per_second: u32,
    send_buffer_bytes: usize,
    requests_per_minute: u32,
    comparisons_per_minute: u32,
    pub(crate) shutdown_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cors {
    origins: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Engine {
    workers: usize,
    queue: usize,
    runtime: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    max_side: u32,
    max_pixels: u64,
    max_bytes: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faces {
    min_height: f32,
    min_liveness_height: f32,
    min_sharpness: f32,
    min_brightness: f32,
    max_yaw: f32,
    max_cut: f32,
    min_context: f32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fingerprints {
    enabled: bool,
    workers: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Liveness {
    threshold: f32,
    brake_failures: usize,
    brake_window_seconds: i64,
    brake_pause_seconds: i64,
    evidence_days: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matching {
    on_duplicate: String,
    duplicate_match_rate: f64,
    duplicate_search_rate: f64,
    verify_match_rate: f64,
    addition_match_rate: f64,
    search_match_rate: f64,
    search_rate: f64,
    threads: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Persons {
    validity_days: i64,
    identity_change_resets: bool,
    name_search: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attempts {
    free: u32,
    pause_seconds: i64,
    longest_pause_seconds: i64,
    stop: u32,
    forget_seconds: i64,
    forgive_seconds: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Idempotency {
    hours: i64,
}

/// A number of threads; 0 is one a core.
fn or_cores(threads: usize) -> usize {
    if threads > 0 { threads } else { std::thread::available_parallelism().map_or(1, usize::from) }
}

impl Config {
    /// Figures of the rules.
    pub(crate) fn settings(&self) -> registry::Settings {
        registry::Settings {
            liveness_threshold: self.liveness.threshold,
            validity_seconds: self.persons.validity_days.saturating_mul(86_400),
            idempotency_seconds: self.idempotency.hours.saturating_mul(3_600),
            identity_change_resets: self.persons.identity_change_resets,
            name_search: self.persons.name_search,
            evidence_seconds: self.liveness.evidence_days.saturating_mul(86_400),
            on_duplicate: OnDuplicate::parse(&self.matching.on_duplicate).unwrap_or(OnDuplicate::Reject),
            duplicate_match_rate: self.matching.duplicate_match_rate,
            duplicate_search_rate: self.matching.duplicate_search_rate,
            verify_match_rate: self.matching.verify_match_rate,
            addition_match_rate: self.matching.addition_match_rate,
            attempts: AttemptLimits {
                free: self.attempts.free,
                pause_seconds: self.attempts.pause_seconds,
                longest_pause_seconds: self.attempts.longest_pause_seconds,
                stop: self.attempts.stop,
                forget_seconds: self.attempts.forget_seconds,
                forgive_seconds: self.attempts.forgive_seconds,
            },
            search_match_rate: self.matching.search_match_rate,
            search_rate: self.matching.search_rate,
            search_threads: or_cores(self.matching.threads),
            brake_failures: self.liveness.brake_failures,
            brake_window_seconds: self.liveness.brake_window_seconds,
            brake_pause_seconds: self.liveness.brake_pause_seconds,
        }
    }

    /// The database, where one is named instead of the data folder.
    pub(crate) fn database(&self) -> Option<store_postgres::Settings> {
        if self.database_url.is_empty() {
            return None;
        }
        Some(self.database_at(&self.database_url))
    }

    /// Where the key of the data folder may lie.
    pub(crate) fn key_places(&self) -> Places {
        Places::of(&self.data, &self.keys_dir)
    }

    /// Whether databases keep images in an object store.
    pub(crate) fn keeps_images_elsewhere(&self) -> bool {
        !self.database.images_url.is_empty()
    }

    /// Any database, used as the settings say.
    pub(crate) fn database_at(&self, url: &str) -> store_postgres::Settings {
        store_postgres::Settings {
            replicas: self.database.replicas.clone(),
            images: Some(self.database.images_url.clone()).filter(|url| !url.is_empty()),
            connections: self.database.connections,
            prepared: self.database.prepared,
            listen: self.database.listen,
            patience: Duration::from_secs(self.database.patience_seconds),
            credentials: environment::cloud_keys(),
            password: environment::get("PGPASSWORD"),
            ..store_postgres::Settings::at(url)
        }
    }

    /// Limits of the HTTP face.
    pub(crate) fn api_limits(&self) -> api::Limits {
        api::Limits {
            body_bytes: self.limits.body_bytes,
            bodies_bytes: self.limits.bodies_bytes,
            body_time: Duration::from_secs(self.limits.body_seconds),
            body_bytes_per_second: self.limits.body_bytes_per_second,
            grace: Duration::from_secs(self.limits.grace_seconds),
            answers_bytes: self.limits.answers_bytes,
            answer_time: Duration::from_secs(self.limits.answer_seconds),
            request_time: Duration::from_secs(self.limits.request_seconds),
            requests_per_minute: Some(self.limits.requests_per_minute).filter(|&n| n > 0),
            comparisons_per_minute: Some(self.limits.comparisons_per_minute).filter(|&n| n > 0),
            cors_origins: self.cors.origins.clone(),
            ..api::Limits::default()
        }
    }

    /// How clients must read their answers.
    pub(crate) fn reading(&self) -> Reading {
        Reading {
            most: Duration::from_secs(self.limits.answer_seconds),
            grace: Duration::from_secs(self.limits.grace_seconds),
            bytes_per_second: u64::from(self.limits.answer_bytes_per_second),
            buffer: self.limits.send_buffer_bytes,
        }
    }

    /// How the face engine is run.
    pub(crate) fn engine(&self) -> worker::Settings {
        let f = &self.faces;
        worker::Settings {
            workers: or_cores(self.engine.workers),
            queue: self.engine.queue,
            gates: Gates {
                min_height: f.min_height,
                min_liveness_height: f.min_liveness_height,
                min_sharpness: f.min_sharpness,
                min_brightness: f.min_brightness,
                max_yaw: f.max_yaw,
                max_cut: f.max_cut,
                min_context: f.min_context,
            },
            limits: ImageLimits {
                side: self.images.max_side,
                pixels: self.images.max_pixels,
                bytes: self.images.max_bytes,
                ..ImageLimits::default()
            },
        }
    }

    /// Whether fingerprints are analysed and compared.
    pub(crate) const fn analyses_fingerprints(&self) -> bool {
        self.fingerprints.enabled
    }

    /// How the engine for fingerprints is run.
    pub(crate) fn fingers(&self) -> engine::finger::Settings {
        engine::finger::Settings {
            workers: self.fingerprints.workers.max(1),
            queue: self.engine.queue,
            limits: engine::finger::Limits::default(),
        }
    }

    /// Whether only the fallback runtime may be used.
    pub(crate) fn fallback_only(&self) -> bool {
        self.engine.runtime == "fallback"
    }

    /// Whether faces are analysed at all.
    pub(crate) fn analyses_faces(&self) -> bool {
        self.engine.runtime != "none"
    }

    /// Score from which a face counts as live.
    pub(crate) const fn liveness_threshold(&self) -> f32 {
        self.liveness.threshold
    }

    /// Where models live: the setting, or the user's cache folder.
    pub(crate) fn models(&self) -> PathBuf {
        if !self.models_dir.as_os_str().is_empty() {
            return self.models_dir.clone();
        }
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| {
            let home = std::env::var_os("HOME").map(PathBuf::from)?;
            Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
        });
        cache.unwrap_or_else(|| self.data.clone()).join("personhood").join("models")
    }

    /// Checks what types cannot.
    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |path: &str, why: &str| Err(ConfigError::Value(path.to_owned(), why.to_owned()));
        if !matches!(self.log_format.as_str(), "text" | "json") {
            return wrong("log_format", "must be \"text\" or \"json\"");
        }
        if !matches!(self.engine.runtime.as_str(), "auto" | "fallback" | "none") {
            return wrong("engine.runtime", "must be \"auto\", \"fallback\" or \"none\"");
        }
        if !(0.0..=1.0).contains(&self.liveness.threshold) {
            return wrong("liveness.threshold", "must be from 0 to 1");
        }
        if OnDuplicate::parse(&self.matching.on_duplicate).is_none() {
            return wrong("matching.on_duplicate", "must be \"reject\", \"flag\" or \"allow\"");
        }
        for (path, rate) in [
            ("matching.duplicate_match_rate", self.matching.duplicate_match_rate),
            ("matching.duplicate_search_rate", self.matching.duplicate_search_rate),
            ("matching.verify_match_rate", self.matching.verify_match_rate),
            ("matching.addition_match_rate", self.matching.addition_match_rate),
            ("matching.search_match_rate", self.matching.search_match_rate),
            ("matching.search_rate", self.matching.search_rate),
        ] {
            if !(rate > 0.0 && rate < 1.0) {
                return wrong(path, "must lie between 0 and 1");
            }
        }
        if self.data.as_os_str().is_empty() || self.data == Path::new("/") {
            return wrong("data", "must name a folder");
        }
        for (path, value) in [
            ("persons.validity_days", self.persons.validity_days),
            ("idempotency.hours", self.idempotency.hours),
            ("liveness.evidence_days", self.liveness.evidence_days),
            ("liveness.brake_window_seconds", self.liveness.brake_window_seconds),
            ("liveness.brake_pause_seconds", self.liveness.brake_pause_seconds),
            ("attempts.pause_seconds", self.attempts.pause_seconds),
            ("attempts.longest_pause_seconds", self.attempts.longest_pause_seconds),
            ("attempts.forget_seconds", self.attempts.forget_seconds),
            ("attempts.forgive_seconds", self.attempts.forgive_seconds),
        ] {
            if value < 0 {
                return wrong(path, "must not be negative");
            }
        }
        if self.attempts.stop <= self.attempts.free {
            return wrong("attempts.stop", "must be more than attempts.free");
        }
        // One token alone gets a third, which must hold the largest there is: a body, and an answer with two images.
        if self.limits.bodies_bytes / 3 < self.limits.body_bytes {
            return wrong("limits.bodies_bytes", "must be at least three times limits.body_bytes");
        }
        if self.limits.answers_bytes / 8 < self.limits.body_bytes {
            return wrong("limits.answers_bytes", "must be at least eight times limits.body_bytes");
        }
        if self.limits.send_buffer_bytes < 4_096 {
            return wrong("limits.send_buffer_bytes", "must be at least 4096");
        }
        for (path, value) in [
            ("limits.connections", self.limits.connections),
            ("limits.body_bytes", self.limits.body_bytes),
            ("limits.answer_seconds", usize::try_from(self.limits.answer_seconds).unwrap_or(usize::MAX)),
            ("engine.queue", self.engine.queue),
            ("database.connections", self.database.connections),
            (
                "database.patience_seconds",
                usize::try_from(self.database.patience_seconds).unwrap_or(usize::MAX),
            ),
        ] {
            if value == 0 {
                return wrong(path, "must be at least 1");
            }
        }
        Ok(())
    }
}
