//! Walking a WebP, and the one picture in it as the smallest file around it: profiles, texts, transparency and whatever a longer
//! form holds are left out.

use domain::biometric::Rejection;

use super::decode::why;
use super::{Format, Header, Part, damaged, orientation};

const HEADER: usize = 12;

fn short() -> Rejection {
    damaged(why(Format::WebP))
}

/// Walks a file that begins with its header.
pub(super) fn walk(bytes: &[u8]) -> Result<Header, Rejection> {
    let mut header = Header::of(Format::WebP);
    let (mut at, mut picture) = (HEADER, None);
    while at + 8 <= bytes.len() {
        let kind = &bytes[at..at + 4];
        let length = bytes[at + 4..at + 8].iter().rev().fold(0, |n, byte| n << 8 | usize::from(*byte));
        let end = (at + 8).checked_add(length).filter(|&end| end <= bytes.len()).ok_or_else(short)?;
        let body = &bytes[at + 8..end];
        match kind {
            b"ANIM" | b"ANMF" => return Err(damaged("this WebP is a film: send one picture of it, as JPEG")),
            b"VP8 " | b"VP8L" if picture.is_none() => {
                let size = if kind == b"VP8 " { lossy(body) } else { lossless(body) };
                (header.width, header.height) = size.ok_or_else(short)?;
                picture = Some(&bytes[at..end]);
            }
            b"EXIF" => {
                let tiff = body.strip_prefix(b"Exif\0\0").unwrap_or(body);
                header.orientation = orientation::of_tiff(tiff).unwrap_or(header.orientation);
            }
            _ => {}
        }
        at = end + length % 2;
    }
    let picture = picture.filter(|_| header.width > 0 && header.height > 0).ok_or_else(short)?;
    header.keep.push(Part::Made(around(picture)));
    Ok(header)
}

/// The file with nothing but this chunk.
fn around(chunk: &[u8]) -> Vec<u8> {
    let padded = chunk.len() + chunk.len() % 2;
    let mut file = Vec::with_capacity(HEADER + padded);
    file.extend(b"RIFF");
    // The file is no longer than four bytes say: the length of this chunk was read from so many.
    file.extend(u32::try_from(padded + 4).unwrap_or(u32::MAX).to_le_bytes());
    file.extend(b"WEBP");
    file.extend(chunk);
    file.resize(HEADER + padded, 0);
    file
}

/// The size in a key frame of VP8: 14 bits each.
fn lossy(body: &[u8]) -> Option<(u32, u32)> {
    let [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = *body else { return None };
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((side(w0, w1), side(h0, h1)))
}

/// The size in a picture without loss: 14 bits each, less one.
fn lossless(body: &[u8]) -> Option<(u32, u32)> {
    let [0x2f, a, b, c, d, ..] = *body else { return None };
    let bits = u32::from_le_bytes([a, b, c, d]);
    Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
}
