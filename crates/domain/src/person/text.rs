//! Characters that must not stand in human text, and the shared length rule.

use crate::error::{FieldCode, Invalid};

/// Control characters, line and paragraph separators, and the bidirectional overrides and isolates that let a
/// text show as another (Unicode TR 36, section 2.10).
fn forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Checks that `text` has `min..=max` characters, is not blank and has no forbidden character.
///
/// # Errors
/// `length` or `character`.
pub(super) fn plain(text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    // A character is at most four bytes: no need to count those of a text that is far too long.
    let length = if text.len() > 4 * max { usize::MAX } else { text.chars().count() };
    if length < min || length > max {
        return Err(Invalid::new(FieldCode::Length, format!("must have {min} to {max} characters")));
    }
    if min > 0 && text.chars().all(char::is_whitespace) {
        return Err(Invalid::new(FieldCode::Length, "must not be blank"));
    }
    if text.chars().any(forbidden) {
        return Err(Invalid::new(
            FieldCode::Character,
            "must not contain control characters or bidirectional overrides",
        ));
    }
    Ok(())
}

/// Checks that `text` has `1..=max` characters that all satisfy `allowed`.
///
/// # Errors
/// `length` or `character`, explained by `what`.
pub(super) fn code(
    text: &str,
    max: usize,
    allowed: impl Fn(char) -> bool,
    what: &'static str,
) -> Result<(), Invalid> {
    plain(text, 1, max)?;
    if text.chars().all(allowed) { Ok(()) } else { Err(Invalid::new(FieldCode::Character, what)) }
}

/// Declares a newtype over a valid text.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text as it is shown.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(super) use text_type;
