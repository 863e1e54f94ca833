//! `personhood token`: works beside a running server.

use clap::Subcommand;
use domain::{Scope, Scopes, TenantId};
use registry::Registry;
use serde_json::json;

use super::Outcome;
use crate::config::Config;
use crate::home;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a token; it is printed alone on standard output, once
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// Tenant it belongs to
        #[arg(long, default_value = "default")]
        tenant: String,
        /// A scope; repeat for several. Without any: persons:read persons:write biometrics:read biometrics:match
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// Lifetime, such as 90d, 12h or 30m; without it the token does not expire
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// List tokens, without their secrets
    List {
        /// Tenant
        #[arg(long, default_value = "default")]
        tenant: String,
        /// For machines
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token: effective within a second
    Revoke {
        /// Its identifier
        id: String,
        /// Tenant
        #[arg(long, default_value = "default")]
        tenant: String,
    },
}

fn lifetime(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a lifetime; write 90d, 12h, 30m or 45s");
    let split = text.len().checked_sub(1).filter(|&at| text.is_char_boundary(at)).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return Err(wrong()),
    };
    number.parse::<i64>().ok().filter(|n| *n > 0).and_then(|n| n.checked_mul(seconds)).ok_or_else(wrong)
}

fn scopes(words: &[String]) -> Result<Scopes, String> {
    if words.is_empty() {
        return Ok(Scopes::DEFAULT);
    }
    words
        .iter()
        .flat_map(|w| w.split([',', ' ']))
        .filter(|w| !w.is_empty())
        .map(|word| {
            Scope::parse(word).ok_or_else(|| {
                let known: Vec<_> = Scope::ALL.iter().map(|s| s.as_str()).collect();
                format!("there is no scope {word:?}; there are {}", known.join(", "))
            })
        })
        .collect()
}

async fn tenant_id(
    registry: &Registry,
    name: &str,
) -> Result<TenantId, Box<dyn std::error::Error + Send + Sync>> {
    registry.tenant_named(name).await?.ok_or_else(|| format!("there is no tenant {name:?}").into())
}

pub(crate) async fn run(config: &Config, command: Command) -> Outcome {
    let registry = home::open(config).await?;
    match command {
        Command::Create { name, tenant, scopes: words, expires } => {
            let (scopes, lifetime) = (scopes(&words)?, expires.as_deref().map(lifetime).transpose()?);
            let name = domain::person::Name::parse(&name).map_err(|e| format!("the name {e}"))?;
            let tenant = tenant_id(&registry, &tenant).await?;
            println!("{}", registry.create_token(tenant, name.as_str(), scopes, lifetime).await?.secret);
            Ok(true)
        }
        Command::List { tenant, json } => {
            let tenant = tenant_id(&registry, &tenant).await?;
            let tokens = registry.tokens(tenant).await?;
            let rows: Vec<_> = tokens
                .iter()
                .map(|t| {
                    json!({
                        "id": t.id.to_string(), "name": t.name, "scopes": t.scopes.to_string(),
                        "createdAt": t.created_at.to_string(), "expiresAt": t.expires_at.map(|t| t.to_string()),
                        "revokedAt": t.revoked_at.map(|t| t.to_string())
                    })
                })
                .collect();
            if json {
                println!("{}", serde_json::to_string(&rows)?);
            } else {
                for t in &tokens {
                    let state = if t.revoked_at.is_some() { "revoked" } else { "valid" };
                    println!("{}  {state:8} {}  {}", t.id, t.scopes, t.name);
                }
            }
            Ok(true)
        }
        Command::Revoke { id, tenant } => {
            let id = id
                .parse()
                .map_err(|_| format!("{id:?} is not the identifier of a token; see `token list`"))?;
            let tenant = tenant_id(&registry, &tenant).await?;
            let revoked = registry.revoke_token(tenant, id).await?;
            if !revoked {
                eprintln!("personhood: there is no valid token {id} in this tenant");
            }
            Ok(revoked)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_whole_numbers_with_a_unit() {
        assert_eq!((lifetime("90d"), lifetime("12h"), lifetime("1s")), (Ok(7_776_000), Ok(43_200), Ok(1)));
        for bad in ["", "d", "0d", "-1d", "90", "9é", "99999999999999999999d"] {
            assert!(lifetime(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn scopes_are_named_in_full() {
        assert_eq!(scopes(&[]), Ok(Scopes::DEFAULT));
        assert!(
            scopes(&["persons:read".into(), "admin".into()]).is_ok_and(|s| s.grants(Scope::PersonsReview))
        );
        assert!(scopes(&["root".into()]).is_err());
    }
}
