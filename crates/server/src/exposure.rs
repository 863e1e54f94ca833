//! What others may do with a file or folder, and where that is too much.

use std::path::{Path, PathBuf};

/// A file or folder is open to others.
#[derive(Debug, thiserror::Error)]
#[error("{} {why}", .path.display())]
pub(crate) struct Exposed {
    path: PathBuf,
    why: &'static str,
}

#[cfg(unix)]
mod unix {
    use std::fs::{Metadata, metadata};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use super::Exposed;

    fn refuse_if(wrong: bool, path: &Path, why: &'static str) -> Result<(), Exposed> {
        if wrong { Err(Exposed { path: path.to_owned(), why }) } else { Ok(()) }
    }

    /// A file that is not there is for others to complain about.
    fn found(path: &Path) -> Option<Metadata> {
        metadata(path).ok()
    }

    /// A file with a secret: for its owner, and at most to be read by a group this process is of, which is how secrets are
    /// mounted into containers.
    pub(crate) fn secret(path: &Path) -> Result<(), Exposed> {
        let Some(file) = found(path) else { return Ok(()) };
        let mode = file.mode();
        refuse_if(
            mode & 0o007 != 0,
            path,
            "can be read or written by others: chmod o-rwx (or make it mode 0400)",
        )?;
        refuse_if(mode & 0o030 != 0, path, "can be written by its group: chmod g-wx (or make it mode 0400)")?;
        let foreign = mode & 0o040 != 0 && !own_groups().contains(&file.gid());
        refuse_if(foreign, path, "can be read by a group that this process is not of: make it mode 0400")
    }

    /// A folder of data: nobody but its owner and group may enter it.
    pub(crate) fn folder(path: &Path) -> Result<(), Exposed> {
        let open = found(path).is_some_and(|folder| folder.mode() & 0o007 != 0);
        refuse_if(open, path, "can be entered by others: make it mode 0700 (chmod o-rwx)")
    }

    /// What nobody has named, but was found in its usual place: root's or our own. Else whoever came first has laid it there.
    #[expect(unsafe_code, reason = "the standard library does not say whose process this is")]
    pub(crate) fn own(path: &Path) -> Result<(), Exposed> {
        // SAFETY: it takes nothing and cannot fail.
        let us = unsafe { libc::geteuid() };
        let foreign = found(path).is_some_and(|file| file.uid() != 0 && file.uid() != us);
        refuse_if(foreign, path, "belongs to another user: give it to the user that runs this program")
    }

    /// Settings without a secret may be read by everybody, but written by their owner and group alone.
    pub(crate) fn settings(path: &Path) -> Result<(), Exposed> {
        let open = found(path).is_some_and(|file| file.mode() & 0o002 != 0);
        refuse_if(open, path, "can be written by others: chmod o-w")
    }

    #[expect(unsafe_code, reason = "the standard library does not say of which groups a process is")]
    fn own_groups() -> Vec<u32> {
        // SAFETY: asked for no groups it only counts them; then there is room for as many as it may write.
        let mut groups = unsafe {
            let count = libc::getgroups(0, std::ptr::null_mut());
            let mut groups = vec![0; usize::try_from(count).unwrap_or_default()];
            let count = libc::getgroups(count.max(0), groups.as_mut_ptr());
            groups.truncate(usize::try_from(count).unwrap_or_default());
            groups.push(libc::getegid());
            groups
        };
        groups.dedup();
        groups
    }
}

#[cfg(not(unix))]
mod unix {
    use std::path::Path;

    use super::Exposed;

    pub(crate) fn secret(_: &Path) -> Result<(), Exposed> {
        Ok(())
    }

    pub(crate) fn folder(_: &Path) -> Result<(), Exposed> {
        Ok(())
    }

    pub(crate) fn settings(_: &Path) -> Result<(), Exposed> {
        Ok(())
    }

    pub(crate) fn own(_: &Path) -> Result<(), Exposed> {
        Ok(())
    }
}

pub(crate) use unix::{folder, own, secret, settings};

/// The text of a file with a secret, without the line's end.
pub(crate) fn read_secret(path: &Path) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    secret(path)?;
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(text.trim().to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_others_can_read_or_write_is_refused_and_the_own_group_may_read() {
        let temporary = tempfile::tempdir().unwrap();
        let file = temporary.path().join("kek");
        fs::write(&file, "x").unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        for (bits, ok) in [
            (0o400, true),
            (0o600, true),
            (0o440, true),
            (0o640, true),
            (0o660, false),
            (0o444, false),
            (0o604, false),
            (0o602, false),
        ] {
            mode(&file, bits);
            assert_eq!(secret(&file).is_ok(), ok, "{bits:o}");
        }
        for (bits, ok) in [(0o644, true), (0o664, true), (0o646, false), (0o666, false)] {
            mode(&file, bits);
            assert_eq!(settings(&file).is_ok(), ok, "{bits:o}");
        }
        for (bits, ok) in [(0o700, true), (0o770, true), (0o701, false), (0o755, false), (0o777, false)] {
            mode(temporary.path(), bits);
            assert_eq!(folder(temporary.path()).is_ok(), ok, "{bits:o}");
        }
        mode(temporary.path(), 0o700);
        assert!(secret(&temporary.path().join("missing")).is_ok());
    }
}
