use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use proptest::prelude::*;

use super::*;
use crate::finger::chain::Limits;
use crate::finger::picture::decode;

const CANARY: &[u8] = b"CANARY John Doe 52.5200N 13.4050E";
const WSQ: &[u8] = include_bytes!("../wsq/golden/ridges.wsq");

fn picture() -> GrayImage {
    GrayImage::from_fn(70, 53, |x, y| Luma([(x * 7 + y * 3) as u8]))
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn pixels(bytes: &[u8], kind: Kind) -> Vec<u8> {
    decode(bytes, kind, &Limits::default()).unwrap_or_else(|e| panic!("{kind:?}: {e:?}")).pixels
}

fn has_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|w| w == CANARY)
}

fn insert(bytes: &[u8], at: usize, what: &[u8]) -> Vec<u8> {
    [&bytes[..at], what, &bytes[at..]].concat()
}

fn segment(code: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, code][..], &u16::try_from(body.len() + 2).unwrap().to_be_bytes(), body].concat()
}

/// A PNG chunk; decoders here check no sum of those that are cut.
fn chunk(kind: &[u8], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes(), kind, body, &[0; 4]].concat()
}

/// A TIFF with a description, a maker's tag of free bytes, a second directory, and something behind all that.
fn tiff(big: bool) -> Vec<u8> {
    let order = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let picture = picture();
    let (head, texts) = (8, u32::try_from(CANARY.len()).unwrap());
    let strips = head + 2 * texts;
    let half = 27 * 70;
    let directory = strips + 70 * 53;
    let mut file = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    file.extend(order(directory));
    file.extend([CANARY, CANARY].concat());
    file.extend(picture.as_raw());
    let entries: [(u16, u16, u32, u32); 11] = [
        (256, 4, 1, 70),
        (257, 4, 1, 53),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (270, 2, texts, head),
        (273, 4, 2, directory + 2 + 12 * 11 + 4),
        (277, 3, 1, 1),
        (278, 4, 1, 27),
        (279, 4, 2, directory + 2 + 12 * 11 + 12),
        (37_500, 7, texts, head + texts),
    ];
    file.extend(short(11));
    for (tag, kind, count, value) in entries {
        file.extend([short(tag), short(kind)].concat());
        file.extend(order(count));
        if kind == 3 {
            file.extend(short(u16::try_from(value).unwrap()));
            file.extend([0; 2]);
        } else {
            file.extend(order(value));
        }
    }
    file.extend(order(0));
    for number in [strips, strips + half, half, 70 * 53 - half] {
        file.extend(order(number));
    }
    file.extend(CANARY);
    file
}

/// The BMP with a later header that has a profile, with a gap before its pixels and something behind them.
fn bmp() -> Vec<u8> {
    let plain = encoded(ImageFormat::Bmp);
    let number = |at: usize| u32::from_le_bytes(plain[at..at + 4].try_into().unwrap()) as usize;
    let (header, offset) = (number(14), number(10));
    let mut file = plain[..14].to_vec();
    let mut long = plain[14..54].to_vec();
    long[..4].copy_from_slice(&124u32.to_le_bytes());
    // After the name of the colour space, which is written anew.
    long.resize(64, 0);
    long.extend(CANARY);
    long.resize(124, 7);
    file.extend(long);
    file.extend(&plain[14 + header..offset]);
    file.extend(CANARY);
    let at = u32::try_from(file.len()).unwrap();
    file[10..14].copy_from_slice(&at.to_le_bytes());
    file.extend(&plain[offset..]);
    file.extend(CANARY);
    file
}

fn with_canaries() -> Vec<(Kind, Vec<u8>)> {
    let png = encoded(ImageFormat::Png);
    let jpeg = encoded(ImageFormat::Jpeg);
    let exif = segment(0xe1, &[b"Exif\0\0", CANARY].concat());
    vec![
        (Kind::Png, insert(&png, 33, &chunk(b"tEXt", &[b"Comment\0", CANARY].concat()))),
        (Kind::Jpeg, insert(&jpeg, 2, &[exif, segment(0xfe, CANARY)].concat())),
        (Kind::Bmp, bmp()),
        (Kind::Tiff, tiff(false)),
        (Kind::Tiff, tiff(true)),
        (Kind::Wsq, insert(WSQ, 2, &segment(0xa8, CANARY))),
    ]
}

#[test]
fn no_format_keeps_a_text_and_every_pixel_stays() {
    let mut leaking = Vec::new();
    for (kind, file) in with_canaries() {
        assert_eq!(Kind::of(&file), Some(kind));
        let file = [&file[..], CANARY].concat();
        assert!(has_canary(&file));
        let cut = bare(file.clone(), kind).unwrap();
        if has_canary(&cut) {
            leaking.push(kind);
            continue;
        }
        assert_eq!(Kind::of(&cut), Some(kind));
        assert!(pixels(&cut, kind) == pixels(&file, kind), "{kind:?}");
        assert_eq!(bare(cut.clone(), kind).unwrap(), cut, "{kind:?}: cut once is cut for good");
    }
    assert_eq!(leaking, []);
}

#[test]
fn what_the_encoders_write_is_decoded_as_before() {
    let files = [
        (Kind::Png, encoded(ImageFormat::Png)),
        (Kind::Jpeg, encoded(ImageFormat::Jpeg)),
        (Kind::Bmp, encoded(ImageFormat::Bmp)),
        (Kind::Tiff, encoded(ImageFormat::Tiff)),
        (Kind::Wsq, WSQ.to_vec()),
    ];
    for (kind, file) in files {
        assert!(pixels(&bare(file.clone(), kind).unwrap(), kind) == pixels(&file, kind), "{kind:?}");
    }
    // The reference encoder of WSQ writes a comment of its own.
    assert!(bare(WSQ.to_vec(), Kind::Wsq).unwrap().len() < WSQ.len());
}

#[test]
fn pieces_of_a_tiff_that_share_their_bytes_do_not_make_it_grow() {
    let mut file = tiff(false);
    let counts = file.len() - CANARY.len() - 8;
    for at in [counts, counts + 4] {
        file[at..at + 4].copy_from_slice(&3_700u32.to_le_bytes());
    }
    assert!(bare(file, Kind::Tiff).is_err());
}

#[test]
fn a_bitmap_of_runs_ends_where_its_runs_end() {
    let plain = encoded(ImageFormat::Bmp);
    let offset = u32::from_le_bytes(plain[10..14].try_into().unwrap()) as usize;
    let mut file = plain[..offset].to_vec();
    file[14 + 4..14 + 8].copy_from_slice(&4u32.to_le_bytes());
    file[14 + 8..14 + 12].copy_from_slice(&2u32.to_le_bytes());
    file[14 + 16..14 + 20].copy_from_slice(&1u32.to_le_bytes());
    file.extend([4, 9, 0, 0, 0, 3, 1, 2, 3, 0, 1, 5, 0, 1]);
    let with = [&file[..], CANARY].concat();
    let cut = bare(with.clone(), Kind::Bmp).unwrap();
    assert!(!has_canary(&cut));
    assert_eq!(cut.len(), file.len());
    assert!(pixels(&cut, Kind::Bmp) == pixels(&with, Kind::Bmp));
}

proptest! {
    #[test]
    fn no_bytes_make_the_walk_panic_or_grow(which in 0..6usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), end in any::<prop::sample::Index>()) {
        let (kind, mut bytes) = with_canaries().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len() + 1));
        let length = bytes.len();
        if let Ok(cut) = bare(bytes, kind) {
            // A directory may need a few bytes more where numbers were short.
            prop_assert!(cut.len() <= length + 64 + length, "{} of {length}", cut.len());
        }
    }
}
