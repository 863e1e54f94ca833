//! Cutting metadata out of an image file without touching the picture.

use super::header::Header;

/// The file without EXIF, profiles, comments, thumbnails, and whatever follows its end.
pub(super) fn strip(bytes: &[u8], header: &Header) -> Vec<u8> {
    let mut kept = Vec::with_capacity(header.keep.iter().map(ExactSizeIterator::len).sum());
    for range in &header.keep {
        kept.extend_from_slice(&bytes[range.clone()]);
    }
    kept
}
