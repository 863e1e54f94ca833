//! Cutting metadata out of an image file without touching the picture.

use domain::biometric::Rejection;

use super::{Header, Part, inspect};

fn gather<'a>(bytes: &'a [u8], parts: &'a [Part], completed: bool) -> Vec<u8> {
    let of = |part: &'a Part| match part {
        Part::Own(range) => &bytes[range.clone()],
        Part::Missing(needed) if completed => needed,
        Part::Missing(_) => &[],
        Part::Made(made) => made,
    };
    let mut kept = Vec::with_capacity(parts.iter().map(|part| of(part).len()).sum());
    parts.iter().for_each(|part| kept.extend_from_slice(of(part)));
    kept
}

/// The file without EXIF, profiles, comments, thumbnails, and whatever lies before, between and behind what belongs to it; with what
/// every decoder needs.
pub(crate) fn strip(bytes: &[u8], header: &Header) -> Vec<u8> {
    gather(bytes, &header.keep, true)
}

/// As [`strip`], of a file that was not walked yet.
///
/// # Errors
/// `image-undecodable` for what is not read.
pub(crate) fn bare(bytes: &[u8]) -> Result<Vec<u8>, Rejection> {
    inspect(bytes).map(|header| strip(bytes, &header))
}

/// As [`bare`], of a JPEG inside another file, which holds the tables that it lacks.
///
/// # Errors
/// `image-undecodable` for what is not read.
pub(crate) fn piece(bytes: &[u8]) -> Result<Vec<u8>, Rejection> {
    inspect(bytes).map(|header| gather(bytes, &header.keep, false))
}
