use proptest::prelude::*;

use super::*;
use crate::template::{Kind, Minutia};

fn minutia(x: u16, y: u16, angle: u8) -> Minutia {
    Minutia { x, y, angle, kind: Kind::Ending, quality: 80 }
}

fn written() -> Vec<u8> {
    let template =
        Template::new((0..12).map(|i| minutia(20 + 17 * i, 300 - 11 * i, (i * 21) as u8)).collect());
    to_iso2005(&template, Position::from_number(7), 60)
}

/// The same impression as ANSI 378-2004 writes it; its angles are multiples of two degrees.
fn ansi(steps: u8) -> Vec<u8> {
    let mut bytes = b"FMR\0 20\0\0\0\0\0\0\0\0\0".to_vec();
    for number in [500u16, 550, 197, 197] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(&[1, 0, 2, 0, 50, 1]);
    bytes.extend_from_slice(&[0x40, 100, 0, 50, steps, 33, 0, 0]);
    let length = u16::try_from(bytes.len()).unwrap();
    bytes[8..10].copy_from_slice(&length.to_be_bytes());
    // Two bytes of length and not four: product and device follow at once.
    bytes
}

/// One impression as ISO 2011 writes it, with or without a quality a minutia.
fn iso2011(with_quality: bool) -> Vec<u8> {
    let mut part = vec![0xff; 9];
    part.extend_from_slice(&[0, 0, 0, 0, 0]);
    part.extend_from_slice(&[1, 40, 0, 0, 0, 0]);
    part.extend_from_slice(&[3, 0, 0, 197, 0, 197, 0, 1, 0xf4, 2, 0x26]);
    part.push(if with_quality { 0x60 } else { 0x50 });
    part.extend_from_slice(&[1, 0x80, 100, 0, 50, 64]);
    part.extend(with_quality.then_some(77));
    part.extend_from_slice(&[0, 0]);
    let length = u32::try_from(part.len() + 4).unwrap();
    let mut bytes = b"FMR\x00030\0".to_vec();
    bytes.extend_from_slice(&(15 + length).to_be_bytes());
    bytes.extend_from_slice(&[0, 1, 0]);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend(part);
    bytes
}

/// One impression as ANSI 378-2009 writes it.
fn ansi2009(version: &[u8; 4]) -> Vec<u8> {
    let mut bytes = [b"FMR\0", &version[..], &[0, 0, 0, 0, 1, 7, 2, 3, 0x80, 4, 5, 1, 0]].concat();
    bytes.extend_from_slice(&[8, 0, 0, 60, 1, 1, 2, 2, 1, 0xf4, 2, 0x26, 0, 197, 0, 197]);
    bytes.extend_from_slice(&[1, 0x40, 100, 0, 50, 45, 33, 0, 0]);
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// One record of each kind.
fn all() -> [Vec<u8>; 6] {
    [written(), ansi(45), iso2011(true), iso2011(false), ansi2009(b"030\0"), ansi2009(b"035\0")]
}

#[test]
fn what_is_written_is_read_again() {
    let record = read(&written()).unwrap();
    assert_eq!(record.template.minutiae().len(), 12);
    assert_eq!(record.position, Position::from_number(7));
    assert_eq!(to_iso2005(&record.template, record.position, 60), written());
}

#[test]
fn the_three_standards_say_the_same_in_their_own_units() {
    let record = read(&ansi(45)).unwrap();
    assert_eq!(record.standard, "ANSI INCITS 378-2004");
    assert_eq!(
        record.template.minutiae()[0],
        Minutia { x: 100, y: 50, angle: 64, kind: Kind::Ending, quality: 33 }
    );
    for (with_quality, quality) in [(true, 77), (false, 0)] {
        let record = read(&iso2011(with_quality)).unwrap();
        assert_eq!(record.standard, "ISO/IEC 19794-2:2011");
        assert_eq!(record.position, Position::from_number(3));
        let minutia = Minutia { x: 100, y: 50, angle: 64, kind: Kind::Bifurcation, quality };
        assert_eq!(record.template.minutiae()[0], minutia);
    }
    for version in [b"030\0", b"035\0"] {
        let record = read(&ansi2009(version)).unwrap();
        assert_eq!(record.standard, "ANSI INCITS 378-2009");
        assert_eq!(record.position, Position::from_number(8));
        let minutia = Minutia { x: 100, y: 50, angle: 64, kind: Kind::Ending, quality: 33 };
        assert_eq!(record.template.minutiae(), [minutia]);
    }
}

#[test]
fn padding_behind_a_record_changes_nothing_whether_its_length_counts_it_or_not() {
    for record in all() {
        let plain = read(&record).unwrap();
        for padding in [&b"\0"[..], b"\r\n", b"\n", b"   ", &[0; 178]] {
            let mut padded = [&record[..], padding].concat();
            assert_eq!(read(&padded).as_ref(), Ok(&plain), "{} {padding:?}", plain.standard);
            let length = u32::try_from(padded.len()).unwrap().to_be_bytes();
            if plain.standard == "ANSI INCITS 378-2004" {
                padded[8..10].copy_from_slice(&length[2..]);
            } else {
                padded[8..12].copy_from_slice(&length);
            }
            assert_eq!(read(&padded).as_ref(), Ok(&plain), "{} {padding:?}, counted", plain.standard);
        }
        assert_eq!(read(&[&record[..], b"x"].concat()), Err(BadRecord::Length), "{}", plain.standard);
        assert!(read(&record[..record.len() - 1]).is_err(), "{}", plain.standard);
    }
}

/// The record of twelve with bytes of its third minutia changed.
fn third(change: impl Fn(&mut [u8])) -> Record {
    let mut bytes = written();
    change(&mut bytes[28 + 2 * 6..28 + 3 * 6]);
    read(&bytes).unwrap()
}

#[test]
fn a_minutia_that_cannot_be_is_left_out_and_told() {
    let [width, height] = [208u16, 301];
    let at = |m: &mut [u8], x: u16, y: u16| {
        m[..2].copy_from_slice(&(0x4000 | x).to_be_bytes());
        m[2..4].copy_from_slice(&y.to_be_bytes());
    };
    assert_eq!(written()[14..18], [width.to_be_bytes(), height.to_be_bytes()].concat());
    for (x, y, left_out) in
        [(width, 9, 1), (9, height, 1), (0x3fff, 0x3fff, 1), (width - 1, height - 1, 0), (0, 0, 0)]
    {
        let record = third(|m| at(m, x, y));
        assert_eq!(record.notes, Notes { left_out, ..Notes::default() }, "{x} {y}");
        assert_eq!(record.template.minutiae().len(), 12 - usize::from(left_out), "{x} {y}");
    }
    // A direction of 360 degrees or more, among three.
    let mut bytes = ansi(45);
    let minutia = bytes[30..36].to_vec();
    for (x, steps) in [(150, 180), (200, 0)] {
        let mut more = minutia.clone();
        (more[1], more[4]) = (x, steps);
        bytes.splice(36..36, more);
        bytes[29] += 1;
    }
    let length = u16::try_from(bytes.len()).unwrap();
    bytes[8..10].copy_from_slice(&length.to_be_bytes());
    let record = read(&bytes).unwrap();
    assert_eq!((record.notes.left_out, record.template.minutiae().len()), (1, 2));
}

#[test]
fn a_minutia_of_no_kind_is_kept_as_any_and_told() {
    let record = third(|m| m[0] |= 0xc0);
    assert_eq!(record.notes, Notes { of_no_kind: 1, ..Notes::default() });
    assert_eq!(record.template.minutiae().len(), 12);
    assert_eq!(record.template.minutiae().iter().filter(|m| m.kind == Kind::Other).count(), 1);
    // The two bits before y mean nothing.
    assert_eq!(third(|m| m[2] |= 0xc0), read(&written()).unwrap());
}

#[test]
fn a_number_that_is_no_fingers_is_not_known_and_told() {
    for (number, unknown_finger) in [(0, false), (1, false), (10, false), (11, true), (255, true)] {
        let mut bytes = written();
        bytes[24] = number;
        let record = read(&bytes).unwrap();
        assert_eq!(record.notes, Notes { unknown_finger, ..Notes::default() }, "{number}");
        assert_eq!(record.position, Position::from_number(number));
    }
}

#[test]
fn a_record_that_does_not_add_up_is_refused_for_its_reason() {
    let change = |at: usize, byte: u8| {
        let mut bytes = written();
        bytes[at] = byte;
        read(&bytes)
    };
    assert_eq!(read(b"FMR\0 20\0\0\0\0"), Err(BadRecord::Length));
    assert_eq!(read(b"hello"), Err(BadRecord::Unknown));
    assert_eq!(change(4, b'9'), Err(BadRecord::Unknown));
    assert_eq!(change(11, 1), Err(BadRecord::Length));
    assert_eq!(change(15, 5), Err(BadRecord::Minutia), "the image is narrower than its minutiae");
    assert_eq!(change(19, 10), Err(BadRecord::Resolution));
    assert_eq!(change(22, 0), Err(BadRecord::Length), "no impression, and bytes that follow");
    assert_eq!(change(27, 13), Err(BadRecord::Length));
    assert_eq!(read(&ansi(180)), Err(BadRecord::Minutia));
    let mut zero = written();
    zero[14..18].fill(0);
    assert_eq!(read(&zero), Err(BadRecord::Size));
    assert_eq!(read(&[&written()[..], b"\0\0x"].concat()), Err(BadRecord::Length));
    for (bytes, at) in [(iso2011(true), 18), (ansi2009(b"030\0"), 37)] {
        let mut wrong = bytes;
        wrong[at] ^= 0x41;
        assert!(read(&wrong).is_err(), "{at}");
    }
}

#[test]
fn another_resolution_is_brought_to_500_dpi() {
    let mut bytes = written();
    // 394 pixels per centimetre are 1,000 dpi.
    for at in [18, 20] {
        bytes[at..at + 2].copy_from_slice(&394u16.to_be_bytes());
    }
    let (half, whole) = (read(&bytes).unwrap().template, read(&written()).unwrap().template);
    for (half, whole) in half.minutiae().iter().zip(whole.minutiae()) {
        assert!((2 * half.x).abs_diff(whole.x) <= 1 && (2 * half.y).abs_diff(whole.y) <= 1);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        version in prop::sample::select(vec![&b" 20\0"[..], b"030\0", b"035\0"]),
        rest in prop::collection::vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..300),
        length in any::<bool>(),
    ) {
        let mut bytes = [b"FMR\0", version, &rest].concat();
        if length && bytes.len() >= 12 {
            let length = u32::try_from(bytes.len()).unwrap();
            bytes[8..12].copy_from_slice(&length.to_be_bytes());
        }
        if let Ok(record) = read(&bytes) {
            prop_assert!(record.template.minutiae().len() <= crate::MOST);
        }
    }

    #[test]
    fn a_changed_record_is_read_or_refused_and_what_is_left_out_is_counted(
        which in 0..6usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        padding in 0..9usize,
    ) {
        let mut bytes = all()[which].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.resize(bytes.len() + padding, 0);
        if let Ok(record) = read(&bytes) {
            prop_assert!(usize::from(record.notes.left_out) <= 12);
            let again = read(&to_iso2005(&record.template, record.position, 50)).unwrap();
            prop_assert_eq!((again.template, again.notes), (record.template, Notes::default()));
        }
    }
}
