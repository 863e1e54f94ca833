//! `personhood migrate-store`: from a folder into a database, and back.

use std::path::Path;

use engine::models::{Progress, Quiet};
use serde_json::json;

use super::Outcome;
use crate::config::Config;
use crate::kek::Places;
use crate::progress::Bar;
use crate::transfer::{self, Moved};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where everything is: a data folder, or postgres://…; with a password as env:NAME or file:PATH, where the URL is
    #[arg(long, value_name = "PLACE")]
    from: String,
    /// Where it goes: an empty data folder, or postgres://… with an empty database; or env:NAME, or file:PATH
    #[arg(long, value_name = "PLACE")]
    to: String,
    /// For machines
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(config: &Config, args: Args) -> Outcome {
    let args = Args { from: transfer::named(&args.from)?, to: transfer::named(&args.to)?, ..args };
    let databases = [&args.from, &args.to].iter().all(|place| place.contains("://"));
    if databases && config.keeps_images_elsewhere() {
        return Err(
            "both databases would keep their images in the same place: move through a data folder".into()
        );
    }
    let from = transfer::open(config, &args.from, false).await?;
    let to = transfer::open(config, &args.to, true).await?;
    let bar = Bar::counting();
    let progress: &dyn Progress = if args.json { &Quiet } else { &bar };
    let Moved { content, differences } = transfer::run(&*from, &*to, progress).await?;
    if args.json {
        println!(
            "{}",
            json!({ "equal": differences.is_empty(), "differences": differences, "content": content })
        );
    } else {
        for (kind, sum) in &content.0 {
            let word = if differences.contains(kind) { "DIFFERENT" } else { "equal" };
            println!("{word:9} {:>10} {kind}", sum.count);
        }
        if differences.is_empty() && !args.to.contains("://") {
            let key = Places::of(Path::new(&args.to), Path::new("")).beside;
            println!(
                "The key goes with the data: put it at {}, mode 0400, or name it with PERSONHOOD_KEK_FILE.",
                key.display()
            );
        }
    }
    Ok(differences.is_empty())
}
