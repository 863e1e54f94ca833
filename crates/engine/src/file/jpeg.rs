//! Walking a JPEG.

use domain::biometric::Rejection;

use super::bytes::be16;
use super::{Format, Header, Part, damaged, orientation, tables};

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
/// Most scans: progressive files have about ten.
const MOST_SCANS: u32 = 100;
/// Most parts that are kept: a few for each scan.
const MOST_PARTS: usize = 2_000;
const HUFFMAN: u8 = 0xc4;
const PROGRESSIVE: u8 = 0xc2;
/// The end marker, for files that lack it.
pub(super) const END_MARKER: &[u8] = &[0xff, END];

/// The next marker from `at`: where it begins, and its code. Bytes between segments that belong to nothing are passed over, as
/// libjpeg does.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(usize, u8)> {
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == 0xff)?;
        // Any number of fill bytes may stand before a code.
        let fill = bytes[at..].iter().position(|&b| b != 0xff)?;
        match bytes[at + fill] {
            0 => at += fill + 1,
            code => return Some((at + fill - 1, code)),
        }
    }
}

/// Walks a file that begins with its start marker.
pub(super) fn walk(bytes: &[u8]) -> Result<Header, Rejection> {
    let mut header = Header { scans: 0, ..Header::of(Format::Jpeg) };
    header.keep.push(Part::Own(0..2));
    let (mut at, mut frame, mut has_codes) = (2, None, false);
    while let Some((start, code)) = next_marker(bytes, at) {
        at = start + 2;
        if code == END {
            header.keep.push(Part::Own(start..at));
            return whole(header, frame);
        }
        if matches!(code, 0x01 | 0xd0..=0xd7 | START) {
            continue;
        }
        let Some(length) = be16(bytes, at).filter(|&length| length >= 2) else { break };
        let Some(body) = bytes.get(at + 2..at + length) else { break };
        let mut end = at + length;
        match code {
            0xc0..=0xcf if !matches!(code, HUFFMAN | 0xc8 | 0xcc) => {
                let before = frame.replace(Frame::read(code, body)?);
                if before.is_some() {
                    return Err(damaged("this JPEG says twice how large it is"));
                }
            }
            HUFFMAN => has_codes = true,
            0xcc => return Err(damaged(ARITHMETIC)),
            0xe1 if body.starts_with(b"Exif\0") => {
                let tiff = body.get(6..).unwrap_or_default();
                header.orientation = orientation::of_tiff(tiff).unwrap_or(header.orientation);
            }
            SCAN => {
                if !has_codes {
                    header.keep.push(Part::Missing(&tables::TYPICAL));
                    has_codes = true;
                }
                header.scans += 1;
                if header.scans > MOST_SCANS {
                    return Err(damaged("this JPEG comes in too many scans: save it as an ordinary one"));
                }
                end = scan_end(bytes, end);
            }
            _ => {}
        }
        if is_kept(code, body) {
            if header.keep.len() > MOST_PARTS {
                return Err(damaged("this JPEG has too many parts: save it as an ordinary one"));
            }
            header.keep.push(Part::Own(start..end));
        }
        at = end;
    }
    header.cut = true;
    header.keep.push(Part::Missing(END_MARKER));
    whole(header, frame)
}

fn whole(header: Header, frame: Option<Frame>) -> Result<Header, Rejection> {
    let frame =
        frame.filter(|_| header.scans > 0).ok_or_else(|| damaged("this JPEG ends before its picture"))?;
    let odd = frame.is_odd(header.scans);
    let scalable = frame.code != PROGRESSIVE && header.scans == 1 && frame.sampling.len() < 4;
    let progressive = frame.code == PROGRESSIVE;
    Ok(Header { width: frame.width, height: frame.height, odd, scalable, progressive, ..header })
}

const ARITHMETIC: &str = "this is an arithmetic-coded JPEG, which is not read: save it as an ordinary one";

/// What the frame header says.
struct Frame {
    code: u8,
    width: u32,
    height: u32,
    /// Samples of each component, across and down.
    sampling: Vec<(u8, u8)>,
}

impl Frame {
    fn read(code: u8, body: &[u8]) -> Result<Self, Rejection> {
        match code {
            0xc0..=PROGRESSIVE => {}
            0xc3 => {
                return Err(damaged(
                    "this is a lossless JPEG, which is not read: save it as an ordinary one",
                ));
            }
            0xc9..=0xcb | 0xcd..=0xcf => return Err(damaged(ARITHMETIC)),
            _ => {
                return Err(damaged(
                    "this is a hierarchical JPEG, which is not read: save it as an ordinary one",
                ));
            }
        }
        let short = || damaged("the header of this JPEG is damaged");
        let &[bits, _, _, _, _, components, ref each @ ..] = body else { return Err(short()) };
        if bits != 8 {
            return Err(damaged("this JPEG has not 8 bits a sample: save it as an ordinary one"));
        }
        let side = |at| u32::try_from(be16(body, at).unwrap_or(0)).unwrap_or(0);
        let (height, width) = (side(1), side(3));
        if height == 0 || width == 0 {
            return Err(damaged("this JPEG does not say how large it is"));
        }
        let sampling: Vec<(u8, u8)> =
            each.chunks_exact(3).take(components.into()).map(|c| (c[1] >> 4, c[1] & 15)).collect();
        let known = sampling.iter().all(|(h, v)| (1..=4).contains(h) && (1..=4).contains(v));
        if sampling.len() != usize::from(components) || !matches!(components, 1 | 3 | 4) || !known {
            return Err(short());
        }
        Ok(Self { code, width, height, sampling })
    }

    /// Whether the usual decoder takes it for another picture, or for none: where colour is sampled more finely across than
    /// brightness, by threes, or where a picture that is not progressive comes in several scans.
    fn is_odd(&self, scans: u32) -> bool {
        if let [(across, _)] = self.sampling[..] {
            return across == 3;
        }
        let most = self.sampling.iter().map(|(across, _)| *across).max();
        let threes = self.sampling.iter().any(|(across, _)| *across == 3);
        Some(self.sampling[0].0) != most || threes || (self.code != PROGRESSIVE && scans > 1)
    }
}

/// Whether a decoder needs a segment: frame, tables, scans, and the two application segments that decide how colours are read. All else is
/// cut.
fn is_kept(code: u8, body: &[u8]) -> bool {
    match code {
        0xc0..=PROGRESSIVE | HUFFMAN | SCAN | 0xdb | 0xdd => true,
        // A longer one carries a thumbnail.
        0xe0 => body.starts_with(b"JFIF\0") && body.len() == 14,
        0xee => body.starts_with(b"Adobe") && body.len() == 12,
        _ => false,
    }
}

/// Where the entropy-coded data that begins at `at` ends: at a marker that is neither stuffing nor a restart, or with the file.
fn scan_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let Some(found) = bytes[at..].iter().position(|&b| b == 0xff) else { return bytes.len() };
        at += found;
        match bytes.get(at + 1) {
            None => return bytes.len(),
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return at,
        }
    }
}
