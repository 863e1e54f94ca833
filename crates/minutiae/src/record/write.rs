//! Writing a record.

use super::{MAGIC, USUAL};
use crate::position::Position;
use crate::template::Template;

/// A template as a record of ISO/IEC 19794-2:2005, which every system reads: 500 dpi, one live-scan plain impression.
#[must_use]
pub fn iso2005(template: &Template, position: Option<Position>, quality: u8) -> Vec<u8> {
    let minutiae = template.minutiae();
    let most = |of: fn(&crate::Minutia) -> u16| minutiae.iter().map(of).max().unwrap_or_default() + 1;
    let (width, height) = (most(|m| m.x), most(|m| m.y));
    let density = USUAL.to_be_bytes();
    let length = 24 + 4 + 6 * minutiae.len() + 2;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(b" 20\0");
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend([width, height].into_iter().flat_map(u16::to_be_bytes));
    bytes.extend_from_slice(&[density[2], density[3], density[2], density[3]]);
    // One impression, the first, plain and live.
    bytes.extend_from_slice(&[1, 0]);
    let count = u8::try_from(minutiae.len()).unwrap_or(u8::MAX);
    bytes.extend_from_slice(&[position.map_or(0, Position::number), 0, quality.min(100), count]);
    for m in minutiae {
        bytes.extend_from_slice(&(m.x | (m.kind as u16) << 14).to_be_bytes());
        bytes.extend_from_slice(&m.y.to_be_bytes());
        bytes.extend_from_slice(&[m.angle, m.quality]);
    }
    bytes.extend_from_slice(&[0, 0]);
    bytes
}
