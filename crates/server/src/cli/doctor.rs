//! `personhood doctor`: is this installation sound?

use std::fmt::Write as _;
use std::path::Path;

use engine::finger::Fingers;
use engine::models::Models;
use engine::worker::Faces;
use registry::{GalleryCheck, Registry};
use serde::Serialize;
use store::Part;
use store_postgres::PostgresStore;

use super::Outcome;
use crate::config::Config;
use crate::transfer::{self, Content};
use crate::{exposure, home, serve};

/// Most persons who are named.
const MOST_NAMED: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// For machines
    #[arg(long)]
    json: bool,
    /// Whether another store holds the same: a data folder, or postgres://…; or env:NAME, or file:PATH
    #[arg(long, value_name = "PLACE")]
    same_as: Option<String>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    /// It works, and should not stay so.
    warning: bool,
    detail: String,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
}

fn check<E: ToString>(name: &'static str, result: Result<String, E>) -> Check {
    match result {
        Ok(detail) => Check { name, ok: true, warning: false, detail },
        Err(error) => Check { name, ok: false, warning: false, detail: error.to_string() },
    }
}

/// Whether others than the owner can enter the data folder.
fn folder(config: &Config) -> Result<String, String> {
    let metadata = std::fs::metadata(&config.data).map_err(|e| format!("{}: {e}", config.data.display()))?;
    exposure::folder(&config.data).map_err(|e| e.to_string())?;
    Ok(if metadata.is_dir() { "private" } else { "not a folder" }.into())
}

/// Whether every person's record opens.
async fn persons(registry: &Registry) -> Result<String, String> {
    let (persons, damaged) = registry.check_persons().await.map_err(|e| e.to_string())?;
    if damaged.is_empty() {
        return Ok(format!("{persons} records open"));
    }
    let named: Vec<String> = damaged.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    Err(format!(
        "{} of {persons} records are damaged or were changed without the key, and are passed over: {}",
        damaged.len(),
        named.join(", ")
    ))
}

/// Whether every token and collection opens.
async fn records(registry: &Registry) -> Result<String, String> {
    match registry.check_records().await.map_err(|e| e.to_string())? {
        (records, 0) => Ok(format!("{records} records open")),
        (_, damaged) => {
            Err(format!("{damaged} records are damaged or were changed without the key, and are passed over"))
        }
    }
}

/// Where the key is, if it lies in a file of ours: not where a copy of the data takes it along.
fn key_place(config: &Config) -> Option<Check> {
    let places = config.key_places();
    let key = places.found()?;
    let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let inside = whole(key).starts_with(whole(&config.data));
    let detail = if inside {
        let beside = if places.beside == key { Path::new("another folder") } else { &places.beside };
        format!("{} lies inside the data folder: move it to {}", key.display(), beside.display())
    } else {
        key.display().to_string()
    };
    Some(Check { name: "key place", ok: true, warning: inside, detail })
}

/// Whether everybody with an enrolled face can be found, and nobody else.
async fn gallery(
    registry: Registry,
    faces: Option<Faces>,
    fingers: Option<Fingers>,
) -> Result<String, String> {
    let text = |error: registry::Error| error.to_string();
    let registry = match faces {
        Some(faces) => registry.with_faces(faces).map_err(text)?,
        None => registry,
    };
    let registry = match fingers {
        Some(fingers) => registry.with_fingers(fingers).map_err(text)?,
        None => registry,
    };
    let registry = registry.present();
    registry.load_galleries().await.map_err(text)?;
    let found = registry.check_galleries().await.map_err(text)?;
    let equal = found.is_equal();
    let GalleryCheck { persons, faces, fingerprints, without_template, unknown, wrong, too_many } = found;
    if equal {
        let mut said = format!(
            "{persons} persons with {faces} faces and {fingerprints} fingerprints, {without_template} without a template of these models"
        );
        if !unknown.is_empty() {
            let named: Vec<String> = unknown.iter().take(MOST_NAMED).map(ToString::to_string).collect();
            let _ = write!(
                said,
                "; {} have a face that these models do not know, ask for another picture: {}",
                unknown.len(),
                named.join(", ")
            );
        }
        Ok(said)
    } else {
        Err(format!(
            "of {persons} persons {wrong} cannot be found as stored, and {too_many} are found who are not stored"
        ))
    }
}

/// Whether what breaks a promise about the database is in order.
async fn database(settings: &store_postgres::Settings) -> Result<String, String> {
    let store = PostgresStore::open(settings).await.map_err(|e| e.to_string())?;
    match store.weaknesses() {
        [] => Ok("reachable, durable, and tenants have two locks".into()),
        weaknesses => Err(weaknesses.join("; ")),
    }
}

/// Whether another store holds the same, record by record.
async fn same(config: &Config, other: &str) -> Result<String, String> {
    let own = config.database().map_or_else(|| config.data.display().to_string(), |d| d.url);
    let read = async |place: &str| -> Result<Content, transfer::Failure> {
        transfer::content(&*transfer::open(config, place, false).await?).await
    };
    let (ours, theirs) =
        (read(&own).await.map_err(|e| e.to_string())?, read(other).await.map_err(|e| e.to_string())?);
    match ours.differences(&theirs).as_slice() {
        [] => {
            Ok(format!("equal: {} persons, {} samples", ours.count(Part::Persons), ours.count(Part::Samples)))
        }
        differences => Err(format!("the stores differ in {}", differences.join(", "))),
    }
}

pub(crate) async fn run(config: &Config, args: Args) -> Outcome {
    let mut checks = Vec::new();
    let mut opened = None;
    let settings = config.database();
    if let Some(settings) = &settings {
        checks.push(check("database", database(settings).await));
    }
    if settings.is_some() || config.data.exists() {
        if settings.is_none() {
            checks.push(check("data folder", folder(config)));
            checks.extend(key_place(config));
        }
        match home::open(config).await {
            Err(error) => checks.push(check("key and store", Err(error))),
            Ok(registry) => {
                checks.push(check("key and store", Ok::<_, String>("the key opens the data".into())));
                checks.push(check("store integrity", registry.check().await.map(|()| "whole".to_owned())));
                checks.push(check("persons", persons(&registry).await));
                checks.push(check("tokens and collections", records(&registry).await));
                opened = Some(registry);
            }
        }
    } else {
        checks.push(check("data folder", Ok::<_, String>("none yet; `personhood serve` makes it".into())));
    }
    let models = Models::open(&config.models());
    checks.push(check(
        "models",
        models.and_then(|m| m.verify()).map(|()| "installed, hashes are right".to_owned()),
    ));
    if checks.iter().all(|c| c.ok) {
        let faces = tokio::task::block_in_place(|| serve::faces(config)).map(|(faces, _)| faces);
        let runtime = faces.as_ref().map(|f| f.runtime().to_owned());
        checks.push(check("inference", runtime.ok_or("the models do not load")));
        let start = || tokio::task::block_in_place(|| serve::fingers(config, false));
        let fingers = config.analyses_fingerprints().then(start);
        match &fingers {
            None => checks.push(check("fingerprints", Ok::<_, String>("turned off".into()))),
            Some(Ok(fingers)) => {
                checks.push(check("fingerprints", Ok::<_, String>(format!("read by {}", fingers.id()))));
            }
            Some(Err(error)) => checks.push(check("fingerprints", Err(error.to_string()))),
        }
        let fingers = fingers.and_then(Result::ok);
        if let Some(registry) = opened.filter(|_| faces.is_some() || fingers.is_some()) {
            checks.push(check("search index", gallery(registry, faces, fingers).await));
        }
    }
    if let Some(other) = &args.same_as {
        let other = transfer::named(other)?;
        checks.push(check("same content", same(config, &other).await));
    }
    let report = Report { ok: checks.iter().all(|c| c.ok), checks };
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        for c in &report.checks {
            let word = match (c.ok, c.warning) {
                (false, _) => "FAIL",
                (true, true) => "WARN",
                (true, false) => "ok",
            };
            println!("{word:4} {}: {}", c.name, c.detail);
        }
    }
    Ok(report.ok)
}
