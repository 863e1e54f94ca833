//! From untrusted bytes to upright pixels, within limits that are checked before a decoder runs.

use std::io::Cursor;

use domain::biometric::{Rejection, RejectionCode};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::error::DecodingError;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, RgbImage};
use sha2::{Digest as _, Sha256};

use super::header::{Format, Header, inspect};
use super::record;
use super::strip::strip;
use crate::rows;

/// What an image may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageLimits {
    /// Longest file, in bytes.
    pub bytes: usize,
    /// Longest side, in pixels.
    pub side: u32,
    /// Most pixels.
    pub pixels: u64,
    /// Most pixels times passes of a progressive JPEG.
    pub work: u64,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self { bytes: 16 << 20, side: 6_000, pixels: 25_000_000, work: 500_000_000 }
    }
}

/// An image, decoded once, upright, and the bytes that are worth storing.
pub struct Decoded {
    /// The pixels.
    pub pixels: RgbImage,
    /// Digests of the pixels as the file has them, before they are turned upright, and of those of the file to be stored where that
    /// is another one: the same for every file that shows the same pixels.
    pub pictures: Vec<[u8; 32]>,
    /// The file without metadata; encoded anew only where the orientation had to be applied.
    pub stored: Vec<u8>,
}

#[expect(clippy::cast_precision_loss, reason = "figures for a message")]
fn too_large(measured: u64, limit: u64) -> Rejection {
    Rejection::measured(RejectionCode::ImageTooLarge, measured as f64, limit as f64)
}

fn within(bytes: &[u8], header: &Header, limits: &ImageLimits) -> Result<(), Rejection> {
    if bytes.len() > limits.bytes {
        return Err(too_large(bytes.len() as u64, limits.bytes as u64));
    }
    let (side, pixels) =
        (header.width.max(header.height), u64::from(header.width) * u64::from(header.height));
    if side > limits.side {
        return Err(too_large(side.into(), limits.side.into()));
    }
    if pixels > limits.pixels {
        return Err(too_large(pixels, limits.pixels));
    }
    if pixels * u64::from(header.scans) > limits.work {
        return Err(Rejection::new(RejectionCode::ImageUndecodable));
    }
    Ok(())
}

/// Decodes `bytes`.
///
/// # Errors
/// `image-undecodable` or `image-too-large`.
pub fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Decoded, Rejection> {
    let bytes = record::inside(bytes)?;
    let header = inspect(bytes)?;
    within(bytes, &header, limits)?;
    // Decoding the stripped file: no profile or text is ever inflated.
    let stored = strip(bytes, &header);
    let undecodable = |_| Rejection::new(RejectionCode::ImageUndecodable);
    let pixels = decoded(&stored, &header, limits).map_err(undecodable)?.into_rgb8();
    let sent = digest(&pixels);
    let turn = Orientation::from_exif(header.orientation).filter(|&o| o != Orientation::NoTransforms);
    let Some(turn) = turn else {
        return Ok(Decoded { pixels, pictures: vec![sent], stored });
    };
    let mut image = DynamicImage::from(pixels);
    image.apply_orientation(turn);
    let pixels = image.into_rgb8();
    let stored = encode(&pixels).map_err(undecodable)?;
    // Who may read it can send it back: then it has the pixels of a file that was encoded anew.
    let header = Header { format: Format::Jpeg, ..header };
    let again = decoded(&stored, &header, limits).map_err(undecodable)?.into_rgb8();
    Ok(Decoded { pixels, pictures: vec![sent, digest(&again)], stored })
}

/// Most bytes of pixels that are hashed: of a larger picture every so many rows.
const HASHED: usize = 4 << 20;

/// SHA-256 of an image's size and of rows spread evenly over it. Two photographs differ in every row, by noise alone; two
/// files of the same pixels in none.
fn digest(pixels: &RgbImage) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(pixels.width().to_be_bytes());
    hash.update(pixels.height().to_be_bytes());
    let row = 3 * pixels.width().max(1) as usize;
    let every = pixels.as_raw().len().div_ceil(HASHED).max(1);
    pixels.as_raw().chunks(row).step_by(every).for_each(|row| hash.update(row));
    hash.finalize().into()
}

fn decoded(bytes: &[u8], header: &Header, limits: &ImageLimits) -> image::ImageResult<DynamicImage> {
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    bounds.max_alloc = Some(limits.pixels.saturating_mul(16));
    match header.format {
        Format::Jpeg => {
            let mut decoder = JpegDecoder::new(Cursor::new(bytes))?;
            decoder.set_limits(bounds)?;
            DynamicImage::from_decoder(decoder)
        }
        Format::Png => {
            let picture = rows::decode(bytes).map_err(|_| damaged(ImageFormat::Png))?;
            let pixels = RgbImage::from_raw(picture.width, picture.height, picture.samples);
            pixels.map(DynamicImage::from).ok_or_else(|| damaged(ImageFormat::Png))
        }
    }
}

fn damaged(format: ImageFormat) -> ImageError {
    ImageError::Decoding(DecodingError::from_format_hint(format.into()))
}

fn encode(pixels: &RgbImage) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(pixels.len() / 6);
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(pixels)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
