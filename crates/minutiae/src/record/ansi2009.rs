//! ANSI INCITS 378-2009, and with its amendment, which changed codes and no lengths. The image stands with each impression here.

use super::ansi::of_two_degrees;
use super::bytes::Bytes;
use super::image::Image;
use super::iso2005::read_minutiae;
use super::view::View;
use super::{BadRecord, Record};

/// Reads what follows the version.
pub(super) fn read(bytes: &mut Bytes<'_>, whole: usize) -> Result<Record, BadRecord> {
    let length = bytes.u32()?;
    // Owner and type of the product, its certificate, and the device.
    bytes.part(2 + 2 + 1 + 2)?;
    let (views, _reserved) = (bytes.u8()?, bytes.u8()?);
    let mut first = None;
    for _ in 0..views {
        let finger = bytes.u8()?;
        // Number and kind of the impression, its quality, and who says so.
        bytes.part(1 + 1 + 1 + 4)?;
        let image = Image::read(bytes)?;
        let minutiae = read_minutiae(bytes, of_two_degrees)?;
        bytes.extended()?;
        first = first.or(Some((image, View { finger, minutiae })));
    }
    bytes.finish(length, whole)?;
    let (image, view) = first.ok_or(BadRecord::Empty)?;
    view.of(&image.checked()?, "ANSI INCITS 378-2009")
}
