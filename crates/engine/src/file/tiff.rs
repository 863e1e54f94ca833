//! TIFF: a directory of tagged values that say where the pixels are. It is written anew with the tags a decoder needs, and with
//! the pixels as they are; further images, texts and unknown tags are cut.

use super::{inspect, jpeg_tables, piece};

/// Tags that say how the first image is decoded and how large its dots are.
const KEPT: [u16; 27] = [
    254, 255, 256, 257, 258, 259, 262, 266, 274, 277, 278, 280, 281, 282, 283, 284, 292, 293, 296, 317, 320,
    322, 323, 338, 339, 530, 532,
];
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const STRIP_OFFSETS: u16 = 273;
const STRIP_BYTES: u16 = 279;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
const JPEG_TABLES: u16 = 347;
const COMPRESSION: u16 = 259;
const COLOURS: u16 = 320;

/// JPEG inside a TIFF; the older way (6) is not decoded.
const JPEG: u32 = 7;

/// Most values of a tag other than offsets and colours: a longer one says nothing of a picture.
const MOST: usize = 16;
/// Most pieces of a picture: each costs a decoder anew.
const MOST_PIECES: usize = 20_000;
/// Pixels that a JPEG inside may have in any case: pieces are padded.
const PIECE: u64 = 512 * 512;
/// Colours of a palette of 16 bits.
const MOST_COLOURS: usize = 3 << 16;

const HEADER: usize = 8;
const LONG: u16 = 4;

/// Numbers in the order of the file.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let two = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let four = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn usize(self, bytes: &[u8], at: usize) -> Option<usize> {
        usize::try_from(self.u32(bytes, at)?).ok()
    }

    fn put16(self, number: u16) -> [u8; 2] {
        if self.big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn put32(self, number: u32) -> [u8; 4] {
        if self.big { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// A tag with its values, as bytes.
struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    value: Vec<u8>,
}

impl Entry {
    fn read(bytes: &[u8], at: usize, order: Order) -> Option<Self> {
        let (tag, kind) = (order.u16(bytes, at)?, order.u16(bytes, at + 2)?);
        let count = order.usize(bytes, at + 4)?;
        let size = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let length = count.checked_mul(size)?;
        let from = if length <= 4 { at + 8 } else { order.usize(bytes, at + 8)? };
        let value = bytes.get(from..from.checked_add(length)?)?.to_vec();
        Some(Self { tag, kind, count, value })
    }

    /// Its values, where they are whole numbers of two or four bytes.
    fn numbers(&self, order: Order) -> Option<Vec<u32>> {
        match self.kind {
            3 => (0..self.count).map(|n| order.u16(&self.value, 2 * n).map(u32::from)).collect(),
            LONG => (0..self.count).map(|n| order.u32(&self.value, 4 * n)).collect(),
            _ => None,
        }
    }

    fn of_numbers(tag: u16, numbers: &[u32], order: Order) -> Self {
        let value = numbers.iter().flat_map(|n| order.put32(*n)).collect();
        Self { tag, kind: LONG, count: numbers.len(), value }
    }

    /// Whether it is kept as it is.
    fn is_kept(&self) -> bool {
        let most = if self.tag == COLOURS { MOST_COLOURS } else { MOST };
        // Texts and free bytes say nothing of a picture.
        KEPT.contains(&self.tag) && self.count <= most && !matches!(self.kind, 2 | 7)
    }

    /// Whether its value stands in the directory itself.
    fn is_short(&self) -> bool {
        self.value.len() <= 4
    }
}

/// Where the pixels are: the tags that say so, and the pieces.
struct Pieces<'a> {
    offsets: u16,
    lengths: u16,
    bytes: Vec<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    fn of(bytes: &'a [u8], entries: &[Entry], order: Order) -> Option<Self> {
        let numbers = |tag| entries.iter().find(|e| e.tag == tag)?.numbers(order);
        let (offsets, lengths) = [(STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)]
            .into_iter()
            .find(|(offsets, _)| entries.iter().any(|e| e.tag == *offsets))?;
        let (starts, sizes) = (numbers(offsets)?, numbers(lengths)?);
        if starts.len() != sizes.len() || starts.len() > MOST_PIECES {
            return None;
        }
        let piece = |(start, size): (&u32, &u32)| {
            let (start, size) = (usize::try_from(*start).ok()?, usize::try_from(*size).ok()?);
            bytes.get(start..start.checked_add(size)?)
        };
        let pieces: Vec<_> = starts.iter().zip(&sizes).map(piece).collect::<Option<_>>()?;
        // Pieces that share their bytes would make much of little.
        let total: usize = pieces.iter().map(|piece| piece.len()).sum();
        (total <= bytes.len()).then_some(Self { offsets, lengths, bytes: pieces })
    }
}

pub(crate) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let order = Order { big: bytes.starts_with(b"MM") };
    let at = order.usize(bytes, 4)?;
    let count = usize::from(order.u16(bytes, at)?);
    let entry = |n: usize| Entry::read(bytes, at.checked_add(2 + 12 * n)?, order);
    // One that cannot be read is of a kind that no decoder needs.
    let entries: Vec<Entry> = (0..count).filter_map(entry).collect();
    let pieces = Pieces::of(bytes, &entries, order)?;
    let compression =
        entries.iter().find(|e| e.tag == COMPRESSION).and_then(|e| e.numbers(order)?.first().copied());
    let is_jpeg = compression == Some(JPEG);
    let side = |tag| entries.iter().find(|e| e.tag == tag)?.numbers(order)?.first().copied();
    let most = (u64::from(side(WIDTH)?) * u64::from(side(HEIGHT)?)).max(PIECE);
    let pictures: Vec<Vec<u8>> = pieces
        .bytes
        .iter()
        .map(|bytes| if is_jpeg { jpeg(bytes, most) } else { Some(bytes.to_vec()) })
        .collect::<Option<_>>()?;
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for mut entry in entries {
        if entry.tag == JPEG_TABLES && is_jpeg {
            entry.value = jpeg_tables::bare(&entry.value)?;
            entry.count = entry.value.len();
            kept.push(entry);
        } else if entry.is_kept() {
            kept.push(entry);
        }
    }
    write(kept, &pieces, &pictures, order)
}

/// A JPEG inside, which the decoder reads whatever its size: no larger than the picture it is a piece of.
fn jpeg(bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    let header = inspect(bytes).ok()?;
    if header.pixels() > most { None } else { piece(bytes).ok() }
}

/// The file: header, directory, long values, pixels.
fn write(mut kept: Vec<Entry>, pieces: &Pieces<'_>, pictures: &[Vec<u8>], order: Order) -> Option<Vec<u8>> {
    let sizes: Vec<u32> = pictures.iter().map(|p| u32::try_from(p.len()).ok()).collect::<Option<_>>()?;
    kept.push(Entry::of_numbers(pieces.offsets, &sizes, order));
    kept.push(Entry::of_numbers(pieces.lengths, &sizes, order));
    kept.sort_by_key(|entry| entry.tag);
    kept.dedup_by_key(|entry| entry.tag);
    let directory = HEADER + 2 + 12 * kept.len() + 4;
    let long = |entry: &Entry| if entry.is_short() { 0 } else { entry.value.len().next_multiple_of(2) };
    let mut start = u32::try_from(directory + kept.iter().map(long).sum::<usize>()).ok()?;
    let mut starts = Vec::with_capacity(sizes.len());
    for size in &sizes {
        starts.push(start);
        start = start.checked_add(*size)?;
    }
    let offsets = kept.iter_mut().find(|entry| entry.tag == pieces.offsets)?;
    *offsets = Entry::of_numbers(pieces.offsets, &starts, order);

    let mut file = if order.big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    file.extend(order.put32(u32::try_from(HEADER).ok()?));
    file.extend(order.put16(u16::try_from(kept.len()).ok()?));
    let mut at = directory;
    for entry in &kept {
        file.extend(order.put16(entry.tag));
        file.extend(order.put16(entry.kind));
        file.extend(order.put32(u32::try_from(entry.count).ok()?));
        if entry.is_short() {
            let mut inside = entry.value.clone();
            inside.resize(4, 0);
            file.extend(inside);
        } else {
            file.extend(order.put32(u32::try_from(at).ok()?));
            at += long(entry);
        }
    }
    file.extend([0; 4]);
    for entry in kept.iter().filter(|entry| !entry.is_short()) {
        file.extend(&entry.value);
        file.resize(file.len().next_multiple_of(2), 0);
    }
    pictures.iter().for_each(|picture| file.extend(picture));
    Some(file)
}
