//! What an image file says of its resolution. It is believed where it can be that of a fingerprint: most programs write 72 or 96,
//! which mean nothing, and no image of so few dots an inch has ridges that could be told apart.

use super::jpeg2000::structure::density;
use super::{Kind, LEAST_DPI, MOST_DPI};

/// Inches in a metre, and in a centimetre.
const METRE: f64 = 1.0 / 0.0254;
const CENTIMETRE: f64 = METRE / 100.0;

/// Dots per inch of a file, where it says so, the same in both directions, and within what is taken.
pub(super) fn said(bytes: &[u8], kind: Kind) -> Option<u16> {
    let found = match kind {
        Kind::Png => png(bytes),
        Kind::Jpeg => return jpeg(bytes),
        Kind::Bmp => bmp(bytes),
        Kind::Tiff => Tiff::of(bytes)?.density(),
        Kind::Wsq => wsq(bytes),
        Kind::Jpeg2000 => density(bytes).map(|metre| metre.map(|n| n / METRE)),
        Kind::Minutiae | Kind::ImageRecord => None,
    };
    found.and_then(dpi)
}

/// Whole dots per inch, where both directions are nearly the same and sensible.
fn dpi([across, down]: [f64; 2]) -> Option<u16> {
    let range = f64::from(LEAST_DPI) - 0.5..f64::from(MOST_DPI) + 0.5;
    if !range.contains(&across) || (across - down).abs() > 0.01 * across {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the range that was looked at"
    )]
    Some(across.round() as u16)
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The chunk `pHYs`, which stands before the pixels: dots a metre.
fn png(bytes: &[u8]) -> Option<[f64; 2]> {
    let mut at = 8;
    loop {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let body = at.checked_add(8)?;
        match bytes.get(at + 4..body)? {
            b"IDAT" => return None,
            b"pHYs" if length == 9 && bytes.get(body + 8) == Some(&1) => {
                return Some([be32(bytes, body)?, be32(bytes, body + 4)?].map(|n| f64::from(n) / METRE));
            }
            _ => {}
        }
        at = body.checked_add(length)?.checked_add(4)?;
    }
}

/// JFIF, or EXIF where that says nothing to be believed.
fn jpeg(bytes: &[u8]) -> Option<u16> {
    let (mut at, mut exif, mut described) = (2, None, false);
    while let (Some(&0xff), Some(&code)) = (bytes.get(at), bytes.get(at + 1)) {
        if code == 0xff {
            at += 1;
            continue;
        }
        if code == 0xda {
            break;
        }
        let Some(length) = be16(bytes, at + 2).map(usize::from).filter(|length| *length >= 2) else { break };
        let Some(body) = bytes.get(at + 4..at + 2 + length) else { break };
        if code == 0xe0 && body.starts_with(b"JFIF\0") {
            let found = jfif(body).and_then(dpi);
            if found.is_some() {
                return found;
            }
        } else if code == 0xe1 && !described && body.starts_with(b"Exif\0\0") {
            // The first alone: a file may have any number.
            described = true;
            exif = Tiff::of(&body[6..]).and_then(|tiff| tiff.density()).and_then(dpi);
        }
        at += 2 + length;
    }
    exif
}

fn jfif(body: &[u8]) -> Option<[f64; 2]> {
    let factor = match body.get(7)? {
        1 => 1.0,
        2 => CENTIMETRE,
        _ => return None,
    };
    Some([be16(body, 8)?, be16(body, 10)?].map(|n| f64::from(n) / factor))
}

/// Dots a metre, in headers of forty bytes and more.
fn bmp(bytes: &[u8]) -> Option<[f64; 2]> {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if number(14)? < 40 {
        return None;
    }
    Some([number(38)?, number(42)?].map(|n| f64::from(n) / METRE))
}

/// The comment that the reference software writes: lines of names and values, one of them `PPI`.
fn wsq(bytes: &[u8]) -> Option<[f64; 2]> {
    let mut at = 2;
    loop {
        let (mark, code) = (*bytes.get(at)?, *bytes.get(at + 1)?);
        // The coded blocks follow.
        if mark != 0xff || code == 0xa3 {
            return None;
        }
        let length = usize::from(be16(bytes, at + 2)?);
        let body = bytes.get(at + 4..at + 2 + length.max(2))?;
        if code == 0xa8 && body.starts_with(b"NIST_COM") {
            let line = body.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"PPI "))?;
            let dpi: f64 = str::from_utf8(line).ok()?.trim().parse().ok()?;
            return Some([dpi; 2]);
        }
        at += 2 + length.max(2);
    }
}

/// The first directory of a TIFF structure.
struct Tiff<'a> {
    bytes: &'a [u8],
    big: bool,
    directory: usize,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let big = match bytes.get(..4)? {
            b"II*\0" => false,
            b"MM\0*" => true,
            _ => return None,
        };
        let mut tiff = Self { bytes, big, directory: 0 };
        tiff.directory = usize::try_from(tiff.u32(4)?).ok()?;
        Some(tiff)
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let two = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let four = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    /// Where the entry of a tag begins.
    fn entry(&self, tag: u16) -> Option<usize> {
        let count = usize::from(self.u16(self.directory)?);
        let entries = (0..count).map_while(|n| self.directory.checked_add(2 + 12 * n));
        entries.take_while(|at| at + 12 <= self.bytes.len()).find(|at| self.u16(*at) == Some(tag))
    }

    /// The first fraction of a tag.
    fn fraction(&self, tag: u16) -> Option<f64> {
        const FRACTION: u16 = 5;
        let entry = self.entry(tag)?;
        if self.u16(entry + 2)? != FRACTION {
            return None;
        }
        let at = usize::try_from(self.u32(entry + 8)?).ok()?;
        Some(f64::from(self.u32(at)?) / f64::from(self.u32(at.checked_add(4)?)?))
    }

    fn density(&self) -> Option<[f64; 2]> {
        const ACROSS: u16 = 282;
        const DOWN: u16 = 283;
        const UNIT: u16 = 296;
        let factor = match self.entry(UNIT).and_then(|entry| self.u16(entry + 8)) {
            // Inches, also where it does not say.
            None | Some(2) => 1.0,
            Some(3) => CENTIMETRE,
            _ => return None,
        };
        Some([self.fraction(ACROSS)? / factor, self.fraction(DOWN)? / factor])
    }
}

#[cfg(test)]
pub(in crate::finger) mod tests;
