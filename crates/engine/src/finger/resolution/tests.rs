use std::io::Cursor;

use image::codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit};
use image::{ExtendedColorType, GrayImage, ImageFormat};
use proptest::prelude::*;

use super::*;

const WSQ: &[u8] = include_bytes!("../wsq/golden/ridges.wsq");

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    GrayImage::new(8, 8).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG of eight by eight with so many dots a metre.
pub(in crate::finger) fn png(density: Option<[u32; 2]>) -> Vec<u8> {
    let file = encoded(ImageFormat::Png);
    let Some([across, down]) = density else { return file };
    let body = [&b"pHYs"[..], &across.to_be_bytes(), &down.to_be_bytes(), &[1]].concat();
    let mut sum = flate2::Crc::new();
    sum.update(&body);
    [&file[..33], &9u32.to_be_bytes(), &body, &sum.sum().to_be_bytes(), &file[33..]].concat()
}

fn jpeg(density: (u16, u16), unit: PixelDensityUnit) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new(&mut bytes);
    encoder.set_pixel_density(PixelDensity { density, unit });
    encoder.encode(&[7; 64], 8, 8, ExtendedColorType::L8).unwrap();
    bytes
}

fn bmp(density: [u32; 2]) -> Vec<u8> {
    let mut file = encoded(ImageFormat::Bmp);
    file[38..42].copy_from_slice(&density[0].to_le_bytes());
    file[42..46].copy_from_slice(&density[1].to_le_bytes());
    file
}

/// A TIFF structure that holds nothing but a resolution.
fn tiff(big: bool, unit: Option<u16>, density: [(u32, u32); 2]) -> Vec<u8> {
    let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut file = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    file.extend(long(24));
    for (over, under) in density {
        file.extend([long(over), long(under)].concat());
    }
    file.extend(short(2 + u16::from(unit.is_some())));
    for (tag, at) in [(282, 8), (283, 16)] {
        file.extend([short(tag), short(5)].concat());
        file.extend([long(1), long(at)].concat());
    }
    if let Some(unit) = unit {
        file.extend([short(296), short(3)].concat());
        file.extend(long(1));
        file.extend([short(unit), short(0)].concat());
    }
    file.extend(long(0));
    file
}

fn with_exif(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    let body = [&b"Exif\0\0"[..], tiff].concat();
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &b"\xff\xe1"[..], &length, &body, &jpeg[2..]].concat()
}

fn wsq(comment: &str) -> Vec<u8> {
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    [&b"\xff\xa0\xff\xa8"[..], &length, comment.as_bytes(), b"\xff\xa2"].concat()
}

#[test]
fn every_format_says_its_resolution() {
    use PixelDensityUnit::{Centimeters, Inches, PixelAspectRatio};
    let nothing = jpeg((1, 1), PixelAspectRatio);
    for (file, kind, expected) in [
        (png(None), Kind::Png, None),
        (png(Some([39_370, 39_370])), Kind::Png, Some(1000)),
        (png(Some([19_685, 19_685])), Kind::Png, Some(500)),
        (png(Some([11_811, 11_811])), Kind::Png, Some(300)),
        (nothing.clone(), Kind::Jpeg, None),
        (jpeg((1000, 1000), Inches), Kind::Jpeg, Some(1000)),
        (jpeg((394, 394), Centimeters), Kind::Jpeg, Some(1001)),
        (jpeg((500, 500), PixelAspectRatio), Kind::Jpeg, None),
        (with_exif(&nothing, &tiff(false, Some(2), [(1000, 1), (1000, 1)])), Kind::Jpeg, Some(1000)),
        (
            with_exif(&jpeg((72, 72), Inches), &tiff(true, None, [(6000, 10), (600, 1)])),
            Kind::Jpeg,
            Some(600),
        ),
        (
            with_exif(&jpeg((400, 400), Inches), &tiff(true, Some(2), [(72, 1), (72, 1)])),
            Kind::Jpeg,
            Some(400),
        ),
        (encoded(ImageFormat::Bmp), Kind::Bmp, None),
        (bmp([39_370, 39_370]), Kind::Bmp, Some(1000)),
        (bmp([0, 0]), Kind::Bmp, None),
        (tiff(false, Some(2), [(1000, 1), (1000, 1)]), Kind::Tiff, Some(1000)),
        (tiff(true, Some(3), [(394, 1), (394, 1)]), Kind::Tiff, Some(1001)),
        (tiff(true, Some(1), [(1000, 1), (1000, 1)]), Kind::Tiff, None),
        (tiff(true, None, [(1000, 0), (0, 0)]), Kind::Tiff, None),
        (wsq("NIST_COM 3\nPIX_WIDTH 8\nPPI 1000\n"), Kind::Wsq, Some(1000)),
        (wsq("NIST_COM 3\nPIX_WIDTH 8\nPPI -1\n"), Kind::Wsq, None),
        (wsq("scanned, PPI 1000"), Kind::Wsq, None),
        (WSQ.to_vec(), Kind::Wsq, Some(500)),
    ] {
        assert_eq!(said(&file, kind), expected, "{kind:?}");
    }
}

#[test]
fn what_no_fingerprint_has_is_not_believed() {
    for dpi in [0u32, 1, 72, 96, 150, 249, 1_201, 2_400, 400_000] {
        let metre = dpi * 10_000 / 254;
        assert_eq!(said(&png(Some([metre, metre])), Kind::Png), None, "{dpi}");
    }
    for density in [[39_370, 19_685], [19_685, 0], [0, 19_685]] {
        assert_eq!(said(&png(Some(density)), Kind::Png), None);
        assert_eq!(said(&bmp(density), Kind::Bmp), None);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        which in 0..6usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
    ) {
        let (mut bytes, kind) = [
            (png(Some([39_370, 39_370])), Kind::Png),
            (jpeg((72, 72), PixelDensityUnit::Inches), Kind::Jpeg),
            (with_exif(&jpeg((72, 72), PixelDensityUnit::Inches), &tiff(true, None, [(6000, 10), (600, 1)])), Kind::Jpeg),
            (bmp([39_370, 39_370]), Kind::Bmp),
            (tiff(false, Some(2), [(1000, 1), (1000, 1)]), Kind::Tiff),
            (wsq("NIST_COM 3\nPPI 1000\n"), Kind::Wsq),
        ][which].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len() + 1));
        if let Some(dpi) = said(&bytes, kind) {
            prop_assert!((LEAST_DPI..=MOST_DPI).contains(&dpi));
        }
    }
}
