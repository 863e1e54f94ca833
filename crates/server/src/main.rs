//! `personhood`: the one binary.

mod cli;
mod config;
mod evaluate;
mod generate;
mod home;
mod kek;
mod memory;
mod platform;
mod progress;
mod serve;
mod telemetry;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
