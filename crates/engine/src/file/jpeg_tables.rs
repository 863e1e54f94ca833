//! The tables that JPEG images inside a TIFF share: a JPEG file without a picture.

/// The tables alone.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.get(..2)? != [0xff, 0xd8] {
        return None;
    }
    let (mut kept, mut at) = (vec![0xff, 0xd8], 2);
    loop {
        let &[mark, code] = bytes.get(at..at + 2)? else { return None };
        if mark != 0xff {
            return None;
        }
        if code == 0xd9 {
            kept.extend_from_slice(&[mark, code]);
            return Some(kept);
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        let segment = bytes.get(at..at + 2 + length).filter(|_| length >= 2)?;
        // Quantisers, Huffman codes, restart intervals.
        if matches!(code, 0xc4 | 0xdb | 0xdd) {
            kept.extend_from_slice(segment);
        }
        at += segment.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_jpeg_images_inside_a_tiff_keep_no_comment() {
        let quantiser = [&[0xff, 0xdb, 0, 67][..], &[0; 65]].concat();
        let tables = [&[0xff, 0xd8][..], &quantiser, b"\xff\xfe\0\x08CANARY", &[0xff, 0xd9]].concat();
        assert_eq!(bare(&tables), Some([&[0xff, 0xd8][..], &quantiser, &[0xff, 0xd9]].concat()));
    }
}
