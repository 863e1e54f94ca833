//! `personhood`: the one binary.

mod cli;
mod config;
mod evaluate;
mod generate;
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

fn main() -> ExitCode {
    cli::run()
}
