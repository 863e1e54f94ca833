//! From a fingerprint as it is sent to what is kept of it: the image out of a record, a file without its metadata, and what both say
//! of finger and resolution.

use domain::biometric::{Rejection, RejectionCode};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use minutiae::Position;

use super::image_record::{self, Density, Found, Inside};
use super::{Kind, LEAST_DPI, MOST_DPI, USUAL_DPI, bare, resolution};

/// Who says how many dots an inch there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DpiBy {
    /// The client, or the record the image came in.
    Sender,
    /// The image file.
    File,
    /// Nobody says another than the usual one.
    Nobody,
}

/// A fingerprint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// An image file without metadata, or a record of minutiae as it came.
    pub bytes: Vec<u8>,
    /// Its kind; never [`Kind::ImageRecord`].
    pub kind: Kind,
    /// Resolution of an image, [`LEAST_DPI`] to [`MOST_DPI`].
    pub dpi: u16,
    /// Who says so.
    pub dpi_by: DpiBy,
    /// The finger, where the record around the image says.
    pub position: Option<Position>,
    /// Whether that record has a number that is no finger's.
    pub unknown_finger: bool,
}

/// What is kept of `bytes`, which are of that kind. `dpi` is what the client says of the resolution: it is believed before what the
/// record or the file says.
///
/// # Errors
/// `fingerprint-undecodable` when the structure cannot be followed or holds no one image that is read, `image-too-large`.
pub fn received(bytes: Vec<u8>, kind: Kind, dpi: Option<u16>) -> Result<Kept, Rejection> {
    if kind == Kind::ImageRecord {
        return of_record(&bytes, dpi);
    }
    // Before it is cut.
    let of_file = resolution::said(&bytes, kind);
    let (dpi, dpi_by) = match (dpi, of_file) {
        (Some(dpi), _) => (dpi, DpiBy::Sender),
        (None, Some(dpi)) if dpi != USUAL_DPI => (dpi, DpiBy::File),
        (None, _) => (USUAL_DPI, DpiBy::Nobody),
    };
    Ok(Kept { bytes: bare(bytes, kind)?, kind, dpi, dpi_by, position: None, unknown_finger: false })
}

fn of_record(bytes: &[u8], dpi: Option<u16>) -> Result<Kept, Rejection> {
    let Found { image, position, unknown_finger, density } = image_record::read(bytes)?;
    let dpi = match dpi {
        Some(dpi) => Some(dpi),
        None => dpi_of(density)?,
    };
    let (file, kind) = match image {
        Inside::File(file, kind) => (file.to_vec(), kind),
        Inside::Pixels { width, height, pixels } => (as_png(width, height, pixels)?, Kind::Png),
    };
    Ok(Kept { position, unknown_finger, ..received(file, kind, dpi)? })
}

fn dpi_of(density: Density) -> Result<Option<u16>, Rejection> {
    let because = |reason| Err(Rejection::because(RejectionCode::FingerprintUndecodable, reason));
    match density {
        Density::Unsaid => Ok(None),
        Density::Dpi(dpi) => match u16::try_from(dpi) {
            Ok(dpi) if (LEAST_DPI..=MOST_DPI).contains(&dpi) => Ok(Some(dpi)),
            _ => because(
                "the resolution in the image record must be 250 to 1,200 dpi; where it is wrong, say `dpi`",
            ),
        },
        Density::NotSquare => because(
            "the image record has another resolution across than down; where that is wrong, say `dpi`",
        ),
    }
}

/// Pixels without a file, as one.
fn as_png(width: u16, height: u16, pixels: &[u8]) -> Result<Vec<u8>, Rejection> {
    let mut file = Vec::with_capacity(pixels.len() / 2);
    PngEncoder::new(&mut file)
        .write_image(pixels, width.into(), height.into(), ExtendedColorType::L8)
        .map_err(|_| Rejection::new(RejectionCode::FingerprintUndecodable))?;
    // What is kept can be sent again.
    if file.len() > Kind::MAX_BYTES {
        #[expect(clippy::cast_precision_loss, reason = "figures for a message")]
        let (measured, limit) = (file.len() as f64, Kind::MAX_BYTES as f64);
        return Err(Rejection::measured(RejectionCode::ImageTooLarge, measured, limit));
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
