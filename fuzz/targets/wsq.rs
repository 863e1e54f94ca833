//! Files that begin as WSQ does.
#![no_main]

use engine::finger::Kind;
use libfuzzer_sys::fuzz_target;

#[path = "engine.rs"]
mod shared;

fuzz_target!(|bytes: &[u8]| {
    if Kind::of(bytes) == Some(Kind::Wsq) {
        shared::extract(bytes);
    }
});
