//! Figures that the documents name are those of the code.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use engine::models::Manifest;

/// A document, its line breaks undone.
fn document(name: &str) -> String {
    let path = format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_rate_below_which_a_single_finger_is_extrapolated_is_one_in_manifest_and_documents() {
    let manifest = Manifest::built_in().unwrap();
    let fingers = manifest.fingerprints();
    let tables = [&fingers.network.calibration, &fingers.built_in.calibration, &fingers.foreign.calibration];
    let observed = tables.map(domain::biometric::Calibration::observed);
    assert!(
        observed.iter().all(|o| o.to_bits() == observed[0].to_bits()),
        "one for all extractors: {observed:?}"
    );
    let figure = format!("{:e}", observed[0]);
    for (name, sentence) in [
        ("api.md", "The rate of a single finger below # is extrapolated"),
        (
            "accuracy.md",
            "The smallest rate with thirty observed errors is #: what lies below is marked `extrapolated`",
        ),
        ("accuracy.md", "and below # little was observed"),
    ] {
        let sentence = sentence.replace('#', &figure);
        assert!(document(name).contains(&sentence), "{name} does not say: {sentence}");
    }
}
