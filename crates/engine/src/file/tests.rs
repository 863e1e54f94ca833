use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _, Rgb, RgbImage};
use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds { side: 1_000, pixels: 1_000_000 };

fn picture() -> RgbImage {
    RgbImage::from_fn(61, 47, |x, y| Rgb([(x * 4) as u8, (y * 5) as u8, 90]))
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(&picture()).unwrap();
    bytes
}

fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&picture(), 61, 47, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// What is read of a file, and what is kept of it.
fn read(bytes: &[u8]) -> Result<(RgbImage, Vec<u8>), Rejection> {
    let bytes = begin(bytes);
    let header = inspect(bytes)?;
    let kept = strip(bytes, &header);
    Ok((pixels(&kept, &header, &BOUNDS)?.into_rgb8(), kept))
}

fn why(bytes: &[u8]) -> &'static str {
    read(bytes).map(|_| ()).expect_err("this is not read").reason.expect("a reason is given")
}

/// Where the first segment of this code begins.
fn segment(bytes: &[u8], code: u8) -> usize {
    let mut at = 2;
    while bytes[at + 1] != code {
        at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
    }
    at
}

fn without_segments(bytes: &[u8], code: u8) -> Vec<u8> {
    let mut kept = bytes.to_vec();
    while let Some(at) = Some(segment_or_end(&kept, code)).filter(|&at| at < kept.len()) {
        let length = usize::from(u16::from_be_bytes([kept[at + 2], kept[at + 3]]));
        kept.drain(at..at + 2 + length);
    }
    kept
}

fn segment_or_end(bytes: &[u8], code: u8) -> usize {
    let mut at = 2;
    while bytes[at + 1] != code {
        if bytes[at + 1] == 0xda {
            return bytes.len();
        }
        at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
    }
    at
}

#[test]
fn what_scripts_and_cameras_do_to_a_jpeg_changes_nothing_of_its_picture() {
    let file = jpeg();
    let (expected, bare) = read(&file).unwrap();
    assert_eq!(bare, file);
    let scan = segment(&file, 0xda);
    let (head, tail) = file.split_at(scan);
    let no_end = &file[..file.len() - 2];
    for (what, bytes) in [
        ("no end marker", no_end.to_vec()),
        ("a trailer", [&file[..], b"TRAILER"].concat()),
        ("another picture behind it", [&file[..], &file].concat()),
        ("line breaks before it", [b"\r\n\n", &file[..]].concat()),
        ("a byte order mark before it", [b"\xef\xbb\xbf", &file[..]].concat()),
        ("stray bytes before the scan", [head, b"stray\0\0", tail].concat()),
        ("stuffing between segments", [head, b"\xff\0", tail].concat()),
        ("fill bytes before a marker", [head, b"\xff\xff\xff", tail].concat()),
        ("no Huffman tables, as frames of films have it", without_segments(&file, 0xc4)),
        (
            "the mark of a film",
            [&file[..2], b"\xff\xe0\0\x10AVI1\0\0\0\0\0\0\0\0\0\0", &without_segments(&file, 0xc4)[2..]]
                .concat(),
        ),
    ] {
        let (found, kept) = read(&bytes).unwrap_or_else(|e| panic!("{what}: {e:?}"));
        assert!(found == expected, "{what}");
        // What is kept is an ordinary file, whoever reads it.
        let (again, same) = read(&kept).unwrap();
        assert!(again == expected && same == kept, "{what}, kept");
        assert!(kept.ends_with(&[0xff, 0xd9]) && segment(&kept, 0xc4) > 0, "{what}, kept");
        assert!(!kept.windows(5).any(|w| w == b"stray" || w == b"TRAIL"), "{what}, kept");
    }
}

#[test]
fn a_jpeg_may_lack_a_hundredth_of_its_rows_but_not_a_fifth() {
    let noisy = RgbImage::from_fn(200, 400, |x, y| {
        Rgb([((x * 37) ^ (y * 91)) as u8, (x * 53 + y * 7) as u8, (x * y) as u8])
    });
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90).encode_image(&noisy).unwrap();
    let cut = |part: usize| &file[..file.len() - file.len() / part];
    assert_eq!(read(cut(100)).unwrap().0.dimensions(), (200, 400));
    assert!(why(cut(5)).contains("ends early"));
    assert!(why(&file[..300]).contains("ends before its picture"));
}

#[test]
fn a_png_may_lack_its_end_but_not_its_data() {
    let file = png();
    let (expected, bare) = read(&file).unwrap();
    for lost in [1, 4, 8, 12] {
        let (found, kept) = read(&file[..file.len() - lost]).unwrap();
        assert!(found == expected && kept == bare, "{lost} bytes lost");
    }
    for lost in [13, 20, 200] {
        assert!(why(&file[..file.len() - lost]).contains("ends early"), "{lost} bytes lost");
    }
    assert!(why(&file[..40]).contains("ends early") || why(&file[..40]).contains("before its picture"));
}

/// JPEGs of 16×16 pixels, left half red, right half blue, by libjpeg with the sampling that their names say.
const ODD: [(&str, &[u8]); 3] = [
    ("1x1,2x2,1x1", include_bytes!("golden/1x1_2x2_1x1.jpg")),
    ("3x1,1x1,1x1", include_bytes!("golden/3x1_1x1_1x1.jpg")),
    ("2x2,1x1,1x1 in three scans", include_bytes!("golden/three_scans.jpg")),
];

#[test]
fn odd_sampling_gives_the_same_picture_and_no_other() {
    for (what, bytes) in ODD {
        let header = inspect(bytes).unwrap();
        assert!(header.odd, "{what}");
        let (found, _) = read(bytes).unwrap_or_else(|e| panic!("{what}: {e:?}"));
        let near = |x: u32, expected: [i16; 3]| {
            let pixel = found.get_pixel(x, 8).0.map(i16::from);
            pixel.iter().zip(expected).all(|(a, b)| (a - b).abs() < 30)
        };
        assert!(
            near(2, [254, 0, 0]) && near(13, [0, 0, 254]),
            "{what}: {:?} {:?}",
            found.get_pixel(2, 8),
            found.get_pixel(13, 8)
        );
    }
}

#[test]
fn a_jpeg_above_the_limit_is_scaled_while_it_is_decoded() {
    let bytes = jpeg();
    let header = inspect(&bytes).unwrap();
    assert!(header.scalable);
    let small = pixels(&bytes, &header, &Bounds { side: 1_000, pixels: 1_000 }).unwrap().into_rgb8();
    assert_eq!(small.dimensions(), (31, 24));
    let (middle, expected) = (small.get_pixel(15, 12), picture());
    let expected = expected.get_pixel(30, 24);
    assert!(middle.0.iter().zip(expected.0).all(|(a, b)| a.abs_diff(b) < 8), "{middle:?} {expected:?}");
}

#[test]
fn other_kinds_are_read_whatever_they_are_called() {
    let expected = picture();
    for format in [image::ImageFormat::WebP, image::ImageFormat::Bmp, image::ImageFormat::Tiff] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::DynamicImage::from(expected.clone()).write_to(&mut bytes, format).unwrap();
        let bytes = bytes.into_inner();
        assert!(read(&bytes).unwrap().0 == expected, "{format:?}");
        assert!(why(&bytes[..bytes.len() / 2]).contains("damaged"), "{format:?}");
    }
}

/// A chunk of a PNG.
fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let typed = [&kind[..], body].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&typed);
    [&(body.len() as u32).to_be_bytes()[..], &typed, &crc.sum().to_be_bytes()].concat()
}

#[test]
fn a_file_that_says_twice_how_large_it_is_takes_no_memory() {
    let head = |width: u32, height: u32| {
        chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat())
    };
    let begin = b"\x89PNG\r\n\x1a\n";
    let data = [chunk(b"IDAT", &[]), chunk(b"IEND", &[])];
    // The decoder would take memory for the first size, and the walk look at the second.
    let twice =
        [&begin[..], &head(65_536, i32::MAX as u32), &data[0], &head(10, 10), &data[0], &data[1]].concat();
    assert!(why(&twice).contains("twice"));
    // A WebP has sizes in its long form and in its picture: that of the picture counts.
    let mut webp = b"RIFF\x2c\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0a\0\0\x0a\0\0VP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f".to_vec();
    assert_eq!(inspect(&webp).map(|header| (header.width, header.height)).unwrap(), (16_383, 16_383));
    // And no chunk is longer than the file.
    webp.extend(b"EXIF\xfe\xff\xff\xff");
    assert!(why(&webp).contains("damaged"));
}

#[test]
fn the_size_of_a_jpeg_inside_a_tiff_is_that_of_its_piece_at_most() {
    let mut inside = Vec::new();
    let large = image::GrayImage::new(600, 600);
    JpegEncoder::new_with_quality(&mut inside, 10).encode_image(&large).unwrap();
    let tiff = |side: u16| {
        let tags: [(u16, u16, u32); 8] = [
            (256, 3, side.into()),
            (257, 3, side.into()),
            (258, 3, 8),
            (259, 3, 7),
            (262, 3, 1),
            (273, 4, 8 + 2 + 8 * 12 + 4),
            (278, 3, side.into()),
            (279, 4, inside.len() as u32),
        ];
        let mut file = b"II*\0\x08\0\0\0\x08\0".to_vec();
        for (tag, kind, value) in tags {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        file.extend([0; 4]);
        [&file[..], &inside].concat()
    };
    assert!(inspect(&tiff(600)).is_ok());
    assert!(why(&tiff(100)).contains("TIFF"));
}

#[test]
fn only_what_a_decoder_needs_of_a_jpeg_is_kept() {
    let file = jpeg();
    let (_, bare) = read(&file).unwrap();
    let segment =
        |code: u8, body: &[u8]| [&[0xff, code][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat();
    for (code, body) in [
        (0xee, &b"Adobe\0d\0\0\0\0\0 and whose it is"[..]),
        (0xf0, b"reserved"),
        (0xfd, b"reserved"),
        (0x02, b"reserved"),
        (0xe2, b"ICC_PROFILE\0"),
        (0xfe, b"a comment"),
    ] {
        let with = [&file[..2], &segment(code, body), &file[2..]].concat();
        assert_eq!(read(&with).unwrap().1, bare, "{code:x}");
    }
    let scans = [&file[..file.len() - 2], &segment(0xda, &[0; 8]).repeat(200)[..], b"\xff\xd9"].concat();
    assert!(why(&scans).contains("too many scans"));
}

#[test]
fn what_is_not_read_is_named() {
    let file = jpeg();
    let frame = segment(&file, 0xc0);
    let with = |at: usize, value: u8| {
        let mut bytes = file.clone();
        bytes[at] = value;
        bytes
    };
    let twice = [&file[..frame], &file[frame..frame + 19], &file[frame..]].concat();
    let flat = |height: u8| {
        let mut bytes = file.clone();
        bytes[frame + 5..frame + 7].copy_from_slice(&[0, height]);
        bytes
    };
    let brands = |major: &[u8; 4], minor: &[u8; 4]| {
        [b"\0\0\0\x14ftyp", &major[..], b"\0\0\0\0", minor, b"rest"].concat()
    };
    for (bytes, word) in [
        (brands(b"heic", b"mif1"), "HEIC"),
        (brands(b"mif1", b"heic"), "HEIC"),
        (brands(b"avif", b"mif1"), "AVIF"),
        (brands(b"isom", b"mp42"), "film"),
        (b"\xff\x0a\xfa\x7f".to_vec(), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n".to_vec(), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n".to_vec(), "JPEG 2000"),
        (b"GIF89a".to_vec(), "GIF"),
        (b"%PDF-1.7".to_vec(), "PDF"),
        (b"<!DOCTYPE html>".to_vec(), "web page"),
        (b"<svg xmlns".to_vec(), "drawing"),
        (b"/9j/4AAQSkZJRg".to_vec(), "base64"),
        (b"{\"a\":1}".to_vec(), "JSON"),
        (b"hello".to_vec(), "no image"),
        (Vec::new(), "no bytes"),
        (with(frame + 1, 0xc9), "arithmetic"),
        (with(frame + 1, 0xc3), "lossless"),
        (with(frame + 1, 0xc5), "hierarchical"),
        (with(frame + 4, 12), "8 bits"),
        (flat(0), "how large"),
        (twice, "twice"),
    ] {
        let why = why(&bytes);
        assert!(why.contains(word), "{word}: {why}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_walk_panic_or_keep_what_is_not_there(
        start in prop::sample::select(vec![
            &b"\xff\xd8\xff"[..],
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"RIFF\x24\0\0\0WEBPVP8 ",
            b"BM",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08",
            b"\0\0\0\x14ftyp",
        ]),
        rest in prop::collection::vec(prop_oneof![Just(0xffu8), Just(0xda), Just(0xd9), Just(0), Just(2), any::<u8>()], 0..200),
    ) {
        let bytes = [start, &rest].concat();
        if let Ok(header) = inspect(&bytes) {
            let within = |part: &Part| match part {
                Part::Own(range) => range.end <= bytes.len(),
                Part::Missing(_) | Part::Made(_) => true,
            };
            prop_assert!(header.keep.iter().all(within));
        }
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_with_a_reason(
        png_instead in any::<bool>(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = if png_instead { png() } else { jpeg() };
        for (at, value) in hits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Err(rejection) = read(&bytes) {
            prop_assert!(rejection.reason.is_some());
        }
    }
}
