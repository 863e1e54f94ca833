//! Bytes, numbers and marked segments.

use super::Fault;

/// A place in a file.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.rest.split_first().ok_or(Fault::Damaged)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn number<const BYTES: usize>(&mut self) -> Result<u32, Fault> {
        let (first, rest) = self.rest.split_at_checked(BYTES).ok_or(Fault::Damaged)?;
        self.rest = rest;
        Ok(first.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// The code of the next segment.
    pub(super) fn marker(&mut self) -> Result<u8, Fault> {
        if self.byte()? != 0xff {
            return Err(Fault::Damaged);
        }
        self.byte()
    }

    /// The content of a segment, whose length stands before it and counts itself.
    pub(super) fn segment(&mut self) -> Result<Self, Fault> {
        let length = (self.number::<2>()? as usize).checked_sub(2).ok_or(Fault::Damaged)?;
        let (content, rest) = self.rest.split_at_checked(length).ok_or(Fault::Damaged)?;
        self.rest = rest;
        Ok(Self { rest: content })
    }

    /// A number with decimals: how many places the point stands from the right, and the digits.
    pub(super) fn decimal<const BYTES: usize>(&mut self) -> Result<f32, Fault> {
        let places = self.byte()?;
        let digits = self.number::<BYTES>()?;
        if places > 30 {
            return Err(Fault::Damaged);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a parameter with a few significant digits")]
        Ok((f64::from(digits) / 10f64.powi(i32::from(places))) as f32)
    }

    /// The bytes of entropy-coded data up to the next marker, with stuffing undone; the marker is left.
    pub(super) fn scan(&mut self) -> Result<Vec<u8>, Fault> {
        let mut data = Vec::new();
        loop {
            let plain = self.rest.iter().position(|b| *b == 0xff).ok_or(Fault::Damaged)?;
            data.extend_from_slice(&self.rest[..plain]);
            match self.rest.get(plain + 1) {
                Some(0) => data.push(0xff),
                Some(_) => {
                    self.rest = &self.rest[plain..];
                    return Ok(data);
                }
                None => return Err(Fault::Damaged),
            }
            self.rest = &self.rest[plain + 2..];
        }
    }
}
