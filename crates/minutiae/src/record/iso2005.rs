//! ISO/IEC 19794-2:2005, the record format.

use super::bytes::Bytes;
use super::image::Image;
use super::view::{Stored, View};
use super::{BadRecord, Record};

/// Reads what follows the version.
pub(super) fn read(bytes: &mut Bytes<'_>, whole: usize) -> Result<Record, BadRecord> {
    let (length, _device) = (bytes.u32()?, bytes.u16()?);
    read_body(bytes, (length, whole), Some, "ISO/IEC 19794-2:2005")
}

/// The image and its impressions, as ISO 2005 and ANSI 2004 both write them; they differ in the unit of angles. The first
/// impression is kept, of the others only the lengths are looked at.
pub(super) fn read_body(
    bytes: &mut Bytes<'_>,
    (declared, whole): (u32, usize),
    angle: impl Fn(u8) -> Option<u8>,
    standard: &'static str,
) -> Result<Record, BadRecord> {
    let image = Image::read(bytes)?.checked()?;
    let (views, _reserved) = (bytes.u8()?, bytes.u8()?);
    let mut first = None;
    for _ in 0..views {
        let finger = bytes.u8()?;
        let (_view_and_impression, _quality) = (bytes.u8()?, bytes.u8()?);
        let minutiae = read_minutiae(bytes, &angle)?;
        bytes.extended()?;
        first = first.or(Some(View { finger, minutiae }));
    }
    bytes.finish(declared, whole)?;
    first.ok_or(BadRecord::Empty)?.of(&image, standard)
}

/// A count, and so many minutiae of six bytes.
pub(super) fn read_minutiae(
    bytes: &mut Bytes<'_>,
    angle: impl Fn(u8) -> Option<u8>,
) -> Result<Vec<Stored>, BadRecord> {
    let count = bytes.u8()?;
    let mut minutiae = Vec::with_capacity(count.into());
    for _ in 0..count {
        let (first, second) = (bytes.u16()?, bytes.u16()?);
        minutiae.push(Stored { first, second, angle: angle(bytes.u8()?), quality: bytes.u8()? });
    }
    Ok(minutiae)
}
