//! From one manifest to the next: which models are in force, which are to follow, and which were before.

use std::path::Path;
use std::{fs, io};

use super::{IN_FORCE, Manifest, Models, ModelsError, trust, write_whole};

/// Manifests in the cache folder beside the one in force: to follow it, and before it.
const SUCCESSOR: &str = "successor.toml";
const BEFORE: &str = "before.toml";

/// The text of a manifest in the cache folder; `None` where there is none. One that others can write is not believed, nor
/// one in a folder where they can put another in its place: a running server takes up what it says by itself.
fn text_of(folder: &Path, name: &str) -> Result<Option<String>, ModelsError> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => {
            trust::check(folder)?;
            trust::check(&path)?;
            Ok(Some(text))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The manifest in force in a cache folder.
pub(super) fn in_force(folder: &Path) -> Result<String, ModelsError> {
    Ok(text_of(folder, IN_FORCE)?.unwrap_or_else(|| Manifest::BUILT_IN.to_owned()))
}

impl Models {
    /// The text of the manifest these models are of.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The models that are to be seen with, where these are not they: those [`Self::announce`] has named, or those that
    /// another server on the same cache has put in force.
    ///
    /// # Errors
    /// [`ModelsError::Io`] or [`ModelsError::Manifest`].
    pub fn successor(&self) -> Result<Option<Self>, ModelsError> {
        let wanted = match text_of(&self.folder, SUCCESSOR)? {
            Some(text) => text,
            None => in_force(&self.folder)?,
        };
        (wanted != *self.text).then(|| Self::of(&self.folder, wanted)).transpose()
    }

    /// Names the models of a manifest file as those to follow. A running server takes them up by itself.
    ///
    /// # Errors
    /// [`ModelsError::Io`] or [`ModelsError::Manifest`].
    pub fn announce(&self, manifest: &Path) -> Result<(), ModelsError> {
        let text = fs::read_to_string(manifest)?;
        Manifest::parse(&text)?.of_own_libraries()?;
        self.announce_text(&text)
    }

    fn announce_text(&self, text: &str) -> Result<(), ModelsError> {
        write_whole(&self.folder.join(SUCCESSOR), text.as_bytes())?;
        Ok(())
    }

    /// Names the models before those in force as those to follow; `false` when there are none.
    ///
    /// # Errors
    /// As [`Self::announce`].
    pub fn recall(&self) -> Result<bool, ModelsError> {
        let Some(before) = text_of(&self.folder, BEFORE)? else { return Ok(false) };
        Manifest::parse(&before)?;
        self.announce_text(&before)?;
        Ok(true)
    }

    /// Puts these models in force for the next start, and keeps those before. Nothing happens where another server has done
    /// so already; and what was announced since stays announced.
    ///
    /// # Errors
    /// [`ModelsError::Io`].
    pub fn promote(&self) -> Result<(), ModelsError> {
        let _lock = self.lock()?;
        let before = in_force(&self.folder)?;
        if before != *self.text {
            write_whole(&self.folder.join(BEFORE), before.as_bytes())?;
            write_whole(&self.folder.join(IN_FORCE), self.text.as_bytes())?;
        }
        let successor = self.folder.join(SUCCESSOR);
        if text_of(&self.folder, SUCCESSOR)?.is_some_and(|text| text == *self.text) {
            fs::remove_file(successor)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manifest that differs from the built-in one.
    fn other(folder: &Path, number: u8) -> std::path::PathBuf {
        let path = folder.join(format!("other-{number}.toml"));
        fs::write(&path, format!("# {number}\n{}", Manifest::BUILT_IN)).unwrap();
        path
    }

    #[cfg(unix)]
    #[test]
    fn a_manifest_that_others_can_write_is_never_taken_up() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let models = Models::open(folder.path()).unwrap();
        models.announce(&other(folder.path(), 1)).unwrap();
        let successor = folder.path().join(SUCCESSOR);
        for (path, open, closed) in [(successor.as_path(), 0o664, 0o644), (folder.path(), 0o777, 0o700)] {
            mode(path, open);
            let refused = models.successor().unwrap_err();
            assert!(matches!(&refused, ModelsError::Untrusted { path: p, .. } if p == path), "{refused}");
            mode(path, closed);
            assert!(models.successor().unwrap().is_some());
        }
        fs::rename(successor, folder.path().join(IN_FORCE)).unwrap();
        mode(&folder.path().join(IN_FORCE), 0o646);
        assert!(matches!(Models::open(folder.path()), Err(ModelsError::Untrusted { .. })));
        mode(&folder.path().join(IN_FORCE), 0o644);
        mode(folder.path(), 0o720);
        assert!(matches!(Models::open(folder.path()), Err(ModelsError::Untrusted { .. })));
        mode(folder.path(), 0o700);
        Models::open(folder.path()).unwrap();
    }

    #[test]
    fn two_servers_take_up_what_is_announced_and_a_later_announcement_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other_server] = [(); 2].map(|()| Models::open(folder.path()).unwrap());
        assert!(one.successor().unwrap().is_none());
        one.announce(&other(folder.path(), 1)).unwrap();
        let next = one.successor().unwrap().expect("what was announced");
        // While the first takes it up, something newer is announced.
        one.announce(&other(folder.path(), 2)).unwrap();
        next.promote().unwrap();
        assert!(Models::open(folder.path()).unwrap().text().starts_with("# 1\n"));
        let newest = next.successor().unwrap().expect("the newer one");
        assert!(newest.text().starts_with("# 2\n"));
        newest.promote().unwrap();
        newest.promote().unwrap();
        assert!(newest.successor().unwrap().is_none());
        // The other server comes late: it sees what is in force now, and does not turn the order round.
        let late = other_server.successor().unwrap().expect("what is in force");
        assert_eq!(late.text(), newest.text());
        late.promote().unwrap();
        assert!(late.recall().unwrap());
        assert!(late.successor().unwrap().expect("those before").text().starts_with("# 1\n"));
    }
}
