//! Records of finger images: ISO/IEC 19794-4:2005 and 2011, ANSI INCITS 381-2004. The image inside is taken with what the record says
//! of finger and resolution; device, time and place of capture are not kept.
//!
//! Nothing is decoded here, and the work is linear in the number of bytes.

mod of_2004;
mod of_2011;

use domain::biometric::{Rejection, RejectionCode};
use minutiae::Position;

use super::Kind;
use crate::bytes::Bytes;

/// What every record begins with.
const MAGIC: &[u8] = b"FIR\0";

/// Whether bytes may be a record.
pub(super) fn is_record(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The image inside a record, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) image: Inside<'a>,
    pub(super) position: Option<Position>,
    /// Whether the number of the finger is none.
    pub(super) unknown_finger: bool,
    pub(super) density: Density,
}

/// What holds the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside<'a> {
    /// An image file.
    File(&'a [u8], Kind),
    /// Grey pixels, rows from the top.
    Pixels { width: u16, height: u16, pixels: &'a [u8] },
}

/// What a record says of its resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Density {
    /// Nothing.
    Unsaid,
    /// Dots per inch, whatever they may be.
    Dpi(u32),
    /// Not the same in both directions.
    NotSquare,
}

/// An image as it stands in a record: what its header says, and the bytes.
struct View<'a> {
    /// The finger's number.
    finger: u8,
    /// 1 for inches, 2 for centimetres.
    unit: u8,
    /// Pixels a unit of the sensor, and of the image, across and down.
    scan: [u16; 2],
    image: [u16; 2],
    bits: u8,
    compression: u8,
    width: u16,
    height: u16,
    data: &'a [u8],
}

fn because(reason: &'static str) -> Rejection {
    Rejection::because(RejectionCode::FingerprintUndecodable, reason)
}

/// Takes a record apart.
///
/// # Errors
/// `fingerprint-undecodable` with a reason.
pub(super) fn read(bytes: &[u8]) -> Result<Found<'_>, Rejection> {
    let lengths = || because("the lengths in the image record do not add up");
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(lengths)?;
    let views = match rest.first_chunk::<4>().ok_or_else(lengths)? {
        // Two standards have this version; the one has four bytes more in its header.
        b"010\0" => of_2004::views(Bytes::new(&rest[4..]), bytes.len()),
        b"020\0" => of_2011::views(Bytes::new(&rest[4..]), bytes.len()),
        _ => {
            return Err(because(
                "the image record is neither of ISO/IEC 19794-4:2005 or 2011 nor of ANSI 381-2004",
            ));
        }
    };
    one_of(views.ok_or_else(lengths)?)?.found()
}

/// The first of several images of one finger.
fn one_of(views: Vec<View<'_>>) -> Result<View<'_>, Rejection> {
    let mut views = views.into_iter();
    let first = views.next().ok_or_else(|| because("the image record holds no image"))?;
    // Two images of a finger that is not named may be of two.
    if views.any(|other| first.finger == 0 || other.finger != first.finger) {
        return Err(because("the image record holds several fingers: send a record for each"));
    }
    Ok(first)
}

impl<'a> View<'a> {
    fn found(&self) -> Result<Found<'a>, Rejection> {
        match self.finger {
            // Both thumbs, four fingers, and other groups.
            13..=15 | 40..=50 => {
                return Err(because("the image shows several fingers: send an image of each"));
            }
            20..=36 => return Err(because("the image shows a palm, and not a finger")),
            _ => {}
        }
        let position = Position::from_number(self.finger);
        Ok(Found {
            image: self.inside()?,
            position,
            unknown_finger: position.is_none() && self.finger != 0,
            density: self.density(),
        })
    }

    fn inside(&self) -> Result<Inside<'a>, Rejection> {
        let (width, height) = (self.width, self.height);
        let pixels = usize::from(width) * usize::from(height);
        if matches!(self.compression, 0 | 1) && self.bits == 8 && pixels > 0 && self.data.len() == pixels {
            return Ok(Inside::Pixels { width, height, pixels: self.data });
        }
        // The file says itself what it is; codes of compression have changed their meaning between the standards.
        match Kind::of(self.data) {
            Some(Kind::Minutiae | Kind::ImageRecord) => {
                Err(because("what is in the image record is no image"))
            }
            Some(kind) => Ok(Inside::File(self.data, kind)),
            None if matches!(self.compression, 0 | 1) => {
                Err(because("an uncompressed image must have 8 bits a pixel and as many bytes as pixels"))
            }
            None => Err(because(
                "the image in the record must be WSQ, PNG, JPEG, JPEG 2000 or uncompressed with 8 bits a pixel",
            )),
        }
    }

    fn density(&self) -> Density {
        let said = |density: &[u16; 2]| density.iter().all(|d| *d > 0);
        let Some([across, down]) = [self.image, self.scan].into_iter().find(said) else {
            return Density::Unsaid;
        };
        let dpi = |density: u16| match self.unit {
            1 => Some(u32::from(density)),
            2 => Some((u32::from(density) * 254 + 50) / 100),
            _ => None,
        };
        match dpi(across).zip(dpi(down)) {
            Some((across, down)) if across.abs_diff(down) * 20 <= across.max(down) => Density::Dpi(across),
            Some(_) => Density::NotSquare,
            None => Density::Unsaid,
        }
    }
}

#[cfg(test)]
pub(in crate::finger) mod tests;
