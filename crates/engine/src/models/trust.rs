//! Whose word is taken: a folder of models, and a manifest in it, decide what judges faces, and with which native code.
//! So nobody but this process's user and root may be able to write them.

use std::fs;
use std::path::Path;

use super::ModelsError;

/// Makes the folder, for its owner alone.
pub(super) fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Checks that a file or folder can be written by nobody else.
///
/// # Errors
/// [`ModelsError::Untrusted`].
#[cfg(unix)]
pub(super) fn check(path: &Path) -> Result<(), ModelsError> {
    use std::os::unix::fs::MetadataExt as _;

    let found = fs::metadata(path)?;
    let refuse = |why| Err(ModelsError::Untrusted { path: path.to_owned(), why });
    if found.uid() != 0 && found.uid() != own_user() {
        return refuse("belongs to another user: give it to root or to the user that runs this program");
    }
    if found.mode() & 0o022 != 0 {
        return refuse("can be written by others: chmod go-w");
    }
    Ok(())
}

/// Checks that nobody else can put another folder in the place of this one: what is checked in it would not be what is used.
/// In a folder where everybody may put things, as in that of temporary files, only the owner of a thing may move it.
///
/// # Errors
/// [`ModelsError::Untrusted`].
#[cfg(unix)]
pub(super) fn check_way_to(folder: &Path) -> Result<(), ModelsError> {
    use std::os::unix::fs::MetadataExt as _;

    const STICKY: u32 = 0o1000;
    for above in folder.canonicalize()?.ancestors().skip(1) {
        let found = fs::metadata(above)?;
        let shared = found.mode() & 0o022 != 0 && found.mode() & STICKY == 0;
        if shared || (found.uid() != 0 && found.uid() != own_user()) {
            let why = "lies above the models, and others may put another folder in their place: it must belong to root or to the \
                       user that runs this program, and be writable by nobody else";
            return Err(ModelsError::Untrusted { path: above.to_owned(), why });
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check_way_to(_: &Path) -> Result<(), ModelsError> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check(_: &Path) -> Result<(), ModelsError> {
    Ok(())
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library does not say whose process this is")]
fn own_user() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}
