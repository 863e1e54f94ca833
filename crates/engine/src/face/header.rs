//! Walking a JPEG or PNG before anything is decoded: size, orientation, and which bytes are worth keeping.
//!
//! No decoder runs here, nothing is inflated, and the work is linear in the number of bytes.

use std::ops::Range;

use domain::biometric::{Rejection, RejectionCode};

use super::orientation;

/// Kinds of image that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Baseline or progressive JPEG.
    Jpeg,
    /// PNG.
    Png,
}

/// What the structure of the file says.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// Its kind.
    pub(crate) format: Format,
    /// Columns as stored, before the orientation is applied.
    pub(crate) width: u32,
    /// Rows as stored.
    pub(crate) height: u32,
    /// EXIF orientation, 1-8.
    pub(crate) orientation: u8,
    /// Passes over the image (progressive JPEG): each costs a walk over all pixels.
    pub(crate) scans: u32,
    /// The parts that carry the picture; all else is metadata and is cut.
    pub(crate) keep: Vec<Range<usize>>,
}

/// Longest compressed profile or text of a PNG: more is an attack or a mistake. What is not compressed is just cut.
const MAX_PNG_TEXT: usize = 64 << 10;

fn damaged() -> Rejection {
    Rejection::new(RejectionCode::ImageUndecodable)
}

/// Walks `bytes`.
///
/// # Errors
/// `image-undecodable` for anything that is not a whole JPEG or PNG.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Header, Rejection> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        jpeg(bytes)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        png(bytes)
    } else {
        Err(damaged())
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn jpeg(bytes: &[u8]) -> Result<Header, Rejection> {
    let mut header = Header {
        format: Format::Jpeg,
        width: 0,
        height: 0,
        orientation: 1,
        scans: 0,
        keep: std::iter::once(0..2).collect(),
    };
    let mut at = 2;
    loop {
        // A marker is 0xff, any number of fill bytes 0xff, and a code.
        if *bytes.get(at).ok_or_else(damaged)? != 0xff {
            return Err(damaged());
        }
        let fill = bytes[at..].iter().position(|&b| b != 0xff).ok_or_else(damaged)?;
        let (start, code) = (at + fill - 1, bytes[at + fill]);
        at = start + 2;
        if code == 0xd9 {
            header.keep.push(start..at);
            let whole = header.width > 0 && header.height > 0 && header.scans > 0;
            return if whole { Ok(header) } else { Err(damaged()) };
        }
        if matches!(code, 0x01 | 0xd0..=0xd7) {
            continue;
        }
        let length = be16(bytes, at).filter(|&l| l >= 2).ok_or_else(damaged)?;
        let body = bytes.get(at + 2..at + length).ok_or_else(damaged)?;
        let mut end = at + length;
        match code {
            0xc0..=0xcf if !matches!(code, 0xc4 | 0xc8 | 0xcc) => {
                header.height = u32::try_from(be16(body, 1).ok_or_else(damaged)?).unwrap_or(0);
                header.width = u32::try_from(be16(body, 3).ok_or_else(damaged)?).unwrap_or(0);
            }
            0xe1 if body.starts_with(b"Exif\0\0") => {
                header.orientation = orientation::of_tiff(&body[6..]).unwrap_or(header.orientation);
            }
            0xda => {
                header.scans += 1;
                end = scan_end(bytes, end).ok_or_else(damaged)?;
            }
            _ => {}
        }
        if !is_jpeg_metadata(code, body) {
            header.keep.push(start..end);
        }
        at = end;
    }
}

/// Application segments and comments, but for the two that decide how colours are read.
fn is_jpeg_metadata(code: u8, body: &[u8]) -> bool {
    match code {
        0xe0 => !(body.starts_with(b"JFIF\0") && body.len() == 14), // a longer one carries a thumbnail
        0xee => !body.starts_with(b"Adobe"),
        0xe1..=0xef | 0xfe => true,
        _ => false,
    }
}

/// Where the entropy-coded data that begins at `at` ends: at a marker that is neither stuffing nor a restart.
fn scan_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

/// Whether a chunk's content is compressed: international text says so after its keyword.
fn is_compressed(kind: &[u8], body: &[u8]) -> bool {
    let flag = || body.iter().position(|&b| b == 0).and_then(|end| body.get(end + 1));
    kind != b"iTXt" || flag() == Some(&1)
}

fn png(bytes: &[u8]) -> Result<Header, Rejection> {
    let mut header = Header {
        format: Format::Png,
        width: 0,
        height: 0,
        orientation: 1,
        scans: 1,
        keep: std::iter::once(0..8).collect(),
    };
    let mut at = 8;
    loop {
        let length = be32(bytes, at).and_then(|l| usize::try_from(l).ok()).ok_or_else(damaged)?;
        let end = at.checked_add(length).and_then(|e| e.checked_add(12)).filter(|&e| e <= bytes.len());
        let end = end.ok_or_else(damaged)?;
        let (kind, body) = (&bytes[at + 4..at + 8], &bytes[at + 8..end - 4]);
        if at == 8 && kind != b"IHDR" {
            return Err(damaged());
        }
        match kind {
            b"IHDR" => {
                header.width = be32(body, 0).ok_or_else(damaged)?;
                header.height = be32(body, 4).ok_or_else(damaged)?;
            }
            b"eXIf" => header.orientation = orientation::of_tiff(body).unwrap_or(header.orientation),
            b"iCCP" | b"zTXt" | b"iTXt" if length > MAX_PNG_TEXT && is_compressed(kind, body) => {
                return Err(damaged());
            }
            _ => {}
        }
        if matches!(kind, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"IEND") {
            header.keep.push(at..end);
        }
        if kind == b"IEND" {
            return if header.width > 0 && header.height > 0 { Ok(header) } else { Err(damaged()) };
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_the_walk_panic_or_keep_what_is_not_there(
            start in prop::sample::select(vec![&b"\xff\xd8\xff"[..], &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..]]),
            rest in prop::collection::vec(prop_oneof![Just(0xffu8), Just(0xda), Just(0xd9), Just(0), Just(2), any::<u8>()], 0..200),
        ) {
            let bytes = [start, &rest].concat();
            if let Ok(header) = inspect(&bytes) {
                prop_assert!(header.keep.iter().all(|r| r.end <= bytes.len()));
            }
        }
    }
}
