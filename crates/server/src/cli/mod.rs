//! The command line.

mod doctor;
mod evaluate;
mod migrate_store;
mod models;
mod tenant;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use toml::{Table, Value};

use crate::config::{self, Config};
use crate::{generate, serve, telemetry};

/// What a command comes to: done, the answer is no, or wrong use or a fault.
pub(crate) type Outcome = Result<bool, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
#[command(
    name = "personhood",
    version,
    about = "Keeps persons, and tells whether a face is alive and whether it is this person"
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct Common {
    /// Folder of the store
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// PostgreSQL instead of the folder; with a password only as PERSONHOOD_DATABASE_URL or in a file
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// File with that URL
    #[arg(long, global = true, value_name = "FILE")]
    database_url_file: Option<PathBuf>,
    /// File of settings
    #[arg(long, global = true, value_name = "FILE", env = "PERSONHOOD_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the models
    #[arg(long, global = true, value_name = "DIR")]
    models_dir: Option<PathBuf>,
    /// Form of the log: text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (the default)
    Serve(ServeArgs),
    /// Make, list and revoke tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Make and list tenants
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// Fetch, list, check and install models
    #[command(subcommand)]
    Models(models::Command),
    /// Measure accuracy on your own data
    #[command(subcommand)]
    Evaluate(evaluate::Command),
    /// Check the installation
    Doctor(doctor::Args),
    /// Move everything from one store to another, and compare the two
    MigrateStore(migrate_store::Args),
    /// Print the OpenAPI document
    Openapi,
    /// Write the repository's generated files
    #[command(hide = true)]
    Generate {
        /// Root of the repository
        root: PathBuf,
    },
}

#[derive(Args, Default)]
struct ServeArgs {
    /// Address of the API; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Address of /metrics; off without it
    #[arg(long, value_name = "ADDR")]
    metrics_listen: Option<String>,
    /// Print no first token
    #[arg(long)]
    no_first_token: bool,
}

fn flags(common: &Common, serve: &ServeArgs) -> Table {
    let path = |p: &Option<PathBuf>| p.as_ref().map(|p| p.to_string_lossy().into_owned());
    let texts = [
        ("data", path(&common.data)),
        ("database_url", common.database_url.clone()),
        ("database_url_file", path(&common.database_url_file)),
        ("models_dir", path(&common.models_dir)),
        ("log_format", common.log_format.clone()),
        ("listen", serve.listen.clone()),
        ("metrics_listen", serve.metrics_listen.clone()),
    ];
    let mut table: Table =
        texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?)))).collect();
    if serve.no_first_token {
        table.insert("first_token".into(), Value::Boolean(false));
    }
    table
}

/// Runs the command line of this process.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    match start(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("personhood: {error}");
            ExitCode::from(2)
        }
    }
}

fn start(cli: Cli) -> Outcome {
    let command = cli.command.unwrap_or_else(|| Command::Serve(ServeArgs::default()));
    let none = ServeArgs::default();
    let serve_args = if let Command::Serve(args) = &command { args } else { &none };
    let config = config::load(cli.common.config.as_deref(), flags(&cli.common, serve_args))?;
    // Commands that print answers log faults only.
    let level = if matches!(command, Command::Serve(_)) { config.log_level.as_str() } else { "warn" };
    telemetry::start(&config.log_format, level);
    match command {
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&api::document())?);
            Ok(true)
        }
        Command::Generate { root } => generate::write(&root).map(|()| true).map_err(Into::into),
        Command::Models(command) => models::run(&config, command),
        Command::Evaluate(command) => evaluate::run(&config, command),
        other => runtime()?.block_on(with_store(config, other)),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn with_store(config: Config, command: Command) -> Outcome {
    match command {
        Command::Serve(_) => serve::serve(config).await.map(|()| true),
        Command::Token(command) => token::run(&config, command).await,
        Command::Tenant(command) => tenant::run(&config, command).await,
        Command::Doctor(args) => doctor::run(&config, args).await,
        Command::MigrateStore(args) => migrate_store::run(&config, args).await,
        _ => Ok(true),
    }
}
