//! Cutting metadata out of a fingerprint's file without touching the picture: comments, thumbnails, profiles, further images,
//! and bytes that no decoder reads. What is kept is named here; everything else goes.
//!
//! No decoder runs, nothing is inflated, and the work is linear in the number of bytes.

mod bmp;
mod wsq;

use domain::biometric::{Rejection, RejectionCode};

use super::Kind;
use super::jpeg2000::structure::{Fault, walk};
use crate::file;

/// The file with nothing but its picture; a record of minutiae stays as it is.
///
/// # Errors
/// `fingerprint-undecodable` when the file's structure cannot be followed.
pub fn bare(bytes: Vec<u8>, kind: Kind) -> Result<Vec<u8>, Rejection> {
    let cut = match kind {
        Kind::Png | Kind::Jpeg => file::bare(&bytes).ok(),
        Kind::Bmp => bmp::bare(&bytes),
        Kind::Tiff => file::tiff::bare(&bytes),
        Kind::Wsq => wsq::bare(&bytes),
        Kind::Jpeg2000 => {
            return walk(&bytes).map(|structure| structure.codestream).map_err(Fault::rejection);
        }
        Kind::Minutiae => return Ok(bytes),
        // Its image is taken out before.
        Kind::ImageRecord => None,
    };
    cut.ok_or_else(|| Rejection::new(RejectionCode::FingerprintUndecodable))
}

#[cfg(test)]
mod tests;
