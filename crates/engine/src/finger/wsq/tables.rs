//! The segments that say how the numbers are to be read.

use super::huffman::Codes;
use super::reader::Reader;
use super::{Fault, marker};

/// Subbands a table of quantisers has room for; the last four are never used.
const BANDS: usize = 64;
/// Most tables of codes.
const CODES: usize = 8;
/// Most taps of a filter: longer ones cost time and no encoder uses them.
const MOST_TAPS: usize = 31;

/// Size and grey levels of the picture.
pub(super) struct Frame {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) shift: f32,
    pub(super) scale: f32,
}

impl Frame {
    pub(super) fn read(segment: &mut Reader<'_>) -> Result<Self, Fault> {
        let (_black, _white) = (segment.byte()?, segment.byte()?);
        let (height, width) = (segment.number::<2>()? as usize, segment.number::<2>()? as usize);
        let (shift, scale) = (segment.decimal::<2>()?, segment.decimal::<2>()?);
        // Five levels of halving need so many pixels to begin with.
        if width < 32 || height < 32 {
            return Err(Fault::Damaged);
        }
        Ok(Self { width, height, shift, scale })
    }
}

/// How a subband's numbers are multiplied out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quantiser {
    /// Width of a step; 0 where the subband is empty.
    pub(super) step: f32,
    /// Width of the step around zero.
    pub(super) zero: f32,
    /// Where in a step its values lie.
    pub(super) centre: f32,
}

/// A symmetric filter of odd length, by its right half.
pub(super) type Filter = Vec<f32>;

/// All tables read so far.
#[derive(Default)]
pub(super) struct Tables {
    filters: Option<(Filter, Filter)>,
    quantisers: Option<[Quantiser; BANDS]>,
    codes: [Option<Codes>; CODES],
}

impl Tables {
    /// Takes in a segment.
    pub(super) fn read(&mut self, code: u8, segment: &mut Reader<'_>) -> Result<(), Fault> {
        match code {
            marker::FILTERS => self.filters = Some(filters(segment)?),
            marker::QUANTISERS => self.quantisers = Some(quantisers(segment)?),
            marker::CODES => {
                while !segment.is_empty() {
                    let place = usize::from(segment.byte()?);
                    *self.codes.get_mut(place).ok_or(Fault::Damaged)? = Some(Codes::read(segment)?);
                }
            }
            marker::COMMENT => {}
            _ => return Err(Fault::Damaged),
        }
        Ok(())
    }

    /// The low and the high filter of the synthesis.
    pub(super) fn filters(&self) -> Result<(&[f32], &[f32]), Fault> {
        self.filters.as_ref().map(|(low, high)| (&low[..], &high[..])).ok_or(Fault::Damaged)
    }

    pub(super) fn quantisers(&self) -> Result<&[Quantiser; BANDS], Fault> {
        self.quantisers.as_ref().ok_or(Fault::Damaged)
    }

    pub(super) fn codes(&self, place: u8) -> Result<&Codes, Fault> {
        self.codes.get(usize::from(place)).and_then(Option::as_ref).ok_or(Fault::Damaged)
    }
}

/// The filters of the analysis are given; with every second tap negated, and in each other's place, they are those of the synthesis.
fn filters(segment: &mut Reader<'_>) -> Result<(Filter, Filter), Fault> {
    let lengths = [usize::from(segment.byte()?), usize::from(segment.byte()?)];
    let mut filter = |length: usize| {
        if length.is_multiple_of(2) || length > MOST_TAPS {
            return Err(Fault::Damaged);
        }
        let tap = |place: usize| {
            let negative = segment.byte()? != 0;
            let value = segment.decimal::<4>()?;
            Ok(if negative != (place % 2 == 1) { -value } else { value })
        };
        (0..length.div_ceil(2)).map(tap).collect::<Result<Filter, Fault>>()
    };
    let high = filter(lengths[0])?;
    let low = filter(lengths[1])?;
    Ok((low, high))
}

fn quantisers(segment: &mut Reader<'_>) -> Result<[Quantiser; BANDS], Fault> {
    let centre = segment.decimal::<2>()?;
    let mut all = [Quantiser::default(); BANDS];
    for quantiser in &mut all {
        let (step, zero) = (segment.decimal::<2>()?, segment.decimal::<2>()?);
        *quantiser = Quantiser { step, zero, centre };
    }
    Ok(all)
}
