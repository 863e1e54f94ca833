use proptest::prelude::*;

use super::*;

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
    assert_eq!(change(24, 11), Err(BadRecord::Position));
    assert_eq!(change(27, 13), Err(BadRecord::Length));
    assert_eq!(read(&ansi(180)), Err(BadRecord::Minutia));
    let mut zero = written();
    zero[14..18].fill(0);
    assert_eq!(read(&zero), Err(BadRecord::Size));
    let mut more = written();
    more.push(0);
    assert_eq!(read(&more), Err(BadRecord::Length));
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
        version in prop::sample::select(vec![&b" 20\0"[..], b"030\0"]),
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
}
