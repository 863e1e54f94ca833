//! Names in a manifest. They become names of files and words of command lines: none leaves its folder, none is an option.

use std::path::{Component, Path};

use super::manifest::{Client, Manifest, Package, Weights};

/// Checks all names of a manifest.
///
/// # Errors
/// What is wrong, with the name.
pub(super) fn check(manifest: &Manifest) -> Result<(), String> {
    manifest.package.iter().try_for_each(package)?;
    let network = &manifest.fingerprints().network.weights;
    manifest.weights().into_iter().chain([network]).try_for_each(weights)
}

fn package(package: &Package) -> Result<(), String> {
    let name = match (package.client, package.name.strip_prefix('@').and_then(|n| n.split_once('/'))) {
        (Client::Npm, Some((scope, name))) => is_id(scope) && is_id(name),
        _ => is_id(&package.name),
    };
    let python = package.python.as_deref().is_none_or(is_id);
    let tags = package.tags.iter().all(|tag| is_id(tag));
    demand(name, "name of a package", &package.name)?;
    demand(is_id(&package.version), "version", &package.version)?;
    demand(is_file(&package.archive), "name of an archive", &package.archive)?;
    demand(python && tags, "tag or Python version of the package", &package.name)?;
    demand(is_digest(&package.sha256), "SHA-256 of the package", &package.name)
}

fn weights(weights: &Weights) -> Result<(), String> {
    demand(is_id(&weights.id), "model id", &weights.id)?;
    demand(is_digest(&weights.sha256), "SHA-256 of the model", &weights.id)?;
    demand(is_inside(&weights.path), "path", &weights.path)
}

fn demand(holds: bool, what: &str, found: &str) -> Result<(), String> {
    if holds {
        return Ok(());
    }
    Err(format!("{found:?} is not a usable {what} (a-z, 0-9, and . _ - between them)"))
}

/// Small letters, digits, and `.`, `_`, `-` inside.
fn is_id(text: &str) -> bool {
    is_file(text) && !text.bytes().any(|b| b.is_ascii_uppercase() || b == b'+')
}

/// As [`is_id`], also with capitals and `+`, as archives are named.
fn is_file(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
        && !text.contains("..")
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A path that leads nowhere but down.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}
