//! What package clients see of this process's environment: what they need to find packages, and nothing else. This process may
//! hold the key, a database's password and a cloud's keys, and clients run much code that is not ours.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// Where programs and their settings are, and whom connections trust.
const NAMES: [&str; 24] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TMP",
    "TEMP",
    "LANG",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CACHE_HOME",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "NVM_DIR",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "SYSTEMROOT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "NETRC",
    "PATHEXT",
    "COMSPEC",
];

/// The clients' own settings: an index, and what it asks for, is meant for them.
const PREFIXES: [&str; 2] = ["PIP_", "NPM_CONFIG_"];

/// Proxies; written in capitals or not.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

fn passes(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let upper = name.to_ascii_uppercase();
    NAMES.contains(&name)
        || PROXIES.contains(&upper.as_str())
        || PREFIXES.iter().any(|prefix| upper.starts_with(prefix))
}

/// Of an environment, what a package client may see.
fn clean(all: impl IntoIterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (OsString, OsString)> {
    all.into_iter().filter(|(name, _)| passes(name))
}

/// A program that is started with a clean environment.
pub(super) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.env_clear().envs(clean(std::env::vars_os()));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_see_where_packages_are_and_no_secret() {
        let seen = [
            "PATH",
            "HOME",
            "PIP_INDEX_URL",
            "PIP_CERT",
            "npm_config_registry",
            "NPM_CONFIG_USERCONFIG",
            "https_proxy",
            "NO_PROXY",
            "SSL_CERT_FILE",
        ];
        let hidden = [
            "PERSONHOOD_KEK",
            "PERSONHOOD_KEK_FILE",
            "PERSONHOOD_DATABASE_URL",
            "PGPASSWORD",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "AZURE_CLIENT_SECRET",
            "GITHUB_TOKEN",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "NODE_OPTIONS",
            "LD_PRELOAD",
            "pip",
            "MY_PIP_TOKEN",
        ];
        let all = seen.iter().chain(&hidden).map(|name| (OsString::from(name), OsString::from("x")));
        let kept: Vec<_> = clean(all).map(|(name, _)| name).collect();
        assert_eq!(kept, seen.map(OsString::from));
    }
}
