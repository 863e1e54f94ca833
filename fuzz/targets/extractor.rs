//! Anything a client may send as a fingerprint, read by the built-in program.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "engine.rs"]
mod shared;

fuzz_target!(|bytes: &[u8]| shared::extract(bytes));
