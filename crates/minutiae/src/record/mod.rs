//! Records of minutiae as other systems write and read them: ISO/IEC 19794-2:2005 and 2011, ANSI INCITS 378-2004 and 2009.
//!
//! Lengths must add up, and nothing but padding (zeros, line ends, spaces) may follow the end. A single minutia that cannot be is
//! left out or kept as one of no known kind, and the answer says so: devices write such, and the rest is as good as ever. A
//! record of several impressions is read as its first. Work and memory are linear in the length.

mod ansi;
mod ansi2009;
mod bytes;
mod image;
mod iso2005;
mod iso2011;
mod view;
mod write;

use crate::position::Position;
use crate::template::Template;
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
    /// What in it is not as it should be.
    pub notes: Notes,
}

/// What of an impression is not as its standard has it, and was put up with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Minutiae that were left out: outside the image, or of a direction that is none.
    pub left_out: u8,
    /// Minutiae of a kind that is none; they are kept as of no known kind.
    pub of_no_kind: u8,
    /// Whether the number of the finger is none: it counts as not known.
    pub unknown_finger: bool,
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
    /// More than half of the minutiae lie outside the image or have a direction that is none: whatever it is, it is not this image's.
    Minutia,
}

impl BadRecord {
    /// What is wrong, in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "not a record of ISO/IEC 19794-2:2005 or 2011 or ANSI 378-2004 or 2009",
            Self::Length => "the lengths in the record do not add up",
            Self::Empty => "the record holds no impression",
            Self::Resolution => "the resolution must be 99 to 591 pixels per centimetre",
            Self::Size => "width and height must be 1 to 16,383 pixels",
            Self::Minutia => "most minutiae lie outside the image, or have an impossible direction",
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
        // Both have this version; the ISO length is four bytes long, the ANSI one two, or two of zero and four: read as four, it
        // is larger than any file, or zero.
        b" 20\0" => match rest.peek_u32() {
            Some(length) if (SHORTEST..=whole).contains(&(length as usize)) => {
                iso2005::read(&mut rest, whole)
            }
            _ => ansi::read(&mut rest, whole),
        },
        // And these two this one: in ISO every impression has a length.
        b"030\0" if iso2011::adds_up(rest.clone(), whole) => iso2011::read(&mut rest, whole),
        b"030\0" | b"035\0" => ansi2009::read(&mut rest, whole),
        _ => Err(BadRecord::Unknown),
    }
}

/// Bytes of a header of 2005.
const SHORTEST: usize = 24;

/// Pixels per centimetre at 500 dpi.
const USUAL: u32 = 197;

#[cfg(test)]
mod tests;
