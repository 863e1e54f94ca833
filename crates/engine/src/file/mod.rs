//! Image files: what kind they are, how large, and which of their bytes carry the picture. All that is known before a decoder
//! runs.
//!
//! What browsers and libjpeg read is read; what is not says what it is. No decoder runs here over JPEG and PNG, nothing is inflated,
//! and the work is linear in the number of bytes.

mod bytes;
mod decode;
mod foreign;
mod jpeg;
mod jpeg_tables;
mod orientation;
mod png;
mod strip;
mod tables;
pub(crate) mod tiff;
mod webp;

use std::ops::Range;

use domain::biometric::{Rejection, RejectionCode};

pub(crate) use decode::{Bounds, pixels};
pub(crate) use strip::{bare, piece, strip};

/// Kinds of image that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Baseline or progressive JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, with loss or without; no film.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// TIFF; of several pictures the first.
    Tiff,
}

/// A part of a file without metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Bytes of the file.
    Own(Range<usize>),
    /// Bytes that a decoder needs and the file lacks.
    Missing(&'static [u8]),
    /// The picture, in a file made around it.
    Made(Vec<u8>),
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
    /// A JPEG that the usual decoder does not read rightly: see [`jpeg`].
    pub(crate) odd: bool,
    /// A JPEG that can be scaled down while it is decoded: brightness and colours in one scan.
    pub(crate) scalable: bool,
    /// Whether the file ends before its end marker: rows may be missing.
    pub(crate) cut: bool,
    /// A JPEG whose every scan adds to the whole picture.
    pub(crate) progressive: bool,
    /// The parts that carry the picture; all else is metadata and is cut.
    pub(crate) keep: Vec<Part>,
}

impl Header {
    const fn of(format: Format) -> Self {
        Self {
            format,
            width: 0,
            height: 0,
            orientation: 1,
            scans: 1,
            odd: false,
            scalable: false,
            cut: false,
            progressive: false,
            keep: Vec::new(),
        }
    }

    /// How many pixels it has.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

fn damaged(why: &'static str) -> Rejection {
    Rejection::because(RejectionCode::ImageUndecodable, why)
}

/// The file from where it begins: line breaks and a byte order mark, which scripts and forms put before it, are skipped.
pub(crate) fn begin(bytes: &[u8]) -> &[u8] {
    const MOST: usize = 64;
    let mut rest = bytes;
    while bytes.len() - rest.len() < MOST {
        rest = match rest {
            [b'\r' | b'\n' | b' ' | b'\t', after @ ..] | [0xef, 0xbb, 0xbf, after @ ..] => after,
            _ => break,
        };
    }
    rest
}

/// Walks `bytes`, which begin with the file.
///
/// # Errors
/// `image-undecodable` with what it is or what is wrong.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Header, Rejection> {
    match bytes {
        [0xff, 0xd8, ..] => jpeg::walk(bytes),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => png::walk(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::walk(bytes),
        [b'B', b'M', ..] => decode::ask(bytes, Format::Bmp),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => {
            let made = tiff::bare(bytes).ok_or_else(|| damaged(decode::why(Format::Tiff)))?;
            let header = decode::ask(&made, Format::Tiff)?;
            Ok(Header { keep: vec![Part::Made(made)], ..header })
        }
        _ => Err(damaged(foreign::name(bytes))),
    }
}

#[cfg(test)]
mod tests;
