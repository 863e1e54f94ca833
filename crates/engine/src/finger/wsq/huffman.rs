//! Prefix codes of at most sixteen bits.

use super::Fault;
use super::reader::Reader;

const LONGEST: usize = 16;

/// A table of codes, in the canonical order: shorter ones first, then as listed.
pub(super) struct Codes {
    /// First code of each length, the first beyond its codes, and where its symbols begin.
    lengths: [(u32, u32, usize); LONGEST],
    symbols: Vec<u8>,
}

impl Codes {
    pub(super) fn read(segment: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut counts = [0u32; LONGEST];
        for count in &mut counts {
            *count = u32::from(segment.byte()?);
        }
        let (mut code, mut place, mut lengths) = (0u32, 0usize, [(0, 0, 0); LONGEST]);
        for (length, count) in counts.into_iter().enumerate() {
            lengths[length] = (code, code + count, place);
            // More codes than bits can tell apart.
            if code + count > 1 << (length + 1) {
                return Err(Fault::Damaged);
            }
            place += count as usize;
            code = (code + count) << 1;
        }
        if place > 256 {
            return Err(Fault::Damaged);
        }
        let symbols = (0..place).map(|_| segment.byte()).collect::<Result<_, _>>()?;
        Ok(Self { lengths, symbols })
    }

    /// The next symbol; `None` when the bits end.
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Result<Option<u8>, Fault> {
        let mut code = 0;
        for (first, beyond, place) in self.lengths {
            let Some(bit) = bits.take(1) else { return Ok(None) };
            code = code << 1 | bit;
            if (first..beyond).contains(&code) {
                let symbol = self.symbols.get(place + (code - first) as usize);
                return symbol.copied().map(Some).ok_or(Fault::Damaged);
            }
        }
        Err(Fault::Damaged)
    }
}

/// A run of bits, the highest of each byte first.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `count` bits as a number; `None` when there are not so many.
    pub(super) fn take(&mut self, count: usize) -> Option<u32> {
        let mut number = 0;
        for at in self.at..self.at + count {
            let byte = self.bytes.get(at / 8)?;
            number = number << 1 | u32::from(byte >> (7 - at % 8) & 1);
        }
        self.at += count;
        Some(number)
    }
}
