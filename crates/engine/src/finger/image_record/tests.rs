use proptest::prelude::*;

use super::*;

/// What a record says of its one image; what is left out is that of most.
#[derive(Clone, Copy)]
pub(in crate::finger) struct Said<'a> {
    pub(in crate::finger) finger: u8,
    pub(in crate::finger) unit: u8,
    pub(in crate::finger) density: [u16; 2],
    pub(in crate::finger) bits: u8,
    pub(in crate::finger) compression: u8,
    pub(in crate::finger) size: [u16; 2],
    pub(in crate::finger) data: &'a [u8],
}

pub(in crate::finger) fn raw(data: &[u8], size: [u16; 2]) -> Said<'_> {
    Said { finger: 2, unit: 2, density: [197, 197], bits: 8, compression: 0, size, data }
}

fn big(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

/// Of 2005, or where `product` is not empty of ANSI 2004.
pub(in crate::finger) fn of_2005(product: &[u8], images: &[Said<'_>]) -> Vec<u8> {
    let mut record = b"FIR\x00010\0\0\0\0\0\0\0".to_vec();
    record.extend(product);
    let first = images.first().copied().unwrap_or_else(|| raw(b"", [1, 1]));
    record.extend([0x12, 0x34, 0, 31, images.len() as u8, first.unit]);
    record.extend(big(&[first.density, first.density].concat()));
    record.extend([first.bits, first.compression, 0, 0]);
    for image in images {
        record.extend(long(14 + image.data.len()));
        record.extend([image.finger, 1, 1, 90, 0]);
        record.extend(big(&image.size));
        record.push(0);
        record.extend(image.data);
    }
    let length = long(record.len());
    record[10..14].copy_from_slice(&length);
    record
}

/// Of 2011, with so many assessments of quality and, where it is certified, certificates.
pub(in crate::finger) fn of_2011(certificates: Option<u8>, images: &[Said<'_>]) -> Vec<u8> {
    let mut record = b"FIR\x00020\0\0\0\0\0".to_vec();
    record.extend(big(&[images.len() as u16]));
    record.extend([u8::from(certificates.is_some()), images.len() as u8]);
    for image in images {
        let mut part = [&[7, 0xea, 11, 30, 19, 0, 0, 0, 0, 0][..], b"\xca\xfe\xca\xfe"].concat();
        part.extend([2, 80, 0, 1, 0, 2, 81, 0, 3, 0, 4]);
        if let Some(count) = certificates {
            part.push(count);
            part.extend(vec![9; 3 * usize::from(count)]);
        }
        part.extend([image.finger, 0, image.unit]);
        part.extend(big(&[image.density, image.density].concat()));
        part.extend([image.bits, image.compression, 0]);
        part.extend(big(&image.size));
        part.extend(long(image.data.len()));
        part.extend(image.data);
        part.extend(b"\0\x03\0\x0bComment");
        record.extend(long(4 + part.len()));
        record.extend(part);
    }
    let length = long(record.len());
    record[8..12].copy_from_slice(&length);
    record
}

/// The same in every form there is.
fn every(images: &[Said<'_>]) -> [Vec<u8>; 5] {
    [
        of_2005(b"", images),
        of_2005(b"\0\x2f\0\x01", images),
        of_2011(None, images),
        of_2011(Some(0), images),
        of_2011(Some(2), images),
    ]
}

fn reason(bytes: &[u8]) -> &'static str {
    let rejection = read(bytes).unwrap_err();
    assert_eq!(rejection.code, RejectionCode::FingerprintUndecodable);
    rejection.reason.unwrap()
}

const PIXELS: &[u8] = &[9; 6 * 4];
const PNG: &[u8] = b"\x89PNG and so on";

#[test]
fn the_image_inside_is_found_with_what_is_said_of_it() {
    for record in every(&[raw(PIXELS, [6, 4])]) {
        let found = read(&record).unwrap();
        assert_eq!(found.image, Inside::Pixels { width: 6, height: 4, pixels: PIXELS });
        assert_eq!((found.position, found.density), (Position::from_number(2), Density::Dpi(500)));
    }
    // The codes of 2005 and of 2011, and what some write instead.
    for (data, kind) in [(PNG, Kind::Png), (b"\xff\xa0 and so on", Kind::Wsq), (b"\xff\xd8\xff", Kind::Jpeg)]
    {
        for compression in 0..=6 {
            for record in every(&[Said { compression, ..raw(data, [6, 4]) }]) {
                assert_eq!(read(&record).unwrap().image, Inside::File(data, kind), "{compression}");
            }
        }
    }
}

#[test]
fn resolutions_are_those_of_the_image_an_inch() {
    for (unit, density, found) in [
        (1, [500, 500], Density::Dpi(500)),
        (1, [1000, 1000], Density::Dpi(1000)),
        (2, [197, 197], Density::Dpi(500)),
        (2, [394, 394], Density::Dpi(1001)),
        (1, [500, 505], Density::Dpi(500)),
        (1, [500, 1000], Density::NotSquare),
        (1, [0, 0], Density::Unsaid),
        (1, [500, 0], Density::Unsaid),
        (1, [65_535, 65_535], Density::Dpi(65_535)),
        (2, [65_535, 65_535], Density::Dpi(166_459)),
    ] {
        for record in every(&[Said { unit, density, ..raw(PIXELS, [6, 4]) }]) {
            assert_eq!(read(&record).unwrap().density, found, "{unit} {density:?}");
        }
    }
    let record = of_2011(None, &[Said { unit: 0, ..raw(PIXELS, [6, 4]) }]);
    assert_eq!(read(&record).unwrap().density, Density::Unsaid);
}

#[test]
fn a_record_of_several_fingers_is_refused_and_one_of_several_views_is_not() {
    let of = |finger: u8| Said { finger, ..raw(PIXELS, [6, 4]) };
    let other = Said { data: &[8; 24], ..of(2) };
    for record in every(&[of(2), other]) {
        assert_eq!(read(&record).unwrap().image, Inside::Pixels { width: 6, height: 4, pixels: PIXELS });
    }
    for two in [[of(2), of(3)], [of(0), of(0)], [of(0), of(2)]] {
        for record in every(&two) {
            assert!(reason(&record).contains("several fingers"));
        }
    }
    for (number, expected) in [(13, "several"), (15, "several"), (40, "several"), (21, "palm"), (36, "palm")]
    {
        for record in every(&[of(number)]) {
            assert!(reason(&record).contains(expected), "{number}");
        }
    }
    for (number, unknown) in [(0, false), (10, false), (11, true), (255, true)] {
        for record in every(&[of(number)]) {
            let found = read(&record).unwrap();
            assert_eq!((found.position, found.unknown_finger), (Position::from_number(number), unknown));
        }
    }
    for record in every(&[]) {
        assert!(reason(&record).contains("no image"));
    }
}

#[test]
fn what_is_not_read_is_named() {
    let said = raw(PIXELS, [6, 4]);
    for (image, expected) in [
        (Said { bits: 16, ..said }, "8 bits"),
        (Said { bits: 1, compression: 1, ..said }, "8 bits"),
        (Said { size: [6, 5], ..said }, "as many bytes as pixels"),
        (Said { size: [0, 0], data: b"", ..said }, "as many bytes as pixels"),
        (Said { compression: 2, data: b"hello", ..said }, "must be WSQ"),
        (Said { compression: 2, data: b"FMR\0 20\0", ..said }, "no image"),
        (Said { compression: 2, data: &of_2011(None, &[said]), ..said }, "no image"),
    ] {
        for record in every(&[image]) {
            assert!(reason(&record).contains(expected), "{expected}: {}", reason(&record));
        }
    }
    assert!(reason(b"FIR\x00030\0\0\0\0\0").contains("19794-4"));
}

#[test]
fn lengths_add_up_and_padding_may_follow() {
    for record in every(&[raw(PIXELS, [6, 4])]) {
        let found = read(&record).unwrap();
        for padding in [&b"\0"[..], b"\r\n", &[0; 77]] {
            assert_eq!(read(&[&record[..], padding].concat()).as_ref(), Ok(&found));
        }
        assert!(reason(&[&record[..], b"x"].concat()).contains("lengths"));
        for end in 0..record.len() {
            assert!(reason(&record[..end]).contains("lengths"), "{end}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_give_what_is_not_there(
        which in 0..5usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = every(&[raw(PIXELS, [6, 4])])[which].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len() + 1));
        if let Ok(found) = read(&bytes) {
            let image = match found.image {
                Inside::File(file, _) => file,
                Inside::Pixels { width, height, pixels } => {
                    prop_assert_eq!(pixels.len(), usize::from(width) * usize::from(height));
                    pixels
                }
            };
            prop_assert!(bytes.as_ptr_range().contains(&image.as_ptr()));
        }
    }
}
