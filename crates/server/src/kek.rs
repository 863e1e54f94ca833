//! The key-encryption key: from the environment, or a file beside the data that its owner alone can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::Random;
use vault::Kek;

/// There is no usable key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KekError {
    #[error("{0} does not hold 32 bytes in base64")]
    Form(String),
    #[error("{0} can be read by others; make it mode 0400 or 0600")]
    Open(PathBuf),
    #[error(
        "{0} is missing, but there is data that was sealed with it: put the key back, a new one cannot open the data"
    )]
    Missing(PathBuf),
    #[error(
        "with a database the key comes from outside: set PERSONHOOD_KEK (32 bytes in base64) or PERSONHOOD_KEK_FILE, the same for all nodes"
    )]
    Outside,
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

/// Where the key lies in a data folder.
pub(crate) fn file(data: &Path) -> PathBuf {
    data.join("keys").join("kek")
}

fn parse(text: &str, origin: &str) -> Result<Kek, KekError> {
    let bytes = BASE64_STANDARD.decode(text.trim()).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
    bytes.map(Kek::from_bytes).ok_or_else(|| KekError::Form(origin.to_owned()))
}

fn read(path: &Path) -> Result<Kek, KekError> {
    let wrong = |e| KekError::Io(path.to_owned(), e);
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).map_err(wrong)?.permissions()) & 0o077 != 0
    {
        return Err(KekError::Open(path.to_owned()));
    }
    parse(&fs::read_to_string(path).map_err(wrong)?, &path.display().to_string())
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
    if let Ok(text) = std::env::var("PERSONHOOD_KEK") {
        return Some(parse(&text, "PERSONHOOD_KEK"));
    }
    std::env::var("PERSONHOOD_KEK_FILE").ok().map(|path| read(Path::new(&path)))
}

/// The key for a database. It is never made here: of two nodes that made one each, one could read nothing.
pub(crate) fn from_outside() -> Result<Kek, KekError> {
    given().unwrap_or(Err(KekError::Outside))
}

/// The key for `data`; a new one is made only where there is no data yet.
pub(crate) fn load(data: &Path, has_data: bool, random: &dyn Random) -> Result<Kek, KekError> {
    if let Some(given) = given() {
        return given;
    }
    let path = file(data);
    if !path.exists() {
        if has_data {
            return Err(KekError::Missing(path));
        }
        make(&path, random).map_err(|e| KekError::Io(path.clone(), e))?;
    }
    read(&path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::SystemRandom;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_never_over_data() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(folder.path(), true, &SystemRandom), Err(KekError::Missing(_))));
        load(folder.path(), false, &SystemRandom).unwrap();
        let path = file(folder.path());
        let first = fs::read(&path).unwrap();
        load(folder.path(), true, &SystemRandom).unwrap();
        make(&path, &SystemRandom).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o400);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
            assert!(matches!(load(folder.path(), true, &SystemRandom), Err(KekError::Open(_))));
        }
    }

    #[test]
    fn only_32_bytes_in_base64_are_a_key() {
        assert!(parse(&BASE64_STANDARD.encode([7; 32]), "x").is_ok());
        for bad in ["", "hello", &BASE64_STANDARD.encode([7; 16])] {
            assert!(parse(bad, "x").is_err());
        }
    }
}
