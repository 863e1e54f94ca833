//! Files of the repository that are made from the program: `personhood generate` writes them, CI compares.

use std::fs;
use std::io;
use std::path::Path;

use crate::config::DEFAULTS;

/// Writes all of them below `root`.
pub(crate) fn write(root: &Path) -> io::Result<()> {
    let mut document = serde_json::to_string_pretty(&api::document()).map_err(io::Error::other)?;
    document.push('\n');
    put(&root.join("openapi/v2.json"), &document)?;
    let errors = root.join("docs/errors");
    let mut index = String::from(
        "# Errors\n\nEvery error is `application/problem+json` (RFC 9457). Its `code` has a page here.\n\n",
    );
    for (name, page) in api::error_pages::all() {
        index += &format!("- [{name}]({name}.md)\n");
        put(&errors.join(format!("{name}.md")), &page)?;
    }
    put(&errors.join("README.md"), &index)?;
    put(&root.join("docs/configuration.md"), &configuration())
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    fs::write(path, text)
}

fn configuration() -> String {
    format!(
        "# Configuration\n\nAll settings with their defaults and meanings, as compiled in. More come from the environment \
         alone, because they are secrets or say where a secret is: `PERSONHOOD_KEK` (32 bytes in base64), \
         `PERSONHOOD_KEK_FILE` (a file that holds the same, mode 0400), `PGPASSWORD`, and the keys of the image store. \
         Secrets are taken out of the environment at start; a file is still the better place for the key. A file of \
         settings that holds a password must not be readable by others.\n\n```toml\n{DEFAULTS}```\n"
    )
}
