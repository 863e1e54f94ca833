//! ISO/IEC 19794-2:2011.

use super::bytes::Bytes;
use super::{BadRecord, Image, Record, position};
use crate::position::Position;
use crate::template::Template;

/// Reads what follows the version.
pub(super) fn read(bytes: &mut Bytes<'_>, whole: usize) -> Result<Record, BadRecord> {
    if bytes.u32()? as usize != whole {
        return Err(BadRecord::Length);
    }
    let (count, certified) = (bytes.u16()?, bytes.u8()? != 0);
    let mut first = None;
    for _ in 0..count {
        let length = (bytes.u32()? as usize).checked_sub(4).ok_or(BadRecord::Length)?;
        let mut part = bytes.part(length)?;
        let representation = read_representation(&mut part, certified)?;
        part.end()?;
        first = first.or(Some(representation));
    }
    bytes.end()?;
    let (template, position) = first.ok_or(BadRecord::Empty)?;
    Ok(Record { template, position, standard: "ISO/IEC 19794-2:2011" })
}

fn read_representation(
    bytes: &mut Bytes<'_>,
    certified: bool,
) -> Result<(Template, Option<Position>), BadRecord> {
    // Time of capture, technology, vendor and device.
    bytes.part(9 + 1 + 2 + 2)?;
    let qualities = bytes.u8()?;
    bytes.part(usize::from(qualities) * 5)?;
    if certified {
        let certificates = bytes.u8()?;
        bytes.part(usize::from(certificates) * 3)?;
    }
    let (position, _number) = (position(bytes.u8()?)?, bytes.u8()?);
    let (across, down, _impression) = (bytes.u16()?, bytes.u16()?, bytes.u8()?);
    let image = Image { width: bytes.u16()?, height: bytes.u16()?, across, down }.checked()?;
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
        minutiae.push(image.minutia(first, second, angle, quality)?);
    }
    bytes.extended()?;
    Ok((Template::new(minutiae), position))
}
