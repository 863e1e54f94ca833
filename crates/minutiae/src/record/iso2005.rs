//! ISO/IEC 19794-2:2005, the record format.

use super::bytes::Bytes;
use super::{BadRecord, Image, Record, position};
use crate::template::Template;

/// Reads what follows the version; the length was found to be right.
pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Record, BadRecord> {
    let (_length, _device) = (bytes.u32()?, bytes.u16()?);
    read_body(bytes, Some, "ISO/IEC 19794-2:2005")
}

/// The image and its impressions, as ISO 2005 and ANSI 2004 both write them; they differ in the unit of angles. The first
/// impression is kept, the others are checked.
pub(super) fn read_body(
    bytes: &mut Bytes<'_>,
    angle: impl Fn(u8) -> Option<u8>,
    standard: &'static str,
) -> Result<Record, BadRecord> {
    let image = Image { width: bytes.u16()?, height: bytes.u16()?, across: bytes.u16()?, down: bytes.u16()? }
        .checked()?;
    let (views, _reserved) = (bytes.u8()?, bytes.u8()?);
    let mut first = None;
    for _ in 0..views {
        let view = read_view(bytes, &image, &angle)?;
        first = first.or(Some(view));
    }
    bytes.end()?;
    let (template, position) = first.ok_or(BadRecord::Empty)?;
    Ok(Record { template, position, standard })
}

/// One impression.
fn read_view(
    bytes: &mut Bytes<'_>,
    image: &Image,
    angle: impl Fn(u8) -> Option<u8>,
) -> Result<(Template, Option<crate::position::Position>), BadRecord> {
    let position = position(bytes.u8()?)?;
    let (_view_and_impression, _quality) = (bytes.u8()?, bytes.u8()?);
    let count = bytes.u8()?;
    let mut minutiae = Vec::with_capacity(count.into());
    for _ in 0..count {
        let (first, second) = (bytes.u16()?, bytes.u16()?);
        let angle = angle(bytes.u8()?).ok_or(BadRecord::Minutia)?;
        minutiae.push(image.minutia(first, second, angle, bytes.u8()?)?);
    }
    bytes.extended()?;
    Ok((Template::new(minutiae), position))
}
