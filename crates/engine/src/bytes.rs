//! Big-endian numbers, one after the other: the fields of records around images.

/// A place in a record; every step is `None` where the record ends before.
#[derive(Clone)]
pub(crate) struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `length` bytes.
    pub(crate) fn part(&mut self, length: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(first)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*first)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A length of four bytes.
    pub(crate) fn length(&mut self) -> Option<usize> {
        self.u32().and_then(|length| usize::try_from(length).ok())
    }

    /// Whether nothing follows but padding: what fixed fields of databases and lines of text leave behind.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n' | b' '))
    }

    /// The same at the end of a record of `whole` bytes that says it has `declared`: with its padding, or without.
    pub(crate) fn ends(&self, declared: usize, whole: usize) -> bool {
        (whole.saturating_sub(self.rest.len())..=whole).contains(&declared) && self.is_at_end()
    }
}
