//! The engine finds the minutiae that the network as published finds, within a tolerance, on both runtimes. The file is keyed
//! by the hash of the network it was made with.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use engine::finger::{Extractor, Fingers, Gate, Sent, USUAL_DPI};
use serde_json::Value;
use testkit::fingers;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/fingers.json")).unwrap()
}

fn check(engine: &Fingers) {
    assert_eq!(engine.extractor(), Extractor::Network);
    for (name, expected) in golden()["minutiae"].as_object().unwrap() {
        let sent = Sent { bytes: fingers::file(name), dpi: USUAL_DPI };
        let found = engine.extract_blocking(sent, Gate::Quality).unwrap();
        let strong: Vec<Vec<f64>> = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect())
            .collect();
        let strong: Vec<&Vec<f64>> = strong.iter().filter(|m| m[3] >= 0.6).collect();
        let is_found = |m: &&&Vec<f64>| {
            found.template.minutiae().iter().any(|f| {
                let away = (f64::from(f.x) - m[0]).hypot(f64::from(f.y) - m[1]);
                let turn = f64::from(f.angle) * std::f64::consts::PI / 128.0 - m[2];
                away <= 2.0 && turn.cos() > 0.98
            })
        };
        // What is cut out is seen with less around it: a few at its edge may differ.
        let agreed = strong.iter().filter(is_found).count();
        assert!(agreed * 100 >= strong.len() * 95, "{name}: {agreed} of {}", strong.len());
        assert!(found.template.minutiae().len() <= strong.len() * 3 / 2, "{name}: and not many others");
        assert!(found.quality.strong.abs_diff(strong.len()) <= 3, "{name}: {:?}", found.quality);
    }
}

#[test]
fn the_golden_file_is_of_the_network_in_the_manifest() {
    let manifest = engine::models::Manifest::built_in().unwrap();
    assert_eq!(golden()["network"], manifest.fingerprints().network.weights.sha256);
}

#[test]
fn the_default_runtime_finds_the_minutiae_of_the_network_as_published() {
    check(&fingers::engine());
}

#[test]
fn the_pure_rust_runtime_finds_them_too() {
    check(&fingers::fallback());
}

#[test]
fn a_network_that_was_changed_on_disk_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let models = fingers::installed();
    let weights = &models.manifest().fingerprints().network.weights;
    let other = engine::models::Models::open(folder.path()).unwrap();
    let (from, to) = (models.file(weights), other.file(weights));
    let mut bytes = std::fs::read(&from).unwrap();
    bytes[1_000] ^= 1;
    std::fs::write(&to, bytes).unwrap();
    let settings =
        engine::finger::Settings { workers: 1, queue: 1, limits: engine::finger::Limits::default() };
    assert!(Fingers::start(&other, settings).is_err());
}
