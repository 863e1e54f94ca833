//! The one piece of EXIF that matters: which way is up.

/// The orientation (1-8) in a TIFF structure, if it has a valid one in its first directory.
pub(super) fn of_tiff(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| -> Option<u16> {
        let pair = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let quad: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let directory =
        usize::try_from(if little { u32::from_le_bytes(quad) } else { u32::from_be_bytes(quad) }).ok()?;
    let entries = usize::from(u16_at(directory)?);
    (0..entries)
        .map(|i| directory + 2 + 12 * i)
        .take_while(|&at| at + 12 <= tiff.len())
        .find(|&at| u16_at(at) == Some(0x0112))
        .and_then(|at| u16_at(at + 8))
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| (1..=8).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_are_read() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0";
        assert_eq!(of_tiff(little), Some(6));
        assert_eq!(of_tiff(big), Some(8));
    }

    #[test]
    fn nonsense_is_no_orientation() {
        for bad in [
            &b""[..],
            b"II*\0",
            b"II*\0\xff\xff\xff\xff",
            b"MM\0*\0\0\0\x08\xff\xff",
            b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0",
        ] {
            assert_eq!(of_tiff(bad), None);
        }
    }
}
