//! Image files of faces: what is kept of one can be read, and shows what was judged.
#![no_main]

use engine::face::ImageLimits;
use engine::face::decode::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = ImageLimits {
        bytes: 64 << 20,
        side: 4_000,
        pixels: 1_000_000,
        scaled_pixels: 4_000_000,
        work: 20_000_000,
    };
    match decode(data, &limits) {
        Ok(first) => {
            let again = decode(&first.stored, &limits).expect("what is kept can be read");
            assert!(first.pictures.contains(&again.pictures[0]), "what is kept shows another picture");
        }
        Err(rejection) => assert!(rejection.reason.is_some() || rejection.measure.is_some()),
    }
});
