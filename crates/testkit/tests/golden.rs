//! The engine agrees, within a tolerance, with figures from an implementation of its own (NumPy, Pillow), on both
//! runtimes. The file is keyed by the hashes of the models it was made with.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::io::Cursor;

use engine::face::{Gates, ImageLimits, Spot, Template, Want};
use engine::runtime::Fallback;
use engine::worker::{Faces, Settings};
use image::ImageFormat;
use serde_json::Value;
use testkit::faces;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/faces.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn check(engine: &Faces) {
    for (name, face) in golden()["faces"].as_object().unwrap() {
        let crop: Vec<u32> = numbers(&face["crop"]).iter().map(|v| *v as u32).collect();
        let image =
            faces::photo(face["photo"].as_u64().unwrap() as u8).crop_imm(crop[0], crop[1], crop[2], crop[3]);
        let mut png = Cursor::new(Vec::new());
        image.write_to(&mut png, ImageFormat::Png).unwrap();
        let found = engine.analyse_blocking(png.into_inner(), Want::Liveness { threshold: 0.0 }).unwrap();
        // Eva tilts her head, and is known better at a tilted look, which the implementation behind the figures does not take.
        let (near, alike) = if name == "eva" { (0.05, 0.9) } else { (0.02, 0.99) };
        let box_ = [found.face.x, found.face.y, found.face.width, found.face.height];
        for (got, want) in box_.into_iter().zip(numbers(&face["box"])) {
            assert!((got - want).abs() < 0.02 * found.face.height, "{name}: box {box_:?}");
        }
        for (got, want) in found.face.landmarks.iter().zip(face["landmarks"].as_array().unwrap()) {
            let want = numbers(want);
            assert!(
                (got[0] - want[0]).hypot(got[1] - want[1]) < near * found.face.height,
                "{name}: landmarks {:?}, tilted by {}",
                found.face.landmarks,
                found.quality.roll
            );
        }
        let score = found.liveness.unwrap().get();
        let expected = face["livenessScore"].as_f64().unwrap() as f32;
        assert!((score - expected).abs() < 0.05, "{name}: liveness {score}, expected {expected}");
        // The direction alone: how well the embedder knows the face is no part of the figures.
        let expected = Template::normalised(numbers(&face["template"])).unwrap();
        let found = found.template.unwrap();
        let cosine: f32 = found.values().iter().zip(expected.values()).map(|(a, b)| a * b).sum();
        assert!(cosine > alike, "{name}: cosine {cosine}");
    }
}

#[test]
fn the_golden_file_is_of_the_models_in_the_manifest() {
    let manifest = engine::models::Manifest::built_in().unwrap();
    let golden = golden();
    for (role, weights) in ["detector", "embedder", "liveness"].into_iter().zip(manifest.weights()) {
        assert_eq!(golden["models"][role], weights.sha256, "{role}");
    }
}

#[test]
fn the_default_runtime_agrees_with_the_golden_figures() {
    check(&faces::engine());
}

#[test]
fn the_pure_rust_runtime_agrees_with_the_golden_figures() {
    let settings = Settings { workers: 1, queue: 4, gates: Gates::default(), limits: ImageLimits::default() };
    check(&Faces::start_with(&faces::installed(), settings, &Fallback).unwrap());
}

#[test]
fn one_person_is_told_from_another_at_the_shipped_threshold() {
    let engine = faces::engine();
    let template = |bytes| engine.analyse_blocking(bytes, Want::Template).unwrap().template.unwrap();
    let (ana, again, eva) = (template(faces::ana()), template(faces::ana_again()), template(faces::eva()));
    assert!(ana.cosine(&again).unwrap() > 0.8);
    assert!(engine.calibration().rate(ana.cosine(&eva).unwrap()) > 1e-3);
}

#[test]
fn the_face_that_was_enrolled_is_found_again_beside_another() {
    let engine = faces::engine();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ana = engine.analyse_blocking(faces::ana(), Want::Template).unwrap().template.unwrap();
    let seen = runtime.block_on(engine.detect(faces::two())).unwrap();
    let mut likeness: Vec<f32> = seen
        .faces
        .iter()
        .map(|(face, _)| {
            let want = Want::Again(Spot::of(face));
            let again = engine.analyse_blocking(faces::two(), want).unwrap().template.unwrap();
            again.cosine(&ana).unwrap()
        })
        .collect();
    likeness.sort_by(f32::total_cmp);
    let [other, same] = likeness[..] else { panic!("{likeness:?}") };
    assert!(same > 0.8 && other < 0.4, "{likeness:?}");
    let nowhere = Want::Again(Spot::from_bytes([0; 8]));
    assert!(engine.analyse_blocking(faces::two(), nowhere).is_err(), "nobody is taken for somebody else");
}
