//! Records around images of fingers: as they come, and made around whatever comes.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "engine.rs"]
mod shared;

/// A record of ISO/IEC 19794-4:2011 or 2005 around an image; the first bytes are what is said of it.
fn around(said: &[u8; 12], data: &[u8]) -> Vec<u8> {
    let [form, finger, unit, bits, compression, width @ .., density_high, density_low, _, _, _] = said;
    let density = [*density_high, *density_low].repeat(4);
    let size = [0, width[0], 0, width[1]];
    let long = |length: usize| (length as u32).to_be_bytes();
    let mut record;
    if form % 2 == 0 {
        record = b"FIR\x00020\0\0\0\0\0\0\x01\0\x01".to_vec();
        record.extend(long(45 - 4 + data.len()));
        record.extend([0; 15]);
        record.extend([*finger, 0, *unit]);
        record.extend(density);
        record.extend([*bits, *compression, 0]);
        record.extend(size);
        record.extend(long(data.len()));
        record.extend(data);
        let length = long(record.len());
        record[8..12].copy_from_slice(&length);
    } else {
        record = b"FIR\x00010\0\0\0\0\0\0\0".to_vec();
        record.extend(vec![0; if form % 4 == 1 { 4 } else { 8 }]);
        record.extend([1, *unit]);
        record.extend(density);
        record.extend([*bits, *compression, 0, 0]);
        record.extend(long(14 + data.len()));
        record.extend([*finger, 1, 1, 0, 0]);
        record.extend(size);
        record.push(0);
        record.extend(data);
        let length = long(record.len());
        record[10..14].copy_from_slice(&length);
    }
    record
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"FIR\0") {
        shared::extract(bytes);
    } else if let Some((said, data)) = bytes.split_first_chunk() {
        shared::extract(&around(said, data));
    }
});
