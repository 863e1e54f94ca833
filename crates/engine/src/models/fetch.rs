//! Fetching a pinned archive with the package client the machine has.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::manifest::{Client, Package};
use super::{ModelsError, Progress};
use super::{digest, environment};

/// Downloads `package` into `folder` and answers the archive's path once its hash is right.
///
/// # Errors
/// [`ModelsError::Client`] when no client could fetch it, [`ModelsError::Hash`] when it is not the pinned one.
pub(super) fn fetch(
    package: &Package,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, ModelsError> {
    let folder = &folder.canonicalize()?;
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
    digest::check(&package.archive, &package.sha256, digest::of_file(archive)?)
}

/// The same request through each client that may be installed, most specific first. None runs code of the package.
fn commands(package: &Package, folder: &Path) -> Vec<Command> {
    let pin = |separator: &str| format!("{}{separator}{}", package.name, package.version);
    match package.client {
        Client::Npm => {
            let mut npm = environment::program("npm");
            npm.args(["pack", "--silent", "--ignore-scripts", &pin("@"), "--pack-destination"]).arg(folder);
            vec![npm]
        }
        Client::PipSource => source_commands(package, folder),
        Client::Pip => {
            [&["python3", "-I", "-m", "pip"][..], &["pip3"], &["pip"], &["python", "-I", "-m", "pip"]]
                .into_iter()
                .map(|words| {
                    let mut pip = environment::program(words[0]);
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
                .collect()
        }
    }
}

/// Finds an archive of sources through pip, and builds nothing: see the script.
const SOURCE: &str = include_str!("source.py");

/// `pip download` would run code of an archive of sources, and of whatever that asks for to be built, which no hash is
/// known of. So pip is only asked where the archive is.
fn source_commands(package: &Package, folder: &Path) -> Vec<Command> {
    let python = |name| {
        let mut python = environment::program(name);
        python
            .args(["-I", "-c", SOURCE, &package.name, &package.version, &package.archive])
            .arg(package.bytes.to_string())
            .arg(folder.join(&package.archive));
        python
    };
    ["python3", "python"].map(python).into()
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
    // In our own folder: neither pip nor npm takes up settings or modules that lie where this process was started. npm goes up
    // to the nearest package for them: this is one.
    std::fs::write(folder.join("package.json"), "{}").map_err(|e| e.to_string())?;
    let mut child = command
        .current_dir(folder)
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|e| format!("{name}: {e}"))?;
    progress.begin(&format!("{} {}", package.name, package.version), package.bytes);
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            break status;
        }
        let arrived = arrived(folder);
        progress.at(arrived.min(package.bytes));
        // A server of packages that sends without end, or never, is left.
        let why = if arrived > package.bytes + BESIDE {
            Some("more arrived than the archive has")
        } else if begun.elapsed() > LONGEST {
            Some("it took too long")
        } else {
            None
        };
        if let Some(why) = why {
            let _ = child.kill();
            let _ = child.wait();
            progress.end();
            return Err(format!("{name}: given up: {why}"));
        }
        std::thread::sleep(Duration::from_millis(80));
    };
    progress.end();
    if status.success() {
        return Ok(());
    }
    let said = std::fs::read_to_string(said).unwrap_or_default();
    let last = said.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("no message");
    Err(format!("{name}: {last}"))
}

/// What a client may write beside the archive: what it keeps of an index, and a second copy of the archive itself.
const BESIDE: u64 = 256 << 20;
/// Longest time for one archive.
const LONGEST: Duration = Duration::from_secs(1_800);

/// Bytes in a folder and those below it.
fn arrived(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => arrived(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
