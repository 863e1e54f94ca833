//! Taking one file out of a wheel (zip) or an npm archive (gzipped tar), within a size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

fn bounded(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "a file in the archive is larger than expected",
        ));
    }
    Ok(bytes)
}

/// The content of `path` inside `archive`, at most `limit` bytes of it.
///
/// # Errors
/// When the archive cannot be read, has no such file, or the file is larger.
pub(super) fn extract(archive: &Path, path: &str, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(archive)?;
    if archive.extension().is_some_and(|e| e == "tgz" || e == "gz") {
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(file));
        for entry in tar.entries()? {
            let entry = entry?;
            if entry.path()?.as_os_str() == path {
                return bounded(entry, limit);
            }
        }
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{path} is not in the archive")));
    }
    let mut zip = zip::ZipArchive::new(file).map_err(io::Error::other)?;
    bounded(zip.by_name(path).map_err(io::Error::other)?, limit)
}
