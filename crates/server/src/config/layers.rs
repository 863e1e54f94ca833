//! Laying settings over one another.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Config, DEFAULTS, secrets};
use crate::environment;
use crate::exposure::Exposed;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{0}: {1}")]
    Read(PathBuf, std::io::Error),
    #[error("{0}: {1}")]
    Parse(PathBuf, Box<toml::de::Error>),
    #[error("there is no setting `{0}`")]
    Unknown(String),
    #[error("the setting `{0}` {1}")]
    Value(String, String),
    #[error("settings: {0}")]
    Form(Box<toml::de::Error>),
    #[error(transparent)]
    Exposed(#[from] Exposed),
    #[error(
        "a password on a command line is seen by others: set PERSONHOOD_DATABASE_URL, name a file with the URL in it (--database-url-file or PERSONHOOD_DATABASE_URL_FILE), write database_url into the file of --config, or set PGPASSWORD"
    )]
    Shown,
}

/// Lays `over` on `base`; every setting must exist there, so that a misspelt one is noticed.
fn lay(base: &mut Table, over: Table, path: &str) -> Result<(), ConfigError> {
    for (name, value) in over {
        let here = format!("{path}{name}");
        match (base.get_mut(&name), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => lay(inner, over, &format!("{here}."))?,
            (Some(slot), value) => *slot = value,
            (None, _) => return Err(ConfigError::Unknown(here)),
        }
    }
    Ok(())
}

/// Lays the environment over: `PERSONHOOD_LIMITS_BODY_SECONDS` sets `limits.body_seconds`.
fn lay_environment(
    base: &mut Table,
    prefix: &str,
    get: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for (name, slot) in base.iter_mut() {
        let variable = format!("{prefix}_{}", name.to_ascii_uppercase());
        if let Value::Table(inner) = slot {
            lay_environment(inner, &variable, get)?;
            continue;
        }
        let Some(text) = get(&variable) else { continue };
        let wrong = |kind: &str| ConfigError::Value(variable.clone(), format!("must be {kind}"));
        *slot = match slot {
            Value::Integer(_) => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
            Value::Float(_) => Value::Float(text.parse().map_err(|_| wrong("a number"))?),
            Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
            Value::Array(_) => Value::Array(
                text.split(',').filter(|s| !s.is_empty()).map(|s| Value::String(s.trim().into())).collect(),
            ),
            _ => Value::String(text),
        };
    }
    Ok(())
}

/// All settings: `flags` (names and texts) over the environment over `file` over the defaults.
pub(crate) fn load(file: Option<&Path>, flags: Table) -> Result<Config, ConfigError> {
    build(file, flags, &environment::get)
}

fn build(
    file: Option<&Path>,
    flags: Table,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let mut all: Table = DEFAULTS.parse().map_err(|e| ConfigError::Form(Box::new(e)))?;
    let mut tenants = Table::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError::Read(path.to_owned(), e))?;
        let mut own: Table = text.parse().map_err(|e| ConfigError::Parse(path.to_owned(), Box::new(e)))?;
        secrets::check_file(path, &own)?;
        if let Some(Value::Table(own)) = own.remove("tenants") {
            tenants = own;
        }
        lay(&mut all, own, "")?;
    }
    lay_environment(&mut all, "PERSONHOOD", environment)?;
    secrets::check_flags(&flags)?;
    lay(&mut all, flags, "")?;
    secrets::read_url(&mut all)?;
    let of_tenants =
        tenants.into_iter().map(|(name, own)| of_tenant(&all, name, own)).collect::<Result<_, _>>()?;
    Ok(Config { of_tenants, ..checked(all)? })
}

fn checked(all: Table) -> Result<Config, ConfigError> {
    let config: Config = all.try_into().map_err(|e| ConfigError::Form(Box::new(e)))?;
    config.check()?;
    Ok(config)
}

/// Tables of rules: a tenant may have figures of its own in these.
const OF_TENANTS: [&str; 5] = ["liveness", "matching", "persons", "attempts", "idempotency"];

/// The figures of one tenant: its own over everybody's.
fn of_tenant(all: &Table, name: String, own: Value) -> Result<(String, registry::Settings), ConfigError> {
    let path = format!("tenants.{name}");
    let Value::Table(own) = own else { return Err(ConfigError::Value(path, "must be a table".into())) };
    if let Some(other) = own.keys().find(|k| !OF_TENANTS.contains(&k.as_str())) {
        return Err(ConfigError::Unknown(format!("{path}.{other}")));
    }
    let mut all = all.clone();
    lay(&mut all, own, &format!("{path}."))?;
    Ok((name, checked(all)?.settings()))
}

#[cfg(test)]
mod tests {
    use registry::OnDuplicate;

    use super::*;

    fn with(file: &str, flags: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, file).unwrap();
        let get = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        build(Some(&path), flags.parse().unwrap(), &get)
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let file = "listen = \"1.1.1.1:1\"\n[limits]\nconnections = 5\nbody_seconds = 6\n";
        let environment = [
            ("PERSONHOOD_LIMITS_CONNECTIONS", "7"),
            ("PERSONHOOD_LISTEN", "2.2.2.2:2"),
            ("PERSONHOOD_CORS_ORIGINS", "https://a.example, https://b.example"),
        ];
        let config = with(file, "listen = \"3.3.3.3:3\"", &environment).unwrap();
        assert_eq!(config.listen, "3.3.3.3:3");
        assert_eq!(config.limits.connections, 7);
        assert_eq!(config.limits.body_seconds, 6);
        assert_eq!(config.limits.request_seconds, 60);
        assert_eq!(config.cors.origins, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn a_database_url_comes_from_a_file_and_never_with_a_password_from_the_command_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "postgres://u:p@h/d\n").unwrap();
        let named = format!("database_url_file = {:?}", file.display().to_string());
        let url = |config: Config| config.database().unwrap().url;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(with("", &named, &[]).unwrap_err().to_string().contains("others"));
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(url(with("", &named, &[]).unwrap()), "postgres://u:p@h/d");
        let variable = [("PERSONHOOD_DATABASE_URL_FILE", file.to_str().unwrap())];
        assert_eq!(url(with("", "", &variable).unwrap()), "postgres://u:p@h/d");
        assert!(
            with("", &named, &[("PERSONHOOD_DATABASE_URL", "postgres://h/d")]).is_err(),
            "one of the two"
        );
        let refused = with("", "database_url = \"postgres://u:p@h/d\"", &[]).unwrap_err();
        assert!(matches!(refused, ConfigError::Shown) && !refused.to_string().contains("u:p"));
        assert_eq!(url(with("", "database_url = \"postgres://u@h/d\"", &[]).unwrap()), "postgres://u@h/d");
    }

    #[cfg(unix)]
    #[test]
    fn a_config_file_that_others_can_write_or_whose_password_they_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        let load = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            build(Some(&path), Table::new(), &|_| None)
        };
        let secret = "database_url = \"postgres://u:p@h/d\"";
        assert!(matches!(load(secret, 0o644), Err(ConfigError::Exposed(_))));
        assert!(load(secret, 0o640).is_ok() && load(secret, 0o600).is_ok());
        let images = "[database]\nimages_url = \"s3://b?secret_access_key=s\"";
        assert!(matches!(load(images, 0o604), Err(ConfigError::Exposed(_))));
        let plain = "listen = \"127.0.0.1:1\"";
        assert!(load(plain, 0o644).is_ok());
        assert!(matches!(load(plain, 0o646), Err(ConfigError::Exposed(_))));
    }

    #[test]
    fn a_tenant_has_figures_of_its_own_over_everybodys() {
        let file = "[matching]\nsearch_rate = 0.5\n[tenants.gym.matching]\non_duplicate = \"flag\"\n[tenants.gym.liveness]\nthreshold = 0.9\n";
        let config = with(file, "", &[]).unwrap();
        let (name, gym) = &config.of_tenants[0];
        assert_eq!(
            (name.as_str(), gym.on_duplicate, gym.liveness_threshold),
            ("gym", OnDuplicate::Flag, 0.9)
        );
        assert_eq!((gym.search_rate, config.settings().on_duplicate), (0.5, OnDuplicate::Reject));
        for wrong in [
            "[tenants.gym]\nlisten = \"x\"",
            "[tenants.gym.matching]\non_duplicates = \"flag\"",
            "[tenants.gym.matching]\non_duplicate = \"no\"",
            "[tenants]\ngym = 1",
        ] {
            assert!(with(wrong, "", &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn misspelt_and_impossible_settings_are_refused() {
        assert!(matches!(with("lisen = \"x\"", "", &[]), Err(ConfigError::Unknown(_))));
        assert!(matches!(with("[limits]\nconnection = 1", "", &[]), Err(ConfigError::Unknown(_))));
        assert!(with("[liveness]\nthreshold = 1.5", "", &[]).is_err());
        assert!(with("", "", &[("PERSONHOOD_LIMITS_CONNECTIONS", "many")]).is_err());
        assert!(with("log_format = \"xml\"", "", &[]).is_err());
    }
}
