//! `personhood tenant`.

use clap::Subcommand;

use super::Outcome;
use crate::config::Config;
use crate::home;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a tenant
    Create {
        /// Its name
        name: String,
    },
    /// List tenants
    List {
        /// For machines
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(config: &Config, command: Command) -> Outcome {
    let registry = home::open(config).await?;
    match command {
        Command::Create { name } => {
            let name = domain::person::Name::parse(&name).map_err(|e| format!("the name {e}"))?;
            match registry.create_tenant(name.as_str()).await? {
                Some(id) => println!("{id}"),
                None => return Ok(false),
            }
        }
        Command::List { json } => {
            let tenants = registry.tenants().await?;
            if json {
                let rows: Vec<_> = tenants
                    .iter()
                    .map(|(id, name)| serde_json::json!({ "id": id.to_string(), "name": name }))
                    .collect();
                println!("{}", serde_json::to_string(&rows)?);
            } else {
                tenants.iter().for_each(|(id, name)| println!("{id}  {name}"));
            }
        }
    }
    Ok(true)
}
