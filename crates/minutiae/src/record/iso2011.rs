//! ISO/IEC 19794-2:2011.

use super::bytes::Bytes;
use super::image::Image;
use super::view::{Stored, View};
use super::{BadRecord, Record};

/// Fewest bytes of an impression.
const LEAST: usize = 34;

/// Whether the impressions of what follows the version fill the record.
pub(super) fn adds_up(mut bytes: Bytes<'_>, whole: usize) -> bool {
    let mut walk = || {
        let length = bytes.u32()?;
        let (count, _certified) = (bytes.u16()?, bytes.u8()?);
        for _ in 0..count {
            next(&mut bytes)?;
        }
        bytes.finish(length, whole)
    };
    walk().is_ok()
}

/// The next impression, without its length.
fn next<'a>(bytes: &mut Bytes<'a>) -> Result<Bytes<'a>, BadRecord> {
    let length = bytes.u32()? as usize;
    if length < LEAST {
        return Err(BadRecord::Length);
    }
    bytes.part(length - 4)
}

/// Reads what follows the version.
pub(super) fn read(bytes: &mut Bytes<'_>, whole: usize) -> Result<Record, BadRecord> {
    let length = bytes.u32()?;
    let (count, certified) = (bytes.u16()?, bytes.u8()? != 0);
    let mut first = None;
    for _ in 0..count {
        let mut part = next(bytes)?;
        let representation = read_representation(&mut part, certified)?;
        part.end()?;
        first = first.or(Some(representation));
    }
    bytes.finish(length, whole)?;
    let (image, view) = first.ok_or(BadRecord::Empty)?;
    view.of(&image.checked()?, "ISO/IEC 19794-2:2011")
}

fn read_representation(bytes: &mut Bytes<'_>, certified: bool) -> Result<(Image, View), BadRecord> {
    // Time of capture, technology, vendor and device.
    bytes.part(9 + 1 + 2 + 2)?;
    let qualities = bytes.u8()?;
    bytes.part(usize::from(qualities) * 5)?;
    if certified {
        let certificates = bytes.u8()?;
        bytes.part(usize::from(certificates) * 3)?;
    }
    let (finger, _number) = (bytes.u8()?, bytes.u8()?);
    let (across, down, _impression) = (bytes.u16()?, bytes.u16()?, bytes.u8()?);
    let image = Image { width: bytes.u16()?, height: bytes.u16()?, across, down };
    let with_quality = match bytes.u8()? >> 4 {
        5 => false,
        6 => true,
        _ => return Err(BadRecord::Length),
    };
    let count = bytes.u8()?;
    let mut minutiae = Vec::with_capacity(count.into());
    for _ in 0..count {
        let (first, second, angle) = (bytes.u16()?, bytes.u16()?, bytes.u8()?);
        let quality = if with_quality { bytes.u8()? } else { 0 };
        minutiae.push(Stored { first, second, angle: Some(angle), quality });
    }
    bytes.extended()?;
    Ok((image, View { finger, minutiae }))
}
