//! Cutting metadata out of an image file without touching the picture.

use domain::biometric::Rejection;

use super::header::{Header, inspect};

/// The file without EXIF, profiles, comments, thumbnails, and whatever follows its end.
pub(super) fn strip(bytes: &[u8], header: &Header) -> Vec<u8> {
    let mut kept = Vec::with_capacity(header.keep.iter().map(ExactSizeIterator::len).sum());
    for range in &header.keep {
        kept.extend_from_slice(&bytes[range.clone()]);
    }
    kept
}

/// As [`strip`], of a file that was not walked yet.
///
/// # Errors
/// `image-undecodable` for anything that is not a whole JPEG or PNG.
pub(crate) fn bare(bytes: &[u8]) -> Result<Vec<u8>, Rejection> {
    inspect(bytes).map(|header| strip(bytes, &header))
}
