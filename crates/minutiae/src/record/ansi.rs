//! ANSI INCITS 378-2004.

use super::bytes::Bytes;
use super::iso2005::read_view;
use super::{BadRecord, Image, Record};

/// Reads what follows the version.
pub(super) fn read(bytes: &mut Bytes<'_>, whole: usize) -> Result<Record, BadRecord> {
    let length = match bytes.u16()? {
        0 => bytes.u32()?,
        short => short.into(),
    };
    if length as usize != whole {
        return Err(BadRecord::Length);
    }
    let (_product, _device) = (bytes.u32()?, bytes.u16()?);
    let image = Image { width: bytes.u16()?, height: bytes.u16()?, across: bytes.u16()?, down: bytes.u16()? }
        .checked()?;
    let (views, _reserved) = (bytes.u8()?, bytes.u8()?);
    let mut first = None;
    for _ in 0..views {
        let view = read_view(bytes, &image, of_two_degrees)?;
        first = first.or(Some(view));
    }
    bytes.end()?;
    let (template, position) = first.ok_or(BadRecord::Empty)?;
    Ok(Record { template, position, standard: "ANSI INCITS 378-2004" })
}

/// Directions are in steps of two degrees here.
fn of_two_degrees(steps: u8) -> Option<u8> {
    (steps < 180).then(|| ((u32::from(steps) * 256 + 90) / 180) as u8)
}
