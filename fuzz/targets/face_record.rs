//! Records around images of faces: as they come, and made around whatever comes.
#![no_main]

use engine::face::ImageLimits;
use engine::face::decode::decode;
use libfuzzer_sys::fuzz_target;

/// A record of ISO/IEC 19794-5:2011 or 2005 around an image.
fn around(form: u8, data: &[u8]) -> Vec<u8> {
    let long = |length: usize| (length as u32).to_be_bytes();
    let mut record;
    if form % 2 == 0 {
        record = b"FAC\x00030\0\0\0\0\0\0\x01\0\0\0".to_vec();
        record.extend(long(4 + 15 + 17 + 11 + 4 + data.len()));
        record.extend([0; 15 + 17 + 11]);
        record.extend(long(data.len()));
    } else {
        record = b"FAC\x00010\0\0\0\0\0\0\x01".to_vec();
        record.extend(long(4 + 16 + 12 + data.len()));
        record.extend([0; 16 + 12]);
    }
    record.extend(data);
    let length = long(record.len());
    record[8..12].copy_from_slice(&length);
    record
}

fuzz_target!(|bytes: &[u8]| {
    let limits = ImageLimits { bytes: 1 << 20, side: 512, pixels: 40_000, scaled_pixels: 40_000, work: 400_000 };
    let (record, data) = match bytes.split_first() {
        Some(_) if bytes.starts_with(b"FAC\0") => (bytes.to_vec(), None),
        Some((form, data)) => (around(*form, data), Some(data)),
        None => return,
    };
    let found = decode(&record, &limits);
    // In a record or by itself, an image is the same.
    if let Some(data) = data.filter(|data| !data.starts_with(b"FAC\0")) {
        let plain = decode(data, &limits);
        assert_eq!(found.as_ref().ok().map(|d| &d.stored), plain.as_ref().ok().map(|d| &d.stored));
    }
});
