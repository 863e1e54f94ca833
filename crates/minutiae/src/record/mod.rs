//! Records of minutiae as other systems write and read them: ISO/IEC 19794-2:2005 and 2011, ANSI INCITS 378-2004.
//!
//! Reading is strict: lengths must add up, coordinates lie in the image, and nothing follows the end. A record of several
//! impressions is read as its first. Work and memory are linear in the length.

mod ansi;
mod bytes;
mod iso2005;
mod iso2011;
mod write;

use crate::position::Position;
use crate::template::{FARTHEST, Kind, Minutia, Template};
use bytes::Bytes;

pub use write::iso2005 as to_iso2005;

/// What a record says of one impression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The minutiae, brought to 500 dpi.
    pub template: Template,
    /// The finger, where the record says.
    pub position: Option<Position>,
    /// The standard it follows.
    pub standard: &'static str,
}

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRecord {
    /// It is none of the standards that are read, or of a version that is not.
    Unknown,
    /// It ends too early, or lengths in it do not add up.
    Length,
    /// It holds no impression.
    Empty,
    /// A resolution is below 99 pixels per centimetre (250 dpi) or above 591 (1,500 dpi).
    Resolution,
    /// A width or height is zero, or above 16,383.
    Size,
    /// A minutia lies outside the image, or its direction is none.
    Minutia,
    /// The finger's number is none.
    Position,
}

impl BadRecord {
    /// What is wrong, in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "not a record of ISO/IEC 19794-2:2005 or 2011 or ANSI 378-2004",
            Self::Length => "the lengths in the record do not add up",
            Self::Empty => "the record holds no impression",
            Self::Resolution => "the resolution must be 99 to 591 pixels per centimetre",
            Self::Size => "width and height must be 1 to 16,383 pixels",
            Self::Minutia => "a minutia lies outside the image, or has an impossible direction",
            Self::Position => "the finger position must be 0 to 10",
        }
    }
}

/// What every record begins with.
const MAGIC: &[u8] = b"FMR\0";

/// Whether bytes may be a record.
#[must_use]
pub fn is_record(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads a record.
///
/// # Errors
/// [`BadRecord`].
pub fn read(bytes: &[u8]) -> Result<Record, BadRecord> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(BadRecord::Unknown)?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(BadRecord::Length)?;
    let whole = bytes.len();
    let mut rest = Bytes::new(rest);
    match version {
        // Both have this version; the ISO length is four bytes long, the ANSI one two, or two of zero and four.
        b" 20\0" => match rest.peek_u32() {
            Some(length) if length as usize == whole => iso2005::read(&mut rest),
            _ => ansi::read(&mut rest, whole),
        },
        b"030\0" => iso2011::read(&mut rest, whole),
        _ => Err(BadRecord::Unknown),
    }
}

/// The image a record is about.
struct Image {
    width: u16,
    height: u16,
    /// Pixels per centimetre.
    across: u16,
    down: u16,
}

/// Pixels per centimetre at 500 dpi.
const USUAL: u32 = 197;

impl Image {
    fn checked(self) -> Result<Self, BadRecord> {
        if self.width == 0 || self.height == 0 || self.width > 0x3fff || self.height > 0x3fff {
            return Err(BadRecord::Size);
        }
        let sane = |density: u16| (99..=591).contains(&density);
        if sane(self.across) && sane(self.down) { Ok(self) } else { Err(BadRecord::Resolution) }
    }

    /// A minutia as stored: two bits of kind and fourteen of x, then y, its direction in 1/256 of a turn, its quality.
    fn minutia(&self, first: u16, second: u16, angle: u8, quality: u8) -> Result<Minutia, BadRecord> {
        let (x, y) = (first & 0x3fff, second & 0x3fff);
        if x >= self.width || y >= self.height {
            return Err(BadRecord::Minutia);
        }
        let kind = match first >> 14 {
            0 => Kind::Other,
            1 => Kind::Ending,
            2 => Kind::Bifurcation,
            _ => return Err(BadRecord::Minutia),
        };
        let usual = |at: u16, density: u16| {
            // 197 and 196.85 are both written for 500 dpi; no rounding there.
            let density = u32::from(density);
            let at = if density.abs_diff(USUAL) <= 1 {
                u32::from(at)
            } else {
                (u32::from(at) * USUAL + density / 2) / density
            };
            u16::try_from(at).unwrap_or(u16::MAX)
        };
        let (x, y) = (usual(x, self.across), usual(y, self.down));
        if x > FARTHEST || y > FARTHEST {
            return Err(BadRecord::Minutia);
        }
        // 0 is "not given"; 254 and 255 say that none could be computed.
        let quality = if quality > 100 { 0 } else { quality };
        Ok(Minutia { x, y, angle, kind, quality })
    }
}

/// The finger a number stands for.
fn position(number: u8) -> Result<Option<Position>, BadRecord> {
    match number {
        0 => Ok(None),
        number => Position::from_number(number).map(Some).ok_or(BadRecord::Position),
    }
}

#[cfg(test)]
mod tests;
