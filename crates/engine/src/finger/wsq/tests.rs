use image::GrayImage;
use proptest::prelude::*;

use super::*;

/// Drawn ridges, encoded by the reference implementation (PyPI `wsq`), and what that makes of them again.
const FILE: &[u8] = include_bytes!("golden/ridges.wsq");
const DECODED: &[u8] = include_bytes!("golden/ridges.png");

fn any_size(_: usize, _: usize) -> Result<(), Rejection> {
    Ok(())
}

#[test]
fn a_file_is_decoded_as_the_reference_decodes_it() {
    let expected: GrayImage = image::load_from_memory(DECODED).unwrap().into_luma8();
    let found = decode(FILE, any_size).unwrap();
    assert_eq!((found.width, found.height), (expected.width() as usize, expected.height() as usize));
    let off = found.pixels.iter().zip(expected.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(off <= Some(1), "off by {off:?} grey levels");
}

#[test]
fn a_size_is_judged_before_anything_of_that_size_is_made() {
    let at = FILE.windows(2).position(|w| w == [0xff, 0xa2]).unwrap() + 6;
    let mut claims = FILE.to_vec();
    claims[at..at + 4].fill(0xff);
    let refused = Rejection::new(domain::biometric::RejectionCode::ImageTooLarge);
    let judge = |width: usize, height: usize| {
        assert_eq!((width, height), (65_535, 65_535));
        Err(refused)
    };
    assert_eq!(decode(&claims, judge).err(), Some(Fault::Refused(refused)));
    claims[at..at + 4].fill(0);
    assert_eq!(decode(&claims, any_size).err(), Some(Fault::Damaged), "no size at all");
}

#[test]
fn a_file_that_ends_anywhere_is_damaged() {
    for length in 0..FILE.len() {
        assert_eq!(decode(&FILE[..length], any_size).err(), Some(Fault::Damaged), "at {length}");
    }
}

proptest! {
    #[test]
    fn no_change_of_a_file_makes_the_decoder_panic(changes in prop::collection::vec((0..FILE.len(), any::<u8>()), 1..8)) {
        let mut bytes = FILE.to_vec();
        changes.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        let small = |width: usize, height: usize| {
            if width * height <= 1 << 20 { Ok(()) } else { Err(Rejection::new(domain::biometric::RejectionCode::ImageTooLarge)) }
        };
        if let Ok(picture) = decode(&bytes, small) {
            prop_assert_eq!(picture.pixels.len(), picture.width * picture.height);
        }
    }
}

/// Draws ridges, encodes them at several sizes, and writes what the reference makes of them again. Of images of 40 pixels and less it
/// makes something else each time: it reads memory that was never written.
const ORACLE: &str = r"
import sys, numpy as np, wsq
from PIL import Image
for number, (width, height) in enumerate([(64, 64), (65, 97), (128, 96), (255, 129), (300, 301), (388, 374), (500, 640)]):
    y, x = np.mgrid[0:height, 0:width].astype(float)
    ridges = 128 + 100 * np.sin(np.hypot(x - width / 3, y - height / 2) * 2 * np.pi / (7 + number))
    noise = np.random.default_rng(number).normal(0, 4 * number, ridges.shape)
    image = Image.fromarray((ridges + noise).clip(0, 255).astype(np.uint8))
    image.save(f'{sys.argv[1]}/{number}.wsq')
    Image.open(f'{sys.argv[1]}/{number}.wsq').convert('L').save(f'{sys.argv[1]}/{number}.png')
";

#[test]
fn files_of_many_sizes_are_decoded_as_the_reference_decodes_them() {
    let Some(python) = std::env::var_os("PERSONHOOD_WSQ_PYTHON") else {
        assert!(
            std::env::var_os("PERSONHOOD_REQUIRE_WSQ").is_none(),
            "PERSONHOOD_WSQ_PYTHON names no Python with wsq"
        );
        eprintln!("PROVED NOTHING: PERSONHOOD_WSQ_PYTHON names no Python with wsq, numpy and pillow");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let status = std::process::Command::new(python).args(["-c", ORACLE]).arg(folder.path()).status().unwrap();
    assert!(status.success());
    for number in 0..7 {
        let file =
            |extension: &str| std::fs::read(folder.path().join(format!("{number}.{extension}"))).unwrap();
        let expected: GrayImage = image::load_from_memory(&file("png")).unwrap().into_luma8();
        let found = decode(&file("wsq"), any_size).unwrap();
        assert_eq!((found.width, found.height), (expected.width() as usize, expected.height() as usize));
        let off = found.pixels.iter().zip(expected.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(1), "{number}: off by {off:?} grey levels");
    }
}
