//! BMP: two headers, masks or a palette, and the pixels. Gaps, the parts of later headers that describe colours, profiles and
//! whatever follows the pixels are cut.

const FILE_HEADER: usize = 14;
const CORE: usize = 12;
const INFO: usize = 40;
/// Header and colour masks of the fourth version; what follows in it describes colours.
const MASKED: usize = 56;
/// The standard colour space, for headers that must name one.
const STANDARD: [u8; 4] = *b"BGRs";

fn le16(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// What the second header says.
struct Header {
    bytes: Vec<u8>,
    width: usize,
    height: usize,
    bits: usize,
    compression: u32,
    /// Colours in the palette.
    colours: usize,
    /// Bytes of a colour there.
    colour: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let size = usize::try_from(le32(bytes, FILE_HEADER)?).ok()?;
        if !matches!(size, CORE | INFO | 52 | MASKED | 108 | 124) {
            return None;
        }
        let mut header = bytes.get(FILE_HEADER..FILE_HEADER + size)?.to_vec();
        if size == CORE {
            let (width, height, bits) = (le16(&header, 4)?, le16(&header, 6)?, le16(&header, 10)?);
            let colours = if bits <= 8 { 1 << bits } else { 0 };
            return Some(Self { bytes: header, width, height, bits, compression: 0, colours, colour: 3 });
        }
        let side = |at| usize::try_from(le32(&header, at)?.cast_signed().unsigned_abs()).ok();
        let (width, height, bits) = (side(4)?, side(8)?, le16(&header, 14)?);
        let (compression, used) = (le32(&header, 16)?, usize::try_from(le32(&header, 32)?).ok()?);
        let colours = match used {
            _ if bits > 8 => 0,
            0 => 1 << bits,
            used if used <= 1 << bits => used,
            _ => return None,
        };
        if bits > 8 {
            // A palette that only helps old screens.
            header[32..36].fill(0);
        }
        if let Some(described) = header.get_mut(MASKED..).filter(|d| !d.is_empty()) {
            described.fill(0);
            described[..4].copy_from_slice(&STANDARD);
        }
        Some(Self { bytes: header, width, height, bits, compression, colours, colour: 4 })
    }

    /// Bytes of the pixels, from those that begin with them.
    fn pixels(&self, from: &[u8]) -> Option<usize> {
        match self.compression {
            0 | 3 => {
                let row = self.width.checked_mul(self.bits)?.div_ceil(32).checked_mul(4)?;
                row.checked_mul(self.height)
            }
            1 => runs_end(from, |pixels| pixels),
            2 => runs_end(from, |pixels| pixels.div_ceil(2)),
            _ => None,
        }
    }
}

/// Where runs of pixels end; a literal of so many pixels takes `bytes` of them.
fn runs_end(from: &[u8], bytes: impl Fn(usize) -> usize) -> Option<usize> {
    let mut at = 0;
    loop {
        match from.get(at..at + 2) {
            Some([0, 1]) => return Some(at + 2),
            Some([0, 2]) => at += 4,
            Some(&[0, pixels]) if pixels > 2 => at += 2 + bytes(pixels.into()).next_multiple_of(2),
            Some(_) => at += 2,
            None => return Some(from.len()),
        }
    }
}

pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let header = Header::read(bytes)?;
    let mut from = FILE_HEADER + header.bytes.len();
    let mut kept = bytes.get(..FILE_HEADER)?.to_vec();
    kept.extend_from_slice(&header.bytes);
    if header.compression == 3 && header.bytes.len() == INFO {
        kept.extend_from_slice(bytes.get(from..from + 12)?);
        from += 12;
    }
    for colour in bytes.get(from..from + header.colours * header.colour)?.chunks(header.colour) {
        kept.extend_from_slice(&colour[..3]);
        // The fourth byte means nothing.
        kept.resize(kept.len() + header.colour - 3, 0);
    }
    let pixels = bytes.get(usize::try_from(le32(bytes, 10)?).ok()?..)?;
    let offset = u32::try_from(kept.len()).ok()?;
    let length = header.pixels(pixels)?.min(pixels.len());
    kept.extend_from_slice(&pixels[..length]);
    let size = u32::try_from(kept.len()).ok()?;
    kept[2..6].copy_from_slice(&size.to_le_bytes());
    kept[6..10].fill(0);
    kept[10..14].copy_from_slice(&offset.to_le_bytes());
    Some(kept)
}
