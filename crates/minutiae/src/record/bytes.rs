//! Big-endian numbers, one after the other.

use super::BadRecord;

#[derive(Clone)]
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn peek_u32(&self) -> Option<u32> {
        self.rest.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadRecord> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(BadRecord::Length)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn u8(&mut self) -> Result<u8, BadRecord> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, BadRecord> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, BadRecord> {
        self.array().map(u32::from_be_bytes)
    }

    /// The next `length` bytes.
    pub(super) fn part(&mut self, length: usize) -> Result<Self, BadRecord> {
        let (first, rest) = self.rest.split_at_checked(length).ok_or(BadRecord::Length)?;
        self.rest = rest;
        Ok(Self { rest: first })
    }

    /// Nothing may follow but padding: what fixed fields of databases and lines of text leave behind.
    pub(super) fn end(&self) -> Result<(), BadRecord> {
        let is_padding = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n' | b' ');
        if self.rest.iter().all(is_padding) { Ok(()) } else { Err(BadRecord::Length) }
    }

    /// The same at the end of a record of `whole` bytes that says it has `declared`: with its padding, or without.
    pub(super) fn finish(&self, declared: u32, whole: usize) -> Result<(), BadRecord> {
        let read = whole.saturating_sub(self.rest.len());
        if !(read..=whole).contains(&(declared as usize)) {
            return Err(BadRecord::Length);
        }
        self.end()
    }

    /// Extended data: a length, and that many bytes, which are passed over.
    pub(super) fn extended(&mut self) -> Result<(), BadRecord> {
        let length = self.u16()?;
        self.part(length.into()).map(drop)
    }
}
