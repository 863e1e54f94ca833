//! Records of ISO/IEC 19794-5 around a face image, of 2005 and of 2011: what passports' tools and enrolment stations send. The one
//! image inside is taken; what the record says of the person, the camera and the place of the eyes is not kept.

use domain::biometric::{Rejection, RejectionCode};

use crate::bytes::Bytes;
use crate::jpeg2000::is_jpeg2000;

/// What every record begins with.
const MAGIC: &[u8] = b"FAC\0";

/// Bytes of a point of the face.
const POINT: usize = 8;

fn because(reason: &'static str) -> Rejection {
    Rejection::because(RejectionCode::ImageUndecodable, reason)
}

fn short() -> Rejection {
    because("the lengths in the face record do not add up")
}

/// The image inside a record; other bytes as they are.
///
/// # Errors
/// `image-undecodable` for a record that is damaged, has no or several images, or one that is not read.
pub(crate) fn inside(bytes: &[u8]) -> Result<&[u8], Rejection> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else { return Ok(bytes) };
    let image = match rest.first_chunk::<4>() {
        Some(b"010\0") => of_2005(&rest[4..], bytes.len())?,
        Some(b"030\0") => of_2011(&rest[4..], bytes.len())?,
        Some(_) => return Err(because("the face record is neither of ISO/IEC 19794-5:2005 nor of 2011")),
        None => return Err(short()),
    };
    if is_jpeg2000(image) {
        return Err(because(
            "the image in the face record is JPEG 2000, which is not read: send the picture as JPEG, by itself or in the record",
        ));
    }
    if image.is_empty() || image.starts_with(MAGIC) {
        return Err(because("the face record holds no image"));
    }
    Ok(image)
}

/// Whether a record has exactly one image.
fn one(count: u16) -> Result<(), Rejection> {
    match count {
        0 => Err(because("the face record holds no image")),
        1 => Ok(()),
        _ => Err(because("the face record holds several images: send the one that is meant")),
    }
}

/// Of a record of `whole` bytes, what follows the version.
fn of_2005(rest: &[u8], whole: usize) -> Result<&[u8], Rejection> {
    let mut bytes = Bytes::new(rest);
    let (length, count) = bytes.length().zip(bytes.u16()).ok_or_else(short)?;
    one(count)?;
    let image = (|| {
        let block = bytes.length()?.checked_sub(4).and_then(|length| bytes.part(length))?;
        let mut block = Bytes::new(block);
        let points = block.u16()?;
        // Sex, colours, properties, expression, pose; the points; kind, size and source of the image.
        block.part(14 + POINT * usize::from(points) + 12)?;
        Some(block.rest())
    })();
    image.filter(|_| bytes.ends(length, whole)).ok_or_else(short)
}

fn of_2011(rest: &[u8], whole: usize) -> Result<&[u8], Rejection> {
    let mut bytes = Bytes::new(rest);
    let (length, count) = bytes.length().zip(bytes.u16()).ok_or_else(short)?;
    // Whether it is certified, and how several images follow each other.
    let _flags = bytes.part(3).ok_or_else(short)?;
    one(count)?;
    let image = (|| {
        let block = bytes.length()?.checked_sub(4).and_then(|length| bytes.part(length))?;
        let mut block = Bytes::new(block);
        // Time of capture, technology, vendor and device.
        block.part(9 + 1 + 2 + 2)?;
        let qualities = block.u8()?;
        block.part(5 * usize::from(qualities))?;
        let points = block.u16()?;
        // Sex, colours, height, properties, expression, pose; the points; kind, size and source of the image.
        block.part(15 + POINT * usize::from(points) + 11)?;
        let length = block.length()?;
        block.part(length)
    })();
    image.filter(|_| bytes.ends(length, whole)).ok_or_else(short)
}

#[cfg(test)]
mod tests;
