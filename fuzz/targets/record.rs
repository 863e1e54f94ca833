//! Records of minutiae: whatever is read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minutiae::{MOST, record};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = record::read(bytes) {
        assert!(found.template.minutiae().len() <= MOST);
        let written = record::to_iso2005(&found.template, found.position, 50);
        let again = record::read(&written).expect("what was written can be read");
        assert_eq!((again.template, again.position), (found.template, found.position));
    }
});
