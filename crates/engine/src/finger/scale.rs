//! Bringing an image to 500 dpi.

use domain::biometric::{Rejection, RejectionCode};
use image::imageops::{FilterType, resize};
use image::{GrayImage, ImageBuffer};

use super::USUAL_DPI;
use super::picture::Grey;

/// Most pixels after scaling: 8 centimetres square.
const MOST_PIXELS: usize = 4_000_000;

/// The image at 500 dpi; as it is, where it has about that.
pub(super) fn to_usual(picture: Grey, dpi: u16) -> Result<Grey, Rejection> {
    let side = |length: usize| (length * usize::from(USUAL_DPI)).div_ceil(usize::from(dpi));
    let (width, height) = (side(picture.width), side(picture.height));
    if width * height > MOST_PIXELS {
        #[expect(clippy::cast_precision_loss, reason = "figures for a message")]
        let (measured, limit) = ((width * height) as f64, MOST_PIXELS as f64);
        return Err(Rejection::measured(RejectionCode::ImageTooLarge, measured, limit));
    }
    // Sensors of "500 dpi" have 495 to 512: nothing is gained by blurring for that.
    if dpi.abs_diff(USUAL_DPI) <= 12 {
        return Ok(picture);
    }
    let [from_width, from_height] =
        [picture.width, picture.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let image: Option<GrayImage> = ImageBuffer::from_raw(from_width, from_height, picture.pixels);
    let image = image.ok_or_else(|| Rejection::new(RejectionCode::FingerprintUndecodable))?;
    let [to_width, to_height] = [width, height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let pixels = resize(&image, to_width, to_height, FilterType::Triangle).into_raw();
    Ok(Grey { width, height, pixels })
}
