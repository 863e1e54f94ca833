use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};
use image::{ExtendedColorType, ImageEncoder as _, Rgb};

use super::*;

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 7) as u8, (y * 5) as u8, 90]))
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    encode(picture).unwrap()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// `bytes` with a chunk put after the PNG's header.
fn with_chunk(bytes: &[u8], kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let typed = [&kind[..], body].concat();
    let chunk = [&(body.len() as u32).to_be_bytes()[..], &typed, &crc(&typed).to_be_bytes()].concat();
    [&bytes[..33], &chunk, &bytes[33..]].concat()
}

/// `bytes` with a segment put after the JPEG's start.
fn with_segment(bytes: &[u8], code: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 + 2).to_be_bytes();
    [&bytes[..2], &[0xff, code], &length, body, &bytes[2..]].concat()
}

fn zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; bytes]).unwrap();
    encoder.finish().unwrap()
}

fn exif(orientation: u8) -> Vec<u8> {
    [&b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0], b"GPS-CANARY"]
        .concat()
}

fn code_of(bytes: &[u8], limits: &ImageLimits) -> &'static str {
    decode(bytes, limits).map_or_else(|r| r.code.as_str(), |_| "decoded")
}

#[test]
fn metadata_is_cut_without_touching_the_picture() {
    let plain = jpeg(&picture(64, 48));
    let tagged = with_segment(&with_segment(&plain, 0xe1, &exif(1)), 0xfe, b"COMMENT-CANARY");
    let decoded = decode(&[&tagged[..], b"TRAILER-CANARY"].concat(), &ImageLimits::default()).unwrap();
    assert_eq!(decoded.stored, plain);
    let plain = png(&picture(20, 10));
    let tagged = with_chunk(&with_chunk(&plain, b"tEXt", b"Author\0CANARY"), b"eXIf", &exif(1)[6..]);
    let decoded = decode(&tagged, &ImageLimits::default()).unwrap();
    assert!(!decoded.stored.windows(6).any(|w| w == b"CANARY"));
    assert_eq!(decoded.pixels, picture(20, 10));
}

#[test]
fn orientation_is_applied_and_then_gone() {
    let turned = with_segment(&jpeg(&picture(64, 48)), 0xe1, &exif(6));
    let decoded = decode(&turned, &ImageLimits::default()).unwrap();
    assert_eq!(decoded.pixels.dimensions(), (48, 64));
    assert!(!decoded.stored.windows(4).any(|w| w == b"Exif"));
    let again = decode(&decoded.stored, &ImageLimits::default()).unwrap();
    assert_eq!(again.pixels.dimensions(), (48, 64));
    assert_eq!(again.stored, decoded.stored, "storing twice changes nothing");
}

#[test]
fn sizes_are_refused_from_the_header_alone() {
    let small = ImageLimits { side: 60, pixels: 1_000, scaled_pixels: 1_000, bytes: 1 << 20, work: 10_000 };
    assert_eq!(code_of(&jpeg(&picture(64, 8)), &small), "image-too-large");
    assert_eq!(code_of(&jpeg(&picture(40, 40)), &small), "image-too-large");
    assert_eq!(code_of(&jpeg(&picture(30, 30)), &small), "decoded");
    // The claim alone is enough: there is no picture behind it.
    let mut bomb = png(&picture(2, 2));
    bomb[16..24].copy_from_slice(&[0, 0, 0x2e, 0xe0, 0, 0, 0x2e, 0xe0]);
    assert_eq!(code_of(&bomb, &ImageLimits::default()), "image-too-large");
}

#[test]
fn profiles_and_texts_are_cut_and_never_inflated_however_large() {
    let plain = png(&picture(20, 10));
    for megabytes in [40, 80] {
        let profile = [b"icc\0\0", &zeros(megabytes << 20)[..]].concat();
        for kind in [b"iCCP", b"zTXt"] {
            let decoded = decode(&with_chunk(&plain, kind, &profile), &ImageLimits::default()).unwrap();
            assert_eq!(decoded.stored, plain);
        }
    }
}

#[test]
fn of_a_jpeg_that_lacks_its_end_is_kept_what_was_judged() {
    let noisy = RgbImage::from_fn(80, 400, |x, y| {
        Rgb([((x * 37) ^ (y * 91)) as u8, (x * 53 + y * 7) as u8, (x * y) as u8])
    });
    let file = jpeg(&noisy);
    let unmarked = decode(&file[..file.len() - 2], &ImageLimits::default()).unwrap();
    assert_eq!(unmarked.stored, file, "its picture is whole");
    let cut = decode(&file[..file.len() - file.len() / 50], &ImageLimits::default()).unwrap();
    let kept = decode(&cut.stored, &ImageLimits::default()).unwrap();
    assert_eq!(kept.pixels.dimensions(), (80, 400));
    assert!(cut.pictures.contains(&kept.pictures[0]));
}

#[test]
fn a_picture_is_the_same_turned_and_without_its_end() {
    let limits = ImageLimits::default();
    let shows = |bytes: &[u8]| decode(bytes, &limits).unwrap().pictures;
    let same = |a: &[[u8; 32]], b: &[[u8; 32]]| a.iter().any(|picture| b.contains(picture));
    let upright = picture(64, 48);
    let plain = shows(&png(&upright));
    for (orientation, stored) in [
        (3, image::imageops::rotate180(&upright)),
        (6, image::imageops::rotate270(&upright)),
        (8, image::imageops::rotate90(&upright)),
        (2, image::imageops::flip_horizontal(&upright)),
    ] {
        let turned = with_chunk(&png(&stored), b"eXIf", &exif(orientation)[6..]);
        assert!(same(&plain, &shows(&turned)), "orientation {orientation}");
    }
    assert!(!same(&plain, &shows(&png(&picture(64, 47)))));
    let noisy = RgbImage::from_fn(80, 400, |x, y| Rgb([((x * 37) ^ (y * 91)) as u8, (x * y) as u8, 7]));
    let file = jpeg(&noisy);
    let whole = shows(&file);
    for part in [200, 50, 20] {
        assert!(same(&whole, &shows(&file[..file.len() - file.len() / part])), "less one {part}th");
    }
}

#[test]
fn what_is_neither_jpeg_nor_png_is_kept_as_jpeg_and_proves_as_what_it_shows() {
    let picture = picture(64, 48);
    for format in [image::ImageFormat::WebP, image::ImageFormat::Bmp, image::ImageFormat::Tiff] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        DynamicImage::from(picture.clone()).write_to(&mut bytes, format).unwrap();
        let decoded = decode(&bytes.into_inner(), &ImageLimits::default()).unwrap();
        assert!(decoded.pixels == picture, "{format:?}");
        let kept = decode(&decoded.stored, &ImageLimits::default()).unwrap();
        assert_eq!(inspect(&decoded.stored).unwrap().format, Format::Jpeg);
        // Whoever reads it back and sends it again shows the same picture as before.
        assert!(decoded.pictures.contains(&kept.pictures[0]), "{format:?}");
    }
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let limits = ImageLimits::default();
    let (jpeg, png) = (jpeg(&picture(64, 48)), png(&picture(64, 48)));
    for bytes in [
        &b""[..],
        b"hello",
        b"GIF89a",
        b"%PDF-1.7",
        b"<svg/>",
        &jpeg[..jpeg.len() / 2],
        &png[..png.len() / 2],
        &png[..40],
    ] {
        assert_eq!(code_of(bytes, &limits), "image-undecodable");
    }
    let scans = jpeg.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
    let many = [&jpeg[..jpeg.len() - 2], &jpeg[scans..jpeg.len() - 2].repeat(400), &[0xff, 0xd9]].concat();
    assert_eq!(code_of(&many, &ImageLimits { work: 1 << 20, ..limits }), "image-undecodable");
}
