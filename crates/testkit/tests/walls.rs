//! The walls of the house: who may import whom, and who may use which heavy library.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// What each of our crates may import, of ours. The sides (testkit, bench) may import everything.
const OURS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("vault", &[]),
    ("gallery", &["domain"]),
    ("minutiae", &["domain"]),
    ("engine", &["domain", "minutiae"]),
    ("store", &["domain"]),
    ("store-sqlite", &["domain", "store"]),
    ("store-postgres", &["domain", "store"]),
    ("registry", &["domain", "vault", "gallery", "minutiae", "engine", "store"]),
    ("api", &["domain", "registry", "store"]),
    (
        "server",
        &[
            "domain",
            "vault",
            "gallery",
            "minutiae",
            "engine",
            "store",
            "store-sqlite",
            "store-postgres",
            "registry",
            "api",
        ],
    ),
];

/// Heavy libraries and the crates that may use them.
const HEAVY: [(&str, &[&str]); 23] = [
    ("hashbrown", &["gallery"]),
    ("roaring", &["gallery"]),
    ("rusqlite", &["store-sqlite"]),
    ("tokio-postgres", &["store-postgres", "testkit", "bench"]),
    ("deadpool-postgres", &["store-postgres"]),
    ("postgres-types", &["store-postgres"]),
    ("rustls", &["store-postgres"]),
    ("object_store", &["store-postgres"]),
    ("reqwest", &["store-postgres"]),
    ("ort", &["engine"]),
    ("rten", &["engine"]),
    ("image", &["engine", "testkit", "bench"]),
    ("prost", &["engine"]),
    ("fprint-mindtct", &["engine"]),
    ("hayro-jpeg2000", &["engine"]),
    ("aes-gcm", &["vault"]),
    ("zeroize", &["vault"]),
    ("ed25519-dalek", &["vault"]),
    ("axum", &["api", "server", "testkit", "bench"]),
    ("hyper", &["bench"]),
    ("clap", &["server"]),
    ("governor", &["api"]),
    ("jsonschema", &["testkit"]),
];

/// Crates that must stay free of an async runtime.
const NO_RUNTIME: [&str; 3] = ["domain", "vault", "store"];

/// Crates that use its channels, which need no runtime.
const CHANNELS_ONLY: [&str; 3] = ["gallery", "engine", "registry"];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Whether a dependency is one of the product, not of its tests.
fn normal(dependency: &&Value) -> bool {
    dependency["kind"].is_null()
}

fn imports() -> BTreeMap<String, Vec<String>> {
    let metadata = metadata();
    let name = |v: &Value| v["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|p| (name(p), p["dependencies"].as_array().unwrap().iter().filter(normal).map(name).collect()))
        .collect()
}

#[test]
fn every_crate_imports_only_what_its_floor_allows() {
    let imports = imports();
    for (krate, allowed) in OURS {
        let ours = imports[krate].iter().filter(|d| imports.contains_key(*d));
        let wrong: Vec<_> = ours.filter(|d| !allowed.contains(&d.as_str())).collect();
        assert!(wrong.is_empty(), "{krate} must not import {wrong:?}");
    }
    for krate in imports.keys().filter(|k| !matches!(k.as_str(), "testkit" | "bench")) {
        assert!(OURS.iter().any(|(known, _)| known == krate), "{krate} has no floor");
    }
}

#[test]
fn heavy_libraries_stay_with_the_crates_that_own_them() {
    for (krate, dependencies) in imports() {
        for (library, owners) in HEAVY {
            let uses = dependencies.iter().any(|d| d == library);
            assert!(!uses || owners.contains(&krate.as_str()), "{krate} must not use {library}");
        }
        if NO_RUNTIME.contains(&krate.as_str()) {
            assert!(!dependencies.iter().any(|d| d == "tokio"), "{krate} must not use a runtime");
        }
    }
}

#[test]
fn below_the_http_face_only_the_channels_of_the_runtime_are_used() {
    for package in metadata()["packages"].as_array().unwrap() {
        if CHANNELS_ONLY.contains(&package["name"].as_str().unwrap()) {
            let mut uses = package["dependencies"].as_array().unwrap().iter().filter(normal);
            let tokio = uses.find(|d| d["name"] == "tokio").unwrap();
            assert_eq!(tokio["features"], serde_json::json!(["sync"]), "{}", package["name"]);
        }
    }
}
