use proptest::prelude::*;

use super::*;

const IMAGE: &[u8] = b"\xff\xd8\xff the image \xff\xd9";

fn with_length(mut record: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(record.len()).unwrap();
    record[8..12].copy_from_slice(&length.to_be_bytes());
    record
}

fn block(content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&u32::try_from(content.len() + 4).unwrap().to_be_bytes()[..], &content].concat()
}

/// A record of 2005 with so many points of the face, and these images.
fn of_2005(points: u8, images: &[&[u8]]) -> Vec<u8> {
    let mut record = b"FAC\x00010\0\0\0\0\0".to_vec();
    record.extend(u16::try_from(images.len()).unwrap().to_be_bytes());
    for image in images {
        let places = vec![7; POINT * usize::from(points)];
        record.extend(block(&[
            &[0, points],
            &[1; 14],
            &places,
            &[1, 0, 1, 0, 1, 0, 1, 2, 0, 0, 0, 0],
            image,
        ]));
    }
    with_length(record)
}

/// The same of 2011, with so many assessments of quality, and something behind the image.
fn of_2011(points: u8, qualities: u8, images: &[&[u8]]) -> Vec<u8> {
    let mut record = b"FAC\x00030\0\0\0\0\0".to_vec();
    record.extend(u16::try_from(images.len()).unwrap().to_be_bytes());
    record.extend([0, 0, 0]);
    for image in images {
        let scores = vec![50; 5 * usize::from(qualities)];
        let places = vec![7; POINT * usize::from(points)];
        let length = u32::try_from(image.len()).unwrap().to_be_bytes();
        let parts: [&[u8]; 9] = [
            &[9; 14],
            &[qualities],
            &scores,
            &[0, points],
            &[1; 15],
            &places,
            &[1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1],
            &length,
            image,
        ];
        record.extend(block(&[&parts.concat(), b"3D"]));
    }
    with_length(record)
}

fn reason(bytes: &[u8]) -> &'static str {
    let rejection = inside(bytes).unwrap_err();
    assert_eq!(rejection.code, RejectionCode::ImageUndecodable);
    rejection.reason.unwrap()
}

#[test]
fn the_one_image_inside_is_taken_and_nothing_else() {
    for points in [0, 1, 40] {
        assert_eq!(inside(&of_2005(points, &[IMAGE])), Ok(IMAGE));
        for qualities in [0, 2] {
            assert_eq!(inside(&of_2011(points, qualities, &[IMAGE])), Ok(IMAGE));
        }
    }
    for padding in [&b"\0"[..], b"\r\n", &[0; 99]] {
        let padded = [&of_2011(0, 0, &[IMAGE])[..], padding].concat();
        assert_eq!(inside(&padded), Ok(IMAGE));
        assert_eq!(inside(&with_length(padded)), Ok(IMAGE));
        assert_eq!(inside(&[&of_2005(3, &[IMAGE])[..], padding].concat()), Ok(IMAGE));
    }
    assert_eq!(inside(IMAGE), Ok(IMAGE), "what is no record stays as it is");
}

#[test]
fn a_record_that_has_not_one_readable_image_is_refused_for_its_reason() {
    for record in [of_2005(0, &[]), of_2011(0, 0, &[]), of_2005(0, &[b""]), of_2011(0, 0, &[b""])] {
        assert!(reason(&record).contains("no image"));
    }
    for record in [of_2005(0, &[IMAGE, IMAGE]), of_2011(0, 0, &[IMAGE, IMAGE])] {
        assert!(reason(&record).contains("several images"));
    }
    for jpeg2000 in [&b"\0\0\0\x0cjP  \r\n\x87\n\0\0"[..], b"\xff\x4f\xff\x51\0"] {
        for record in [of_2005(2, &[jpeg2000]), of_2011(2, 1, &[jpeg2000])] {
            assert!(reason(&record).contains("JPEG 2000"));
        }
    }
    assert!(reason(&of_2005(0, &[&of_2005(0, &[IMAGE])])).contains("no image"), "no record in a record");
    assert!(reason(b"FAC\x00040\0\0\0\0\0").contains("19794-5"));
    for whole in [of_2005(3, &[IMAGE]), of_2011(3, 1, &[IMAGE])] {
        for end in 4..whole.len() {
            assert!(reason(&whole[..end]).contains("lengths"), "{end}");
        }
        assert!(reason(&[&whole[..], b"x"].concat()).contains("lengths"));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_give_what_is_not_there(
        which in 0..2usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = [of_2005(2, &[IMAGE]), of_2011(2, 1, &[IMAGE])][which].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len() + 1));
        if let Ok(image) = inside(&bytes) {
            prop_assert!(bytes.as_ptr_range().contains(&image.as_ptr()) || image.is_empty());
        }
    }
}
