//! `personhood evaluate`: needs neither store nor key.

use std::path::PathBuf;

use clap::Subcommand;

use super::Outcome;
use crate::config::Config;
use crate::evaluate::liveness;
use crate::serve;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Score live images and attacks
    Liveness {
        /// Folder of live images
        #[arg(long)]
        live: PathBuf,
        /// Folder of attacks
        #[arg(long)]
        spoof: PathBuf,
        /// For machines
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(config: &Config, command: Command) -> Outcome {
    let faces = serve::faces(config).ok_or("models are missing; run `personhood models pull`")?;
    match command {
        Command::Liveness { live, spoof, json } => {
            let report = liveness::evaluate(&faces, config.liveness_threshold(), &live, &spoof)?;
            let text =
                if json { serde_json::to_string(&report)? } else { serde_json::to_string_pretty(&report)? };
            println!("{text}");
            Ok(true)
        }
    }
}
