//! The image a record is about: where its minutiae lie, and how many pixels it has a centimetre.

use super::bytes::Bytes;
use super::{BadRecord, USUAL};
use crate::template::FARTHEST;

pub(super) struct Image {
    pub(super) width: u16,
    pub(super) height: u16,
    /// Pixels per centimetre.
    pub(super) across: u16,
    pub(super) down: u16,
}

impl Image {
    /// Size, then resolution, as most records have them.
    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Self, BadRecord> {
        Ok(Self { width: bytes.u16()?, height: bytes.u16()?, across: bytes.u16()?, down: bytes.u16()? })
    }

    pub(super) fn checked(self) -> Result<Self, BadRecord> {
        if self.width == 0 || self.height == 0 || self.width > 0x3fff || self.height > 0x3fff {
            return Err(BadRecord::Size);
        }
        let sane = |density: u16| (99..=591).contains(&density);
        if sane(self.across) && sane(self.down) { Ok(self) } else { Err(BadRecord::Resolution) }
    }

    /// A place in pixels of 500 dpi; none outside the image.
    pub(super) fn place(&self, x: u16, y: u16) -> Option<[u16; 2]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let usual = |at: u16, density: u16| {
            // 197 and 196.85 are both written for 500 dpi; no rounding there.
            let density = u32::from(density);
            let at = if density.abs_diff(USUAL) <= 1 {
                u32::from(at)
            } else {
                (u32::from(at) * USUAL + density / 2) / density
            };
            u16::try_from(at).ok().filter(|at| *at <= FARTHEST)
        };
        Some([usual(x, self.across)?, usual(y, self.down)?])
    }
}
