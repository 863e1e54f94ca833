//! From untrusted bytes to grey pixels, within limits that are checked before a decoder runs.

use std::io::Cursor;

use domain::biometric::{Rejection, RejectionCode};
use image::codecs::bmp::BmpDecoder;
use image::codecs::tiff::TiffDecoder;
use image::{DynamicImage, ImageDecoder, RgbaImage};
use sha2::{Digest as _, Sha256};

use super::chain::Limits;
use super::{Kind, ink, jpeg2000, wsq};
use crate::file::{Bounds, inspect, pixels, strip};
use crate::rows;

/// Grey pixels, rows from the top, 0 is black.
pub(super) struct Grey {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u8>,
}

impl Grey {
    /// SHA-256 of its size and pixels.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update((self.width as u64).to_be_bytes());
        hash.update(&self.pixels);
        hash.finalize().into()
    }
}

fn damaged() -> Rejection {
    Rejection::new(RejectionCode::FingerprintUndecodable)
}

/// What is wrong with the file, of a finger.
fn of_finger(rejection: Rejection) -> Rejection {
    Rejection { code: RejectionCode::FingerprintUndecodable, ..rejection }
}

#[expect(clippy::cast_precision_loss, reason = "figures for a message")]
fn within(width: usize, height: usize, limits: &Limits) -> Result<(), Rejection> {
    let too_large = |measured: usize, limit: usize| {
        Rejection::measured(RejectionCode::ImageTooLarge, measured as f64, limit as f64)
    };
    let side = width.max(height);
    if side > limits.side {
        return Err(too_large(side, limits.side));
    }
    if width * height > limits.pixels {
        return Err(too_large(width * height, limits.pixels));
    }
    Ok(())
}

/// Decodes an image file.
pub(super) fn decode(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Grey, Rejection> {
    match kind {
        Kind::Png | Kind::Jpeg => {
            let header = inspect(bytes).map_err(of_finger)?;
            let (width, height) = (header.width as usize, header.height as usize);
            within(width, height, limits)?;
            if width * height * header.scans as usize > limits.work {
                return Err(damaged());
            }
            // With what every decoder needs, and nothing to inflate but the picture.
            let bytes = &strip(bytes, &header);
            if kind == Kind::Png {
                let picture =
                    rows::with_alpha(bytes, (header.width, header.height)).map_err(|_| damaged())?;
                let pixels = RgbaImage::from_raw(picture.width, picture.height, picture.samples);
                Ok(of(&DynamicImage::from(pixels.ok_or_else(damaged)?)))
            } else {
                let side = u32::try_from(limits.side).unwrap_or(u32::MAX);
                let bounds = Bounds { side, pixels: limits.pixels as u64 };
                Ok(of(&pixels(bytes, &header, &bounds).map_err(of_finger)?))
            }
        }
        Kind::Bmp => grey(BmpDecoder::new(Cursor::new(bytes)).map_err(|_| damaged())?, limits),
        Kind::Tiff => grey(TiffDecoder::new(Cursor::new(bytes)).map_err(|_| damaged())?, limits),
        Kind::Wsq => {
            wsq::decode(bytes, |width, height| within(width, height, limits)).map_err(|fault| match fault {
                wsq::Fault::Refused(rejection) => rejection,
                wsq::Fault::Damaged => damaged(),
            })
        }
        Kind::Jpeg2000 => jpeg2000::decode(bytes, |width, height| within(width, height, limits)),
        Kind::Minutiae | Kind::ImageRecord => Err(damaged()),
    }
}

fn bounds(limits: &Limits) -> image::Limits {
    let side = u32::try_from(limits.side).unwrap_or(u32::MAX);
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(side);
    bounds.max_image_height = Some(side);
    bounds.max_alloc = Some(limits.pixels as u64 * 16);
    bounds
}

fn grey(mut decoder: impl ImageDecoder, limits: &Limits) -> Result<Grey, Rejection> {
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(damaged());
    }
    within(width as usize, height as usize, limits)?;
    decoder.set_limits(bounds(limits)).map_err(|_| damaged())?;
    Ok(of(&DynamicImage::from_decoder(decoder).map_err(|_| damaged())?))
}

fn of(image: &DynamicImage) -> Grey {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixels = if image.color().has_alpha() {
        ink::on_white(image.to_luma_alpha8().as_raw())
    } else {
        image.to_luma8().into_raw()
    };
    Grey { width, height, pixels }
}
