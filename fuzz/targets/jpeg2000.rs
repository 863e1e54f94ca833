//! Files and codestreams that begin as JPEG 2000 does.
#![no_main]

use engine::finger::Kind;
use libfuzzer_sys::fuzz_target;

#[path = "engine.rs"]
mod shared;

fuzz_target!(|bytes: &[u8]| {
    if Kind::of(bytes) == Some(Kind::Jpeg2000) {
        shared::extract(bytes);
    }
});
