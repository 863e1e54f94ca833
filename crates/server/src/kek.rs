//! The key-encryption key: from the environment, or a file that its owner alone can read, beside the data folder and not in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::Random;
use vault::Kek;

use crate::environment;
use crate::exposure::{self, Exposed};

/// There is no usable key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KekError {
    #[error("{0} does not hold 32 bytes in base64")]
    Form(String),
    #[error(transparent)]
    Open(#[from] Exposed),
    #[error(
        "{0} is missing, but there is data that was sealed with it: put the key back, a new one cannot open the data"
    )]
    Missing(PathBuf),
    #[error(
        "with a database the key comes from outside: set PERSONHOOD_KEK (32 bytes in base64) or PERSONHOOD_KEK_FILE, the same for all nodes"
    )]
    Outside,
    #[error("{0} cannot be made ({1}): name another folder with keys_dir (PERSONHOOD_KEYS_DIR)")]
    Make(PathBuf, io::Error),
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

/// Where the key of a data folder may lie.
pub(crate) struct Places {
    /// Where it is made: beside the data, so that a copy of the data is not one of the key too.
    pub(crate) beside: PathBuf,
    /// Where versions before have made it.
    pub(crate) inside: PathBuf,
}

impl Places {
    /// For the folder `data`, with keys in `keys`, or, if that is empty, in a folder named as the data with `-keys` behind.
    pub(crate) fn of(data: &Path, keys: &Path) -> Self {
        let inside = data.join("keys").join("kek");
        if !keys.as_os_str().is_empty() {
            return Self { beside: keys.join("kek"), inside };
        }
        // `.` and `..` have a name too, but do not say it.
        let whole = if data.file_name().is_none() { fs::canonicalize(data).ok() } else { None };
        let data = whole.as_deref().unwrap_or(data);
        let mut name = data.file_name().unwrap_or_default().to_owned();
        name.push("-keys");
        Self { beside: data.with_file_name(name).join("kek"), inside }
    }

    /// The key that is there; the one inside first, as it was made with the data.
    pub(crate) fn found(&self) -> Option<&Path> {
        [&self.inside, &self.beside].into_iter().find(|path| path.exists()).map(PathBuf::as_path)
    }
}

fn parse(text: String, origin: &str) -> Result<Kek, KekError> {
    let decoded = BASE64_STANDARD.decode(text.trim());
    vault::wipe(text.into_bytes());
    let bytes = decoded.unwrap_or_default();
    let kek = <[u8; 32]>::try_from(bytes.as_slice()).map(Kek::from_bytes);
    vault::wipe(bytes);
    kek.map_err(|_| KekError::Form(origin.to_owned()))
}

fn read(path: &Path) -> Result<Kek, KekError> {
    let wrong = |e| KekError::Io(path.to_owned(), e);
    exposure::secret(path)?;
    parse(fs::read_to_string(path).map_err(wrong)?, &path.display().to_string())
}

/// Writes a fresh key beside and links it into place, so that of two processes that start at once both use the
/// key of the quicker.
fn make(path: &Path, random: &dyn Random) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    crate::home::private_folder(folder)?;
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o400);
    let mut file = options.open(&beside)?;
    writeln!(file, "{}", BASE64_STANDARD.encode(random.bytes::<32>()))?;
    file.sync_all()?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    File::open(folder)?.sync_all()?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The key the environment gives, or names a file of.
fn given() -> Option<Result<Kek, KekError>> {
    if let Some(text) = environment::take("PERSONHOOD_KEK") {
        return Some(parse(text, "PERSONHOOD_KEK"));
    }
    environment::get("PERSONHOOD_KEK_FILE").map(|path| read(Path::new(&path)))
}

/// The key for a database. It is never made here: of two nodes that made one each, one could read nothing.
pub(crate) fn from_outside() -> Result<Kek, KekError> {
    given().unwrap_or(Err(KekError::Outside))
}

/// Refuses a key, or a folder for one, that somebody else has laid where it is looked for.
fn whose(path: &Path) -> Result<(), Exposed> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        exposure::own(folder)?;
        exposure::settings(folder)?;
    }
    exposure::own(path)
}

/// The key in one of `places`; a new one is made only where there is no data yet.
pub(crate) fn load(places: &Places, has_data: bool, random: &dyn Random) -> Result<Kek, KekError> {
    if let Some(given) = given() {
        return given;
    }
    if let Some(path) = places.found() {
        whose(path)?;
        return read(path);
    }
    let path = &places.beside;
    if has_data {
        return Err(KekError::Missing(path.clone()));
    }
    whose(path)?;
    make(path, random).map_err(|e| KekError::Make(path.clone(), e))?;
    read(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::SystemRandom;

    #[test]
    fn a_key_is_made_once_beside_the_data_for_its_owner_alone_and_never_over_data() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let places = Places::of(&data, Path::new(""));
        assert!(matches!(load(&places, true, &SystemRandom), Err(KekError::Missing(_))));
        load(&places, false, &SystemRandom).unwrap();
        let path = folder.path().join("data-keys/kek");
        let first = fs::read(&path).unwrap();
        load(&places, true, &SystemRandom).unwrap();
        make(&path, &SystemRandom).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o400);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
            assert!(matches!(load(&places, true, &SystemRandom), Err(KekError::Open(_))));
        }
    }

    #[test]
    fn a_key_that_lies_inside_the_data_goes_on_being_used() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let places = Places::of(&data, Path::new(""));
        make(&places.inside, &SystemRandom).unwrap();
        load(&places, true, &SystemRandom).unwrap();
        assert!(!places.beside.exists());
    }

    #[test]
    fn every_data_folder_has_a_place_beside_it() {
        let beside = |data: &str| Places::of(Path::new(data), Path::new("")).beside;
        assert_eq!(beside("./personhood-data"), Path::new("./personhood-data-keys/kek"));
        assert_eq!(beside("/var/lib/personhood/"), Path::new("/var/lib/personhood-keys/kek"));
        let here = std::env::current_dir().unwrap();
        let name = format!("{}-keys/kek", here.file_name().unwrap().to_string_lossy());
        assert_eq!(beside("."), here.parent().unwrap().join(name));
        let named = Places::of(Path::new("/data"), Path::new("/keys")).beside;
        assert_eq!(named, Path::new("/keys/kek"));
    }

    #[test]
    fn only_32_bytes_in_base64_are_a_key() {
        assert!(parse(BASE64_STANDARD.encode([7; 32]), "x").is_ok());
        for bad in [String::new(), "hello".into(), BASE64_STANDARD.encode([7; 16])] {
            assert!(parse(bad, "x").is_err());
        }
    }
}
