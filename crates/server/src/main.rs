//! `personhood`: the one binary.

mod cli;
mod config;
mod environment;
mod evaluate;
mod exposure;
mod generate;
mod hardening;
mod home;
mod kek;
mod platform;
mod progress;
mod serve;
mod telemetry;
mod transfer;

use std::process::ExitCode;

/// Requests allocate on one thread and free on another all the time, which glibc's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(unsafe_code, reason = "secrets leave the environment before anybody else could read it")]
fn main() -> ExitCode {
    hardening::no_dumps();
    // SAFETY: this is the only thread so far.
    unsafe { environment::take_secrets() };
    cli::run()
}
