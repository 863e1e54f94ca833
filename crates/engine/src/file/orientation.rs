//! The one piece of EXIF that matters: which way is up.

const BYTE: u16 = 1;
const LONG: u16 = 4;
const UNDEFINED: u16 = 7;
const SIGNED_LONG: u16 = 9;

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
        .and_then(|at| match u16_at(at + 2)? {
            // The standard says a short number. Some cameras and programs write a long one or a byte.
            LONG | SIGNED_LONG if little => u16_at(at + 8),
            LONG | SIGNED_LONG => u16_at(at + 10),
            BYTE | UNDEFINED => tiff.get(at + 8).copied().map(u16::from),
            _ => u16_at(at + 8),
        })
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
    fn the_number_may_be_a_byte_a_short_or_a_long_in_either_order() {
        for kind in [1u16, 3, 4, 7, 9] {
            for little in [true, false] {
                let u16 = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
                let u32 = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
                let value = match kind {
                    1 | 7 => vec![6, 0, 0, 0],
                    3 => [u16(6), [0, 0]].concat(),
                    _ => u32(6).to_vec(),
                };
                let magic = if little { &b"II*\0"[..] } else { b"MM\0*" };
                let parts: [&[u8]; 7] = [magic, &u32(8), &u16(1), &u16(0x0112), &u16(kind), &u32(1), &value];
                assert_eq!(of_tiff(&parts.concat()), Some(6), "kind {kind}, little {little}");
            }
        }
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
