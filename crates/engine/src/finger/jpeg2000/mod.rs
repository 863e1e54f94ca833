//! JPEG 2000, as enrolment stations write fingerprints: grey, eight bits, with or without loss.

pub(super) mod structure;

use domain::biometric::Rejection;
use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::picture::Grey;
use structure::{Fault, walk};

/// Decodes `bytes`; `fits` judges width and height before a decoder runs.
pub(super) fn decode(
    bytes: &[u8],
    fits: impl Fn(usize, usize) -> Result<(), Rejection>,
) -> Result<Grey, Rejection> {
    let structure = walk(bytes).map_err(Fault::rejection)?;
    let (width, height) = (structure.width, structure.height);
    fits(width, height)?;
    let damaged = || Fault::Damaged.rejection();
    // Half a picture is another picture.
    let settings = DecodeSettings { strict: true, ..DecodeSettings::default() };
    let image = Image::new(&structure.codestream, &settings).map_err(|_| damaged())?;
    let mut context = DecoderContext::default();
    let pixels = image.decode(&mut context).map_err(|_| damaged())?.data_u8();
    if pixels.len() != width * height {
        return Err(damaged());
    }
    Ok(Grey { width, height, pixels })
}

impl Fault {
    pub(super) fn rejection(self) -> Rejection {
        use domain::biometric::RejectionCode::FingerprintUndecodable;
        match self {
            Self::Damaged => Rejection::new(FingerprintUndecodable),
            Self::NotGrey => Rejection::because(
                FingerprintUndecodable,
                "a JPEG 2000 image must be grey with 8 bits a pixel",
            ),
            Self::Unusual => Rejection::because(
                FingerprintUndecodable,
                "the JPEG 2000 image has tiles, layers, blocks or markers that are not read: have it made with the usual ones, or as WSQ or PNG",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
