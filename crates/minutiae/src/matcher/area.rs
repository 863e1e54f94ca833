//! Where an impression has skin, as far as its minutiae tell: what lies outside cannot be missed there.

use super::subject::Point;

/// Side of a cell, in pixels: about two ridges.
const CELL: f32 = 16.0;
/// A place is inside when minutiae lie in three of the four quarters around it, no farther than this.
const REACH: f32 = 120.0;

/// The cells inside.
#[derive(Clone, Debug)]
pub(super) struct Area {
    left: f32,
    bottom: f32,
    /// A row of cells each, a bit a cell.
    rows: Box<[u64]>,
}

impl Area {
    pub(super) fn of(points: &[Point]) -> Self {
        let least = |of: fn(&Point) -> f32| points.iter().map(of).fold(f32::MAX, f32::min);
        let (left, bottom) = (least(|p| p.x), least(|p| p.y));
        let top = points.iter().map(|p| p.y).fold(f32::MIN, f32::max);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let height = (((top - bottom) / CELL) as usize + 1).min(64);
        let rows = 0..if points.is_empty() { 0 } else { height };
        let right = points.iter().map(|p| p.x).fold(f32::MIN, f32::max);
        let width = (((right - left) / CELL) as usize + 1).min(64);
        let row = |row: usize| {
            let y = bottom + (row as f32 + 0.5) * CELL;
            (0..width)
                .filter(|&c| is_inside(points, left + (c as f32 + 0.5) * CELL, y))
                .fold(0, |bits, c| bits | 1 << c)
        };
        Self { left, bottom, rows: rows.map(row).collect() }
    }

    /// Whether a place is inside.
    #[inline]
    pub(super) fn has(&self, x: f32, y: f32) -> bool {
        let (column, row) = ((x - self.left) * (1.0 / CELL), (y - self.bottom) * (1.0 / CELL));
        if !(0.0..64.0).contains(&column) || row < 0.0 {
            return false;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked, or too large to be a row"
        )]
        let (column, row) = (column as u32, row as usize);
        self.rows.get(row).is_some_and(|bits| bits >> column & 1 == 1)
    }
}

fn is_inside(points: &[Point], x: f32, y: f32) -> bool {
    let mut quarters = 0u8;
    for p in points {
        let (dx, dy) = (p.x - x, p.y - y);
        if dx * dx + dy * dy <= REACH * REACH {
            quarters |= 1 << (u8::from(dx > 0.0) * 2 + u8::from(dy > 0.0));
            if quarters.count_ones() >= 3 {
                return true;
            }
        }
    }
    false
}
