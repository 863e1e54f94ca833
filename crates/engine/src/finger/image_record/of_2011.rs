//! ISO/IEC 19794-4:2011: everything stands with each image.

use super::View;
use crate::bytes::Bytes;

/// The images of a record of `whole` bytes, from what follows the version; none where lengths do not add up.
pub(super) fn views(mut bytes: Bytes<'_>, whole: usize) -> Option<Vec<View<'_>>> {
    let (length, count) = (bytes.length()?, bytes.u16()?);
    let (certified, _fingers) = (bytes.u8()? != 0, bytes.u8()?);
    let mut views = Vec::new();
    for _ in 0..count {
        let part = bytes.length()?.checked_sub(4).and_then(|length| bytes.part(length))?;
        views.push(view(Bytes::new(part), certified)?);
    }
    bytes.ends(length, whole).then_some(views)
}

fn view(mut bytes: Bytes<'_>, certified: bool) -> Option<View<'_>> {
    // Time of capture, technology, vendor and device.
    bytes.part(9 + 1 + 2 + 2)?;
    let qualities = bytes.u8()?;
    bytes.part(5 * usize::from(qualities))?;
    if certified {
        let certificates = bytes.u8()?;
        bytes.part(3 * usize::from(certificates))?;
    }
    let (finger, _number, unit) = (bytes.u8()?, bytes.u8()?, bytes.u8()?);
    let (scan, image) = ([bytes.u16()?, bytes.u16()?], [bytes.u16()?, bytes.u16()?]);
    let (bits, compression, _impression) = (bytes.u8()?, bytes.u8()?, bytes.u8()?);
    let (width, height) = (bytes.u16()?, bytes.u16()?);
    let length = bytes.length()?;
    // Segments, annotations and comments may follow.
    let data = bytes.part(length)?;
    Some(View { finger, unit, scan, image, bits, compression, width, height, data })
}
