//! From one manifest to the next: which models are in force, which are to follow, and which were before.

use std::path::Path;
use std::{fs, io};

use super::{IN_FORCE, Manifest, Models, ModelsError, write_whole};

/// Manifests in the cache folder beside the one in force: to follow it, and before it.
const SUCCESSOR: &str = "successor.toml";
const BEFORE: &str = "before.toml";

/// The text of a file; `None` where there is none.
fn text_of(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The manifest in force in a cache folder.
pub(super) fn in_force(folder: &Path) -> io::Result<String> {
    Ok(text_of(&folder.join(IN_FORCE))?.unwrap_or_else(|| Manifest::BUILT_IN.to_owned()))
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
        let wanted = match text_of(&self.folder.join(SUCCESSOR))? {
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
        Manifest::parse(&text)?;
        write_whole(&self.folder.join(SUCCESSOR), text.as_bytes())?;
        Ok(())
    }

    /// Names the models before those in force as those to follow; `false` when there are none.
    ///
    /// # Errors
    /// As [`Self::announce`].
    pub fn recall(&self) -> Result<bool, ModelsError> {
        let before = self.folder.join(BEFORE);
        Ok(before.exists() && self.announce(&before).map(|()| true)?)
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
        if text_of(&successor)?.is_some_and(|text| text == *self.text) {
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
