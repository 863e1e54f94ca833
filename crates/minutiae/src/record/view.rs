//! One impression of a finger, minutia by minutia.

use super::image::Image;
use super::{BadRecord, Notes, Record};
use crate::position::Position;
use crate::template::{Kind, Minutia, Template};

/// A minutia as all records store it.
pub(super) struct Stored {
    /// Two bits of kind and fourteen of x.
    pub(super) first: u16,
    /// Two bits that mean nothing and fourteen of y.
    pub(super) second: u16,
    /// Direction in 1/256 of a turn; none where the record's is none.
    pub(super) angle: Option<u8>,
    /// 0-100; 0 is "not given", 254 and 255 say that none could be computed.
    pub(super) quality: u8,
}

/// An impression as it stands in a record.
pub(super) struct View {
    /// The finger's number.
    pub(super) finger: u8,
    pub(super) minutiae: Vec<Stored>,
}

impl View {
    /// What it says, with what had to be put up with.
    pub(super) fn of(self, image: &Image, standard: &'static str) -> Result<Record, BadRecord> {
        let mut notes = Notes::default();
        let mut minutiae = Vec::with_capacity(self.minutiae.len());
        for stored in &self.minutiae {
            let place = image.place(stored.first & 0x3fff, stored.second & 0x3fff);
            let Some(([x, y], angle)) = place.zip(stored.angle) else {
                notes.left_out = notes.left_out.saturating_add(1);
                continue;
            };
            let kind = match stored.first >> 14 {
                0 => Kind::Other,
                1 => Kind::Ending,
                2 => Kind::Bifurcation,
                _ => {
                    notes.of_no_kind = notes.of_no_kind.saturating_add(1);
                    Kind::Other
                }
            };
            let quality = if stored.quality > 100 { 0 } else { stored.quality };
            minutiae.push(Minutia { x, y, angle, kind, quality });
        }
        if usize::from(notes.left_out) > minutiae.len() {
            return Err(BadRecord::Minutia);
        }
        let position = Position::from_number(self.finger);
        notes.unknown_finger = position.is_none() && self.finger != 0;
        Ok(Record { template: Template::new(minutiae), position, standard, notes })
    }
}
