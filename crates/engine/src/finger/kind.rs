//! Kinds of fingerprint data, told by their first bytes.

use serde::{Deserialize, Serialize};

use super::image_record;
use crate::jpeg2000::is_jpeg2000;

/// A kind of fingerprint data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// PNG image.
    Png,
    /// JPEG image.
    Jpeg,
    /// Windows bitmap.
    Bmp,
    /// TIFF image.
    Tiff,
    /// FBI wavelet scalar quantisation.
    Wsq,
    /// JPEG 2000, as a file or a bare codestream.
    Jpeg2000,
    /// ISO/IEC 19794-2 or ANSI 378 minutiae.
    Minutiae,
    /// ISO/IEC 19794-4 or ANSI 381: a record around an image, which is taken out and kept.
    ImageRecord,
}

impl Kind {
    /// Largest fingerprint taken in, in bytes.
    pub const MAX_BYTES: usize = 1 << 20;

    /// The kind of `bytes`, if it is one of them.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(match bytes {
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [b'B', b'M', ..] => Self::Bmp,
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Self::Tiff,
            [0xff, 0xa0, ..] => Self::Wsq,
            _ if is_jpeg2000(bytes) => Self::Jpeg2000,
            _ if minutiae::record::is_record(bytes) => Self::Minutiae,
            _ if image_record::is_record(bytes) => Self::ImageRecord,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_first_bytes() {
        assert_eq!(Kind::of(b"FMR\0 20\0"), Some(Kind::Minutiae));
        assert_eq!(Kind::of(b"FIR\x00020\0"), Some(Kind::ImageRecord));
        assert_eq!(Kind::of(b"\xff\xa0\xff\xa8"), Some(Kind::Wsq));
        assert_eq!(Kind::of(b"hello"), None);
        assert_eq!(Kind::of(b""), None);
    }
}
