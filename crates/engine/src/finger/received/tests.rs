use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use proptest::prelude::*;

use super::*;
use crate::finger::chain::Limits;
use crate::finger::image_record::tests::{Said, of_2005, of_2011, raw};
use crate::finger::picture::decode;

const WSQ: &[u8] = include_bytes!("../wsq/golden/ridges.wsq");

fn picture() -> GrayImage {
    GrayImage::from_fn(60, 45, |x, y| Luma([(x * 7 + y * 3) as u8]))
}

fn file(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn pixels(kept: &Kept) -> Vec<u8> {
    decode(&kept.bytes, kept.kind, &Limits::default()).unwrap().pixels
}

#[test]
fn a_record_is_kept_as_its_image_alone() {
    let pixels_inside = picture().into_raw();
    let files = [
        (pixels_inside.clone(), Kind::Png),
        (file(ImageFormat::Png), Kind::Png),
        (file(ImageFormat::Jpeg), Kind::Jpeg),
        (file(ImageFormat::Bmp), Kind::Bmp),
        (WSQ.to_vec(), Kind::Wsq),
    ];
    for (data, kind) in files {
        let said = Said { finger: 8, unit: 1, density: [1000, 1000], ..raw(&data, [60, 45]) };
        for record in [of_2005(b"", &[said]), of_2005(b"ANSI", &[said]), of_2011(Some(1), &[said])] {
            let kept = received(record, Kind::ImageRecord, None).unwrap();
            assert_eq!((kept.kind, kept.dpi, kept.dpi_by), (kind, 1000, DpiBy::Sender));
            assert_eq!(kept.position, Position::from_number(8));
            if kind == Kind::Png || kind == Kind::Bmp {
                assert!(pixels(&kept) == pixels_inside);
            }
            // Neither device nor comment, and what is kept can be sent again.
            assert!(!kept.bytes.windows(4).any(|w| w == b"\xca\xfe\xca\xfe" || w == b"Comm"));
            assert_eq!(Kind::of(&kept.bytes), Some(kind));
            assert_eq!(received(kept.bytes.clone(), kind, Some(1000)).unwrap().bytes, kept.bytes);
        }
    }
}

#[test]
fn a_resolution_that_cannot_be_is_refused_unless_the_client_says_another() {
    let data = picture().into_raw();
    for (density, reason) in
        [([72, 72], "250 to 1,200"), ([2000, 2000], "250 to 1,200"), ([500, 1000], "across")]
    {
        let record = of_2011(None, &[Said { unit: 1, density, ..raw(&data, [60, 45]) }]);
        let refused = received(record.clone(), Kind::ImageRecord, None).unwrap_err();
        assert!(refused.reason.unwrap().contains(reason), "{refused:?}");
        let kept = received(record, Kind::ImageRecord, Some(500)).unwrap();
        assert_eq!((kept.dpi, kept.dpi_by), (500, DpiBy::Sender));
    }
    let unsaid = of_2011(None, &[Said { density: [0, 0], ..raw(&data, [60, 45]) }]);
    let kept = received(unsaid, Kind::ImageRecord, None).unwrap();
    assert_eq!((kept.dpi, kept.dpi_by), (500, DpiBy::Nobody));
}

#[test]
fn the_client_is_believed_before_the_record_and_the_record_before_the_file() {
    let file = resolution::tests::png(Some([39_370, 39_370]));
    let read = |bytes: &[u8], kind, dpi| {
        let kept = received(bytes.to_vec(), kind, dpi).unwrap();
        (kept.dpi, kept.dpi_by)
    };
    assert_eq!(read(&file, Kind::Png, None), (1000, DpiBy::File));
    assert_eq!(read(&file, Kind::Png, Some(600)), (600, DpiBy::Sender));
    let record = of_2011(None, &[Said { unit: 1, density: [508, 508], ..raw(&file, [8, 8]) }]);
    assert_eq!(read(&record, Kind::ImageRecord, None), (508, DpiBy::Sender));
    assert_eq!(read(&record, Kind::ImageRecord, Some(600)), (600, DpiBy::Sender));
    let silent = of_2011(None, &[Said { density: [0, 0], ..raw(&file, [8, 8]) }]);
    assert_eq!(read(&silent, Kind::ImageRecord, None), (1000, DpiBy::File));
}

#[test]
fn pixels_that_no_file_makes_smaller_are_refused_where_they_could_not_be_sent_again() {
    let mut noise = 1u32;
    let mut next = || {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise as u8
    };
    let data: Vec<u8> = (0..1_024 * 1_023).map(|_| next()).collect();
    let record = of_2005(b"", &[raw(&data, [1_024, 1_023])]);
    assert!(record.len() <= Kind::MAX_BYTES);
    match received(record, Kind::ImageRecord, None) {
        Ok(kept) => assert!(kept.bytes.len() <= Kind::MAX_BYTES),
        Err(refused) => assert_eq!(refused.code, RejectionCode::ImageTooLarge),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn pixels_come_out_of_every_record_as_they_went_in(
        width in 1..40u16,
        height in 1..40u16,
        seed in any::<u8>(),
        padding in 0..5usize,
    ) {
        let data: Vec<u8> = (0..usize::from(width) * usize::from(height)).map(|n| (n * 31) as u8 ^ seed).collect();
        for mut record in [of_2005(b"", &[raw(&data, [width, height])]), of_2011(None, &[raw(&data, [width, height])])] {
            record.resize(record.len() + padding, 0);
            let kept = received(record, Kind::ImageRecord, None).unwrap();
            prop_assert_eq!(pixels(&kept), data.clone());
        }
    }
}
