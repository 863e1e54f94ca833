//! A template made ready to be compared with probes.

use super::area::Area;
use super::star::{NEIGHBOURS, Star};
use crate::template::Template;

/// A template of the gallery, with what comparing needs at hand: about 60 bytes a minutia.
#[derive(Clone, Debug)]
pub struct Subject {
    pub(super) points: Box<[Point]>,
    pub(super) stars: Box<[Star]>,
    /// Cells of the neighbours, with [`super::star::CELLS`] for those that are not there.
    pub(super) cells: Box<[[u16; NEIGHBOURS]]>,
    pub(super) area: Area,
}

/// A minutia in the plane: pixels of 500 dpi, upwards positive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
    /// In 1/256 of a turn.
    pub(super) angle: u8,
    /// How much it counts that it is there.
    pub(super) weight: f32,
}

impl Subject {
    /// Of a template.
    #[must_use]
    pub fn new(template: &Template) -> Self {
        let all = template.minutiae();
        let points: Box<[Point]> = all
            .iter()
            .map(|m| Point { x: m.x.into(), y: -f32::from(m.y), angle: m.angle, weight: weight(m.quality) })
            .collect();
        let stars: Box<[Star]> = (0..all.len()).map(|i| Star::of(all, i)).collect();
        let cells = stars.iter().map(cells).collect();
        let area = Area::of(&points);
        Self { points, stars, cells, area }
    }

    /// Minutiae.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "numbers of cells are at most 2048")]
fn cells(star: &Star) -> [u16; NEIGHBOURS] {
    std::array::from_fn(|place| {
        let there = place < usize::from(star.count);
        (if there { star.cell(place) } else { super::star::CELLS }) as u16
    })
}

/// Weight of a minutia of which no quality is given.
const UNKNOWN: f32 = 0.5;
/// Least weight of a minutia.
const LEAST: f32 = 0.05;

/// How much it counts that a minutia is there: the square of what the extractor says, which keeps those it half believes in from
/// being missed in the other impression.
fn weight(quality: u8) -> f32 {
    if quality == 0 { UNKNOWN } else { (f32::from(quality) / 100.0).powi(2).max(LEAST) }
}
