//! Fetching a pinned archive with the package client the machine has.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::digest;
use super::manifest::{Client, Package};
use super::{ModelsError, Progress};

/// Downloads `package` into `folder` and answers the archive's path once its hash is right.
///
/// # Errors
/// [`ModelsError::Client`] when no client could fetch it, [`ModelsError::Hash`] when it is not the pinned one.
pub(super) fn fetch(
    package: &Package,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, ModelsError> {
    let mut failures = Vec::new();
    for mut command in commands(package, folder) {
        match run(&mut command, package, folder, progress) {
            Ok(()) => {
                let archive = folder.join(&package.archive);
                verify(package, &archive)?;
                return Ok(archive);
            }
            Err(why) => failures.push(why),
        }
    }
    Err(ModelsError::Client { package: package.name.clone(), why: failures.join("; ") })
}

/// Checks that `archive` is the pinned one.
pub(super) fn verify(package: &Package, archive: &Path) -> Result<(), ModelsError> {
    let found = digest::of_file(archive)?;
    if found == package.sha256 {
        return Ok(());
    }
    Err(ModelsError::Hash { file: package.archive.clone(), expected: package.sha256.clone(), found })
}

/// The same request through each client that may be installed, most specific first.
fn commands(package: &Package, folder: &Path) -> Vec<Command> {
    let pin = |separator: &str| format!("{}{separator}{}", package.name, package.version);
    match package.client {
        Client::Npm => {
            let mut npm = Command::new("npm");
            npm.args(["pack", "--silent", "--ignore-scripts", &pin("@"), "--pack-destination"]).arg(folder);
            vec![npm]
        }
        Client::PipSource => source_commands(package, folder),
        Client::Pip => [&["python3", "-m", "pip"][..], &["pip3"], &["pip"], &["python", "-m", "pip"]]
            .into_iter()
            .map(|words| {
                let mut pip = Command::new(words[0]);
                pip.args(&words[1..])
                    .args(["download", "--quiet", "--disable-pip-version-check", "--no-input"])
                    .args(["--no-deps", "--only-binary", ":all:", "-d"])
                    .arg(folder);
                if let Some(python) = &package.python {
                    let abi = format!("cp{}", python.replace('.', ""));
                    pip.args(["--python-version", python, "--implementation", "cp", "--abi", &abi]);
                }
                package.tags.iter().for_each(|tag| {
                    pip.args(["--platform", tag]);
                });
                pip.arg(pin("=="));
                pip
            })
            .collect(),
    }
}

/// Fetching sources makes pip run code of the package. It is given the pinned hash, so that it runs nothing else; and it works in an
/// environment of its own inside `folder`, which is removed with it, where Python can make one (pip builds apart from what is
/// installed in any case).
fn source_commands(package: &Package, folder: &Path) -> Vec<Command> {
    let environment = folder.join("environment");
    let made = |python: &str| {
        let mut command = Command::new(python);
        command.args(["-m", "venv"]).arg(&environment);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let pinned = folder.join("pinned.txt");
    let line = format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256);
    if std::fs::write(&pinned, line).is_err() {
        return Vec::new();
    }
    let own = ["bin/python", "Scripts/python.exe"].map(|python| environment.join(python));
    let own = (made("python3") || made("python")).then_some(own).into_iter().flatten();
    own.filter(|python| python.exists())
        .chain(["python3", "python"].map(PathBuf::from))
        .map(|python| {
            let mut pip = Command::new(python);
            pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"])
                .args(["--no-deps", "--no-binary", &package.name, "--require-hashes", "-d"])
                .arg(folder)
                .arg("-r")
                .arg(&pinned);
            pip
        })
        .collect()
}

/// Runs one client to its end, showing how much of the archive has arrived.
fn run(
    command: &mut Command,
    package: &Package,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let said = folder.join("client.log");
    let log = std::fs::File::create(&said).map_err(|e| e.to_string())?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|e| format!("{name}: {e}"))?;
    progress.begin(&format!("{} {}", package.name, package.version), package.bytes);
    let status = loop {
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) => break status,
            None => {
                progress.at(arrived(folder).min(package.bytes));
                std::thread::sleep(Duration::from_millis(80));
            }
        }
    };
    progress.end();
    if status.success() {
        return Ok(());
    }
    let said = std::fs::read_to_string(said).unwrap_or_default();
    let last = said.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("no message");
    Err(format!("{name}: {last}"))
}

fn arrived(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum()
}
