//! ANSI INCITS 378-2004.

use super::bytes::Bytes;
use super::iso2005::read_body;
use super::{BadRecord, Record};

/// Reads what follows the version.
pub(super) fn read(bytes: &mut Bytes<'_>, whole: usize) -> Result<Record, BadRecord> {
    let length = match bytes.u16()? {
        0 => bytes.u32()?,
        short => short.into(),
    };
    if length as usize > whole {
        return Err(BadRecord::Length);
    }
    let (_product, _device) = (bytes.u32()?, bytes.u16()?);
    read_body(bytes, (length, whole), of_two_degrees, "ANSI INCITS 378-2004")
}

/// Directions are in steps of two degrees here.
pub(super) fn of_two_degrees(steps: u8) -> Option<u8> {
    (steps < 180).then(|| ((u32::from(steps) * 256 + 90) / 180) as u8)
}
