//! From untrusted bytes to upright pixels, within limits that are checked before a decoder runs.

use domain::biometric::{Rejection, RejectionCode};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use sha2::{Digest as _, Sha256};

use super::record;
use crate::file::{Bounds, Format, Header, begin, inspect, pixels, strip};

/// What an image may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageLimits {
    /// Longest file, in bytes.
    pub bytes: usize,
    /// Longest side, in pixels.
    pub side: u32,
    /// Most pixels.
    pub pixels: u64,
    /// Most pixels of a JPEG that can be scaled down while it is decoded; such a one is looked at at half its size.
    pub scaled_pixels: u64,
    /// Most pixels times passes of a progressive JPEG.
    pub work: u64,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            side: 10_000,
            pixels: 25_000_000,
            scaled_pixels: 64_000_000,
            work: 500_000_000,
        }
    }
}

/// An image, decoded once, upright, and the bytes that are worth storing.
pub struct Decoded {
    /// The pixels.
    pub pixels: RgbImage,
    /// Digests of the upright pixels, of those of the file to be stored where that is another one, and of those that were sent where they
    /// were turned: of two files that show the same pixels, also turned, one is the same.
    pub pictures: Vec<[u8; 32]>,
    /// The file without metadata. Encoded anew, as JPEG, where the orientation had to be applied, and where it was neither
    /// JPEG nor PNG, or not whole: who reads it back sees what was judged.
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
    let side = header.width.max(header.height);
    if side > limits.side {
        return Err(too_large(side.into(), limits.side.into()));
    }
    let most = if header.scalable { limits.scaled_pixels.max(limits.pixels) } else { limits.pixels };
    if header.pixels() > most {
        return Err(too_large(header.pixels(), most));
    }
    if header.pixels() * u64::from(header.scans) > limits.work {
        return Err(undecodable("this progressive JPEG comes in too many scans: save it as an ordinary one"));
    }
    Ok(())
}

const fn undecodable(why: &'static str) -> Rejection {
    Rejection::because(RejectionCode::ImageUndecodable, why)
}

/// Decodes `bytes`.
///
/// # Errors
/// `image-undecodable` or `image-too-large`.
pub fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Decoded, Rejection> {
    let bytes = begin(record::inside(begin(bytes))?);
    let header = inspect(bytes)?;
    within(bytes, &header, limits)?;
    let bounds = Bounds { side: limits.side, pixels: limits.pixels };
    // Decoding the stripped file: no profile or text is ever inflated.
    let stored = strip(bytes, &header);
    let picture = pixels(&stored, &header, &bounds)?.into_rgb8();
    let sent = digest(&picture);
    let turn = Orientation::from_exif(header.orientation).filter(|&o| o != Orientation::NoTransforms);
    let is_kept = match header.format {
        // Of a file that ended too early every decoder makes up an end of its own.
        Format::Jpeg if header.cut => {
            let whole = pixels(&stored, &inspect(&stored)?, &bounds)?.into_rgb8() == picture;
            // What it lacks is spread over all of it, and nobody knows how much that is.
            if header.progressive && !whole {
                return Err(undecodable("this progressive JPEG ends early: it was not sent whole"));
            }
            whole
        }
        Format::Jpeg | Format::Png => true,
        Format::WebP | Format::Bmp | Format::Tiff => false,
    };
    if turn.is_none() && is_kept {
        return Ok(Decoded { pixels: picture, pictures: vec![sent], stored });
    }
    let picture = match turn {
        Some(turn) => {
            let mut image = DynamicImage::from(picture);
            image.apply_orientation(turn);
            image.into_rgb8()
        }
        None => picture,
    };
    let stored = encode(&picture).map_err(|_| undecodable("this picture cannot be kept"))?;
    // Who may read it can send it back: then it has the pixels of a file that was encoded anew.
    let again = pixels(&stored, &inspect(&stored)?, &bounds)?.into_rgb8();
    let mut pictures = vec![digest(&picture), digest(&again)];
    if pictures[0] != sent {
        pictures.push(sent);
    }
    Ok(Decoded { pixels: picture, pictures, stored })
}

/// Most bytes of pixels that are hashed: of a larger picture every so many rows.
const HASHED: usize = 4 << 20;

/// SHA-256 of an image's size and of rows spread evenly over its upper three quarters: a JPEG that lacks its end is the same picture.
/// Two photographs differ in every row, by noise alone; two files of the same pixels in none.
fn digest(pixels: &RgbImage) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(pixels.width().to_be_bytes());
    hash.update(pixels.height().to_be_bytes());
    let row = 3 * pixels.width().max(1) as usize;
    let every = pixels.as_raw().len().div_ceil(HASHED).max(1);
    let upper = (pixels.height() as usize * 3).div_ceil(4);
    pixels.as_raw().chunks(row).take(upper).step_by(every).for_each(|row| hash.update(row));
    hash.finalize().into()
}

fn encode(pixels: &RgbImage) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(pixels.len() / 6);
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(pixels)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
