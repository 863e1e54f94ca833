//! `personhood evaluate`: needs neither store nor key.

use std::path::PathBuf;

use clap::{Subcommand, value_parser};
use engine::finger::{LEAST_DPI, MOST_DPI, USUAL_DPI};
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
        /// Instead: what comes of pictures that are turned, squeezed, inverted, exposed, compressed, blurred or covered
        #[arg(long)]
        perturb: bool,
        /// With `--perturb`: most people
        #[arg(long, default_value_t = usize::MAX, hide_default_value = true, requires = "perturb")]
        people: usize,
        /// Draw the DET curve, or with `--perturb` what becomes of each kind, into this SVG file
        #[arg(long)]
        plot: Option<PathBuf>,
        /// For machines
        #[arg(long)]
        json: bool,
    },
    /// Compare impressions of fingers, laid out as those of FVC are: FINGER_IMPRESSION.ext
    Fingerprints {
        /// Folders of impressions, or one of such folders; fingers of different folders are not compared
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Resolution of the images
        #[arg(long, default_value_t = USUAL_DPI, value_parser = value_parser!(u16).range(i64::from(LEAST_DPI)..=i64::from(MOST_DPI)))]
        dpi: u16,
        /// Find minutiae with the built-in program even where the network is installed
        #[arg(long)]
        built_in: bool,
        /// Draw the DET curve into this SVG file
        #[arg(long)]
        plot: Option<PathBuf>,
        /// Write every template into this folder, as a record of ISO/IEC 19794-2
        #[arg(long)]
        templates: Option<PathBuf>,
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
    let faces = || serve::faces(config).ok_or("models are missing; run `personhood models pull`");
    match command {
        Command::Faces { images, pairs, perturb: true, people, plot, json } => {
            let report = evaluate::faces::perturb::evaluate(&faces()?.0, &images, &pairs, people)?;
            plot.map(|file| report.plot(&file)).transpose()?;
            print(&report, json)
        }
        Command::Faces { images, pairs, plot, json, .. } => {
            let evaluation = evaluate::faces::evaluate(&faces()?.0, &images, &pairs)?;
            plot.map(|file| evaluation.plot(&file)).transpose()?;
            print(&evaluation.report, json)
        }
        Command::Fingerprints { folders, dpi, built_in, plot, templates, json } => {
            let fingers = serve::fingers(config, built_in)?;
            let evaluation = evaluate::fingerprints::evaluate(&fingers, &folders, dpi)?;
            plot.map(|file| evaluation.plot(&file)).transpose()?;
            templates.map(|folder| evaluation.write_templates(&folder)).transpose()?;
            print(&evaluation.report, json)
        }
        Command::Liveness { live, spoof, json } => {
            print(&liveness::evaluate(&faces()?.0, config.liveness_threshold(), &live, &spoof)?, json)
        }
    }
}

fn print(report: &impl Serialize, json: bool) -> Outcome {
    println!("{}", if json { serde_json::to_string(report)? } else { serde_json::to_string_pretty(report)? });
    Ok(true)
}
