//! Walking a file or codestream of JPEG 2000 (ISO/IEC 15444-1) before anything is decoded: its size, what its decoding may cost, and
//! which parts carry the picture.
//!
//! What fingerprints are written as is read, and no more: one grey component of eight bits. Whatever would let little data ask for much
//! work or memory (thousands of tiles, blocks of a few pixels) is refused here, so that no decoder sees it.

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It ends too early, or says what cannot be.
    Damaged,
    /// It is not one grey component of eight bits.
    NotGrey,
    /// It is sound, and made as nobody makes a fingerprint.
    Unusual,
}

/// A codestream with nothing but its picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Structure {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) codestream: Vec<u8>,
}

/// Codes of markers, after the byte 0xff.
mod marker {
    pub(super) const START: u8 = 0x4f;
    pub(super) const CAPABILITIES: u8 = 0x50;
    pub(super) const SIZE: u8 = 0x51;
    pub(super) const CODING: u8 = 0x52;
    pub(super) const QUANTISERS: u8 = 0x5c;
    pub(super) const TILE: u8 = 0x90;
    pub(super) const DATA: u8 = 0x93;
    pub(super) const END: u8 = 0xd9;
    /// Lengths that only help to find something, profiles, where components lie, and comments: what is cut.
    pub(super) const CUT: [u8; 7] = [0x55, 0x56, 0x57, 0x58, 0x59, 0x63, 0x64];
}

/// Most tiles of an image: scans of a hand have a few.
const TILES: u64 = 256;
/// Most layers.
const LAYERS: u16 = 32;
/// Most times the picture is halved.
const LEVELS: u8 = 12;
/// Least exponents of sides: of width and height of a block together, and of either side of a precinct of the whole picture.
const BLOCK: u8 = 8;
const PRECINCT: u8 = 5;

fn be16(bytes: &[u8], at: usize) -> Result<u16, Fault> {
    let two = at.checked_add(2).and_then(|end| bytes.get(at..end)).ok_or(Fault::Damaged)?;
    Ok(u16::from_be_bytes([two[0], two[1]]))
}

fn be32(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    Ok(u32::from(be16(bytes, at)?) << 16 | u32::from(be16(bytes, at.checked_add(2).ok_or(Fault::Damaged)?)?))
}

/// Walks a file or a bare codestream.
pub(crate) fn walk(bytes: &[u8]) -> Result<Structure, Fault> {
    let codestream = if bytes.starts_with(&[0xff, marker::START]) { bytes } else { inside(bytes)? };
    let mut kept = vec![0xff, marker::START];
    let mut at = 2;
    let (mut size, mut has_coding) = (None, false);
    loop {
        let (code, segment) = segment(codestream, at)?;
        let body = segment.get(4..).ok_or(Fault::Damaged)?;
        match code {
            marker::SIZE if size.is_none() => size = Some(read_size(body)?),
            _ if size.is_none() => return Err(Fault::Damaged),
            marker::CODING if !has_coding => {
                check_coding(body)?;
                has_coding = true;
            }
            marker::CAPABILITIES | marker::QUANTISERS => {}
            marker::TILE => break,
            _ if marker::CUT.contains(&code) => {}
            _ => return Err(Fault::Unusual),
        }
        if !marker::CUT.contains(&code) {
            kept.extend_from_slice(segment);
        }
        at += segment.len();
    }
    let (width, height) = size.filter(|_| has_coding).ok_or(Fault::Damaged)?;
    keep_tiles(codestream, at, &mut kept)?;
    Ok(Structure { width, height, codestream: kept })
}

/// The segment at `at` with its marker and length.
fn segment(bytes: &[u8], at: usize) -> Result<(u8, &[u8]), Fault> {
    let [0xff, code] = *bytes.get(at..).and_then(|rest| rest.get(..2)).ok_or(Fault::Damaged)? else {
        return Err(Fault::Damaged);
    };
    let length = usize::from(be16(bytes, at + 2)?);
    let segment = bytes.get(at..at + 2 + length).filter(|_| length >= 2).ok_or(Fault::Damaged)?;
    Ok((code, segment))
}

/// The parts of tiles from `at` on, without what is cut, and the end.
fn keep_tiles(bytes: &[u8], mut at: usize, kept: &mut Vec<u8>) -> Result<(), Fault> {
    const LENGTH: usize = 6;
    loop {
        match bytes.get(at..at + 2) {
            Some([0xff, marker::END]) | None => break,
            Some(_) => {}
        }
        let (code, head) = segment(bytes, at)?;
        if code != marker::TILE || head.len() != 12 {
            return Err(Fault::Damaged);
        }
        let end = match be32(head, LENGTH)? as usize {
            // To the end of the codestream.
            0 => last_end(bytes).filter(|end| *end >= at).ok_or(Fault::Damaged)?,
            length => at.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(Fault::Damaged)?,
        };
        let part = kept.len();
        kept.extend_from_slice(head);
        at += head.len();
        loop {
            if bytes.get(at..at + 2).ok_or(Fault::Damaged)? == [0xff, marker::DATA] {
                break;
            }
            let (code, segment) = segment(bytes, at)?;
            match code {
                marker::QUANTISERS => kept.extend_from_slice(segment),
                _ if marker::CUT.contains(&code) => {}
                _ => return Err(Fault::Unusual),
            }
            at += segment.len();
        }
        kept.extend_from_slice(bytes.get(at..end).ok_or(Fault::Damaged)?);
        let length = u32::try_from(kept.len() - part).map_err(|_| Fault::Damaged)?;
        kept[part + LENGTH..part + LENGTH + 4].copy_from_slice(&length.to_be_bytes());
        at = end;
    }
    kept.extend_from_slice(&[0xff, marker::END]);
    Ok(())
}

/// Where the last end marker is.
fn last_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).rposition(|pair| pair == [0xff, marker::END])
}

/// Width and height.
fn read_size(body: &[u8]) -> Result<(usize, usize), Fault> {
    let number = |n: usize| be32(body, 2 + 4 * n);
    let (right, bottom, left, top) = (number(0)?, number(1)?, number(2)?, number(3)?);
    let (tile_width, tile_height, tile_left, tile_top) = (number(4)?, number(5)?, number(6)?, number(7)?);
    let side = |end: u32, start: u32| end.checked_sub(start).filter(|side| *side > 0).ok_or(Fault::Damaged);
    let (width, height) = (side(right, left)?, side(bottom, top)?);
    if tile_width == 0 || tile_height == 0 || tile_left > left || tile_top > top {
        return Err(Fault::Damaged);
    }
    let across = u64::from(right - tile_left).div_ceil(tile_width.into());
    let down = u64::from(bottom - tile_top).div_ceil(tile_height.into());
    if body.len() != 39 || body[34..36] != [0, 1] || body[36..39] != [7, 1, 1] {
        return Err(Fault::NotGrey);
    }
    if across.saturating_mul(down) > TILES {
        return Err(Fault::Unusual);
    }
    Ok((width as usize, height as usize))
}

/// How the picture is cut into layers, precincts and blocks.
fn check_coding(body: &[u8]) -> Result<(), Fault> {
    let [style, _progression, high, low, _colours, levels, across, down, _passes, _wavelet, precincts @ ..] =
        body
    else {
        return Err(Fault::Damaged);
    };
    let layers = u16::from_be_bytes([*high, *low]);
    let has_precincts = style & 1 != 0;
    let expected = if has_precincts { usize::from(*levels) + 1 } else { 0 };
    if precincts.len() != expected || *across > 8 || *down > 8 {
        return Err(Fault::Damaged);
    }
    let block = across + down + 4;
    // The first is that of the smallest picture; where it is halved so are they, and there are no more of them.
    let small = |(level, sides): (u8, &u8)| {
        let halved = levels - level;
        (sides & 15) + halved < PRECINCT || (sides >> 4) + halved < PRECINCT
    };
    let usual = layers <= LAYERS
        && *levels <= LEVELS
        && (BLOCK..=12).contains(&block)
        && !(0..).zip(precincts).any(small);
    if usual { Ok(()) } else { Err(Fault::Unusual) }
}

/// The codestream in a file of boxes.
fn inside(bytes: &[u8]) -> Result<&[u8], Fault> {
    let mut at = 0;
    while let Some((kind, content, end)) = next_box(bytes, at) {
        match kind {
            b"jp2c" => return Ok(content),
            // What is coded are then numbers of colours.
            b"jp2h" if find(content, b"pclr").is_some() => return Err(Fault::NotGrey),
            _ => at = end,
        }
    }
    Err(Fault::Damaged)
}

/// Dots a metre, across and down, of the sensor, as a file says.
pub(crate) fn density(bytes: &[u8]) -> Option<[f64; 2]> {
    let header = find(bytes, b"jp2h")?;
    let body = find(find(header, b"res ")?, b"resc")?;
    let fraction = |at: usize, exponent: usize| {
        let (over, under) = (be16(body, at).ok()?, be16(body, at + 2).ok()?);
        let exponent = body.get(exponent)?.cast_signed();
        Some(f64::from(over) / f64::from(under) * 10f64.powi(exponent.into()))
    };
    // The file has down first.
    Some([fraction(4, 9)?, fraction(0, 8)?])
}

/// The content of the first box of a kind.
fn find<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let mut at = 0;
    while let Some((kind, content, end)) = next_box(bytes, at) {
        if kind == wanted {
            return Some(content);
        }
        at = end;
    }
    None
}

/// Kind, content and end of the box at `at`; every box moves on by eight bytes at least.
fn next_box(bytes: &[u8], at: usize) -> Option<(&[u8; 4], &[u8], usize)> {
    let head = bytes.get(at..at.checked_add(8)?)?;
    let kind = head[4..].first_chunk()?;
    let (start, length) = match be32(head, 0).ok()? {
        0 => (8, bytes.len() - at),
        1 => (16, usize::try_from(u64::from_be_bytes(*bytes.get(at + 8..)?.first_chunk()?)).ok()?),
        length => (8, length as usize),
    };
    let end = at.checked_add(length)?;
    Some((kind, bytes.get(at.checked_add(start)?..end)?, end))
}
