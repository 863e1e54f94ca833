//! `personhood evaluate`: needs neither store nor key.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use super::Outcome;
use crate::config::Config;
use crate::evaluate::{self, liveness};
use crate::serve;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compare pairs of images and all with all, laid out as LFW is
    Faces {
        /// Folder of folders: NAME/NAME_0001.jpg
        #[arg(long)]
        images: PathBuf,
        /// List of pairs, with or without folds
        #[arg(long)]
        pairs: PathBuf,
        /// Draw the DET curve into this SVG file
        #[arg(long)]
        plot: Option<PathBuf>,
        /// For machines
        #[arg(long)]
        json: bool,
    },
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
    let (faces, _) = serve::faces(config).ok_or("models are missing; run `personhood models pull`")?;
    match command {
        Command::Faces { images, pairs, plot, json } => {
            let evaluation = evaluate::faces::evaluate(&faces, &images, &pairs)?;
            plot.map(|file| evaluation.plot(&file)).transpose()?;
            print(&evaluation.report, json)
        }
        Command::Liveness { live, spoof, json } => {
            print(&liveness::evaluate(&faces, config.liveness_threshold(), &live, &spoof)?, json)
        }
    }
}

fn print(report: &impl Serialize, json: bool) -> Outcome {
    println!("{}", if json { serde_json::to_string(report)? } else { serde_json::to_string_pretty(report)? });
    Ok(true)
}
