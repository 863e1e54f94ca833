//! Which settings hold a password, and where a database's URL may come from instead of the command line.

use std::path::Path;

use toml::{Table, Value};

use super::ConfigError;
use crate::exposure;

/// Whether a URL holds a password or a secret key.
pub(crate) fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    // A password may hold a slash or a question mark that should have been escaped: whatever stands before the last @ belongs to
    // the user.
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    // And a question mark before that one may begin the query all the same.
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let in_user = user.split_once(':').is_some_and(|(_, password)| !password.is_empty());
    // Escaped letters are letters: a name that has some is taken for a secret one.
    let secret = |name: &str| {
        let name = name.rsplit('?').next().unwrap_or(name);
        matches!(name, "password" | "passfile" | "sslpassword" | "secret_access_key") || name.contains('%')
    };
    let in_query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| secret(name) && !value.is_empty());
    in_user || in_query
}

/// Whether any text in `settings` is a URL with a password.
fn holds_password(settings: &Value) -> bool {
    match settings {
        Value::String(text) => has_password(text),
        Value::Array(values) => values.iter().any(holds_password),
        Value::Table(table) => table.values().any(holds_password),
        _ => false,
    }
}

/// Refuses a file of settings that others can write, or that holds a password others can read.
pub(super) fn check_file(path: &Path, settings: &Table) -> Result<(), ConfigError> {
    if settings.values().any(holds_password) {
        exposure::secret(path)?;
    }
    Ok(exposure::settings(path)?)
}

/// Refuses a password on the command line.
pub(super) fn check_flags(flags: &Table) -> Result<(), ConfigError> {
    if flags.values().any(holds_password) {
        return Err(ConfigError::Shown);
    }
    Ok(())
}

/// Reads the database's URL from the file that is named, if one is.
pub(super) fn read_url(all: &mut Table) -> Result<(), ConfigError> {
    // It is a way to another setting, not one that anybody looks at later.
    let file =
        all.remove("database_url_file").and_then(|file| file.as_str().map(str::to_owned)).unwrap_or_default();
    if file.is_empty() {
        return Ok(());
    }
    if all.get("database_url").and_then(Value::as_str).is_some_and(|url| !url.is_empty()) {
        return Err(ConfigError::Value("database_url_file".into(), "goes without database_url".into()));
    }
    let read = exposure::read_secret(Path::new(&file))
        .map_err(|why| ConfigError::Value("database_url_file".into(), format!("cannot be used: {why}")))?;
    all.insert("database_url".into(), Value::String(read));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_noticed() {
        for with in [
            "postgres://u:p@h/d",
            "postgresql://u:a/b@h",
            "postgres://u@h/d?password=x",
            "postgres://h/d?user=u&password=x",
            "s3://b?access_key_id=a&secret_access_key=s",
            "postgres://u:pa?ss@h/d",
            "postgres://u@h/d?sslmode=disable&pass%77ord=x",
            "postgres://u@h/d?options=a@b&password=x",
        ] {
            assert!(has_password(with), "{with}");
        }
        for without in [
            "postgres://u@h:5432,i:5433/d",
            "postgres://h/d?sslmode=disable",
            "/some:folder@x",
            "postgres://u:@h/d",
            "s3://b/c?region=x",
        ] {
            assert!(!has_password(without), "{without}");
        }
    }
}
