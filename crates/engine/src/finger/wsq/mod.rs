//! Wavelet scalar quantisation: the FBI's compression of grey fingerprints (IAFIS-IC-0110 v3).
//!
//! A file is a run of marked segments: tables, the frame, and up to three blocks of Huffman-coded numbers. The numbers fill 60 of 64
//! subbands ([`layout`]); they are multiplied out, put together by an inverse wavelet transform ([`wavelet`]), and shifted to
//! grey levels. Everything is checked before memory is taken: the size against limits, every table against the format.

mod coefficients;
mod huffman;
mod layout;
mod reader;
mod tables;
mod wavelet;

use domain::biometric::Rejection;

use super::picture::Grey;
use reader::Reader;
use tables::Tables;

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// It ends too early, or says what cannot be.
    Damaged,
    /// Its size does not do.
    Refused(Rejection),
}

/// Codes of segments, after the byte 0xff.
mod marker {
    pub(super) const START: u8 = 0xa0;
    pub(super) const END: u8 = 0xa1;
    pub(super) const FRAME: u8 = 0xa2;
    pub(super) const BLOCK: u8 = 0xa3;
    pub(super) const FILTERS: u8 = 0xa4;
    pub(super) const QUANTISERS: u8 = 0xa5;
    pub(super) const CODES: u8 = 0xa6;
    pub(super) const COMMENT: u8 = 0xa8;
}

/// Decodes `bytes`; `fits` judges width and height before anything of that size is made.
pub(super) fn decode(
    bytes: &[u8],
    fits: impl Fn(usize, usize) -> Result<(), Rejection>,
) -> Result<Grey, Fault> {
    let mut reader = Reader::new(bytes);
    if reader.marker()? != marker::START {
        return Err(Fault::Damaged);
    }
    let mut tables = Tables::default();
    let frame = loop {
        match reader.marker()? {
            marker::FRAME => break tables::Frame::read(&mut reader.segment()?)?,
            other => tables.read(other, &mut reader.segment()?)?,
        }
    };
    fits(frame.width, frame.height).map_err(Fault::Refused)?;
    let bands = layout::subbands(frame.width, frame.height);
    let values = coefficients::read(&mut reader, &mut tables, &bands)?;
    let mut plane = wavelet::Plane::new(frame.width, frame.height);
    coefficients::spread(&values, &bands, tables.quantisers()?, &mut plane);
    let (low, high) = tables.filters()?;
    for node in layout::nodes(frame.width, frame.height).iter().rev() {
        plane.join(node, low, high);
    }
    Ok(Grey { width: frame.width, height: frame.height, pixels: plane.into_grey(frame.shift, frame.scale) })
}

#[cfg(test)]
mod tests;
