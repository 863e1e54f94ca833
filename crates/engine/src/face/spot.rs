//! Where in its image a face was: so that the same face is found again, by whatever detector.

use super::detect::Face;

/// The box of a face in the upright image, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    left: i16,
    top: i16,
    width: i16,
    height: i16,
}

/// Least part that two boxes of one face share of what they cover together. Boxes of two detectors share more than half;
/// those of two people side by side next to nothing.
const SAME: f32 = 0.3;

impl Spot {
    /// Where a face is.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "images have at most a few thousand pixels a side; `as` saturates"
    )]
    pub fn of(face: &Face) -> Self {
        Self { left: face.x as i16, top: face.y as i16, width: face.width as i16, height: face.height as i16 }
    }

    /// Eight bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        let [[a, b], [c, d], [e, f], [g, h]] =
            [self.left, self.top, self.width, self.height].map(i16::to_le_bytes);
        [a, b, c, d, e, f, g, h]
    }

    /// From [`Self::to_bytes`].
    #[must_use]
    pub const fn from_bytes([a, b, c, d, e, f, g, h]: [u8; 8]) -> Self {
        let side = i16::from_le_bytes;
        Self { left: side([a, b]), top: side([c, d]), width: side([e, f]), height: side([g, h]) }
    }

    /// The part a face's box and this one share of what they cover together, 0-1 (intersection over union).
    fn shared(self, face: &Face) -> f32 {
        let [left, top, width, height] = [self.left, self.top, self.width, self.height].map(f32::from);
        let across = (left + width).min(face.x + face.width) - left.max(face.x);
        let down = (top + height).min(face.y + face.height) - top.max(face.y);
        let both = across.max(0.0) * down.max(0.0);
        both / (width * height + face.width * face.height - both).max(1.0)
    }

    /// The one of `faces` that is here; none where no box fits.
    pub(super) fn find(self, faces: &[Face]) -> Option<Face> {
        let best = faces.iter().max_by(|a, b| self.shared(a).total_cmp(&self.shared(b)))?;
        (self.shared(best) >= SAME).then_some(*best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, side: f32) -> Face {
        Face { x, y: 10.0, width: side, height: side, score: 0.9, landmarks: [[0.0; 2]; 5] }
    }

    #[test]
    fn the_face_that_was_there_is_found_beside_a_larger_one() {
        let spot = Spot::from_bytes(Spot::of(&face(-4.0, 60.0)).to_bytes());
        let faces = [face(100.0, 200.0), face(0.0, 55.0)];
        assert_eq!(spot.find(&faces), Some(faces[1]));
        assert_eq!(spot.find(&faces[..1]), None, "nobody else is taken for it");
        assert_eq!(spot.find(&[]), None);
    }
}
