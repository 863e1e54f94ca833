//! The probe's side of a comparison: tables in which all its minutiae are looked up at once, a bit of a word each.

use super::star::CELLS;
use super::subject::{Point, Subject};
use crate::template::Template;

/// Side of a cell of the map, in pixels.
const CELL: f32 = 16.0;
/// Farthest that two minutiae of an alignment are apart, in pixels.
pub(super) const REACH: f32 = 24.0;
/// Most that their directions differ, in 1/256 of a turn: 0.4 rad.
pub(super) const TURN: i16 = 17;
/// Most columns and rows of the map: 2,048 pixels of 500 dpi are 10 cm.
const MOST_CELLS: usize = 128;

/// A template made ready to be looked for; made once for any number of comparisons.
#[derive(Clone, Debug)]
pub struct Probe {
    pub(super) subject: Subject,
    /// For each cell of a neighbour, which minutiae have a neighbour that may fall there; the last is of those not there.
    pub(super) neighbours: Box<[u64]>,
    map: Map,
    /// For each 32nd of a turn, which minutiae point about there.
    directions: [u64; 32],
}

/// For each cell of the plane, which minutiae are in reach.
#[derive(Clone, Debug)]
struct Map {
    left: f32,
    bottom: f32,
    columns: usize,
    cells: Box<[u64]>,
}

impl Probe {
    /// Of a template.
    #[must_use]
    pub fn new(template: &Template) -> Self {
        let subject = Subject::new(template);
        let mut neighbours = vec![0; CELLS + 1].into_boxed_slice();
        let mut directions = [0; 32];
        for (index, (star, point)) in subject.stars.iter().zip(&subject.points).enumerate() {
            for place in 0..usize::from(star.count) {
                star.cells_around(place, |cell| neighbours[cell] |= 1 << index);
            }
            for (bin, directions) in directions.iter_mut().enumerate() {
                // The eighth of a bin that is nearest decides.
                let off =
                    (0..8).map(|o| super::star::folded(bin as i16 * 8 + o - i16::from(point.angle))).min();
                if off.is_some_and(|off| off <= TURN) {
                    *directions |= 1 << index;
                }
            }
        }
        let map = Map::of(&subject.points);
        Self { subject, neighbours, map, directions }
    }

    /// Which minutiae may be the one at this place with this direction.
    #[inline]
    pub(super) fn near(&self, x: f32, y: f32, angle: u8) -> u64 {
        self.map.at(x, y) & self.directions[usize::from(angle >> 3)]
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates; what is outside is clamped"
)]
impl Map {
    fn of(points: &[Point]) -> Self {
        let bound = |of: fn(&Point) -> f32, start: f32, pick: fn(f32, f32) -> f32| {
            points.iter().map(of).fold(start, pick)
        };
        if points.is_empty() {
            return Self { left: 0.0, bottom: 0.0, columns: 0, cells: Box::default() };
        }
        let (left, bottom) =
            (bound(|p| p.x, f32::MAX, f32::min) - REACH, bound(|p| p.y, f32::MAX, f32::min) - REACH);
        let (right, top) =
            (bound(|p| p.x, f32::MIN, f32::max) + REACH, bound(|p| p.y, f32::MIN, f32::max) + REACH);
        let cells = |from: f32, to: f32| (((to - from) / CELL) as usize + 1).min(MOST_CELLS);
        let (columns, rows) = (cells(left, right), cells(bottom, top));
        let mut map = Self { left, bottom, columns, cells: vec![0; columns * rows].into() };
        for (index, p) in points.iter().enumerate() {
            let [(left, right), (bottom, top)] =
                [(p.x - map.left, columns), (p.y - map.bottom, rows)].map(|(at, most)| {
                    (((at - REACH) / CELL) as usize, (((at + REACH) / CELL) as usize).min(most - 1))
                });
            for row in bottom..=top {
                for column in left..=right {
                    map.cells[row * columns + column] |= 1 << index;
                }
            }
        }
        map
    }

    #[inline]
    fn at(&self, x: f32, y: f32) -> u64 {
        let (column, row) = ((x - self.left) * (1.0 / CELL), (y - self.bottom) * (1.0 / CELL));
        if column < 0.0 || row < 0.0 || column as usize >= self.columns {
            return 0;
        }
        self.cells.get(row as usize * self.columns + column as usize).copied().unwrap_or(0)
    }
}
