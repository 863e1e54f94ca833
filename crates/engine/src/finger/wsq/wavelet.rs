//! The inverse transform: two halves of a line become one, line by line, down and then across.

use super::layout::{Band, Node};

/// The picture, on its way from subbands to grey levels.
pub(super) struct Plane {
    width: usize,
    values: Vec<f32>,
}

/// Lines are put together over so many columns at once: neighbours in memory.
const TOGETHER: usize = 16;

/// A filter for the values at even places, and one for those at odd ones, from `-reach` to `reach`: a low value lies at each even
/// place, a high one at each odd one.
struct Synthesis {
    reach: usize,
    taps: [Vec<f32>; 2],
}

impl Synthesis {
    fn of(low: &[f32], high: &[f32]) -> Self {
        let reach = low.len().max(high.len()) - 1;
        let taps = [0, 1].map(|parity| {
            let tap = |at: usize| {
                let off = at.abs_diff(reach);
                let filter = if off % 2 == parity { low } else { high };
                filter.get(off).copied().unwrap_or_default()
            };
            (0..=2 * reach).map(tap).collect()
        });
        Self { reach, taps }
    }

    /// The line whose low values are the even ones of `line`, each value several columns wide. Beyond its ends a line goes on as
    /// its mirror image.
    fn line(&self, line: &[[f32; TOGETHER]], out: &mut [[f32; TOGETHER]]) {
        let length = line.len();
        for (at, out) in out.iter_mut().enumerate() {
            let mut sum = [0.0f32; TOGETHER];
            for (tap, weight) in self.taps[at % 2].iter().enumerate() {
                let from = &line[mirrored(at + tap, self.reach, length)];
                for (sum, value) in sum.iter_mut().zip(from) {
                    *sum += weight * value;
                }
            }
            *out = sum;
        }
    }
}

/// The place `at - reach` of a line that is mirrored at its ends.
fn mirrored(at: usize, reach: usize, length: usize) -> usize {
    let place = at.abs_diff(reach);
    if place < length {
        return place;
    }
    let period = 2 * (length - 1).max(1);
    let place = place % period;
    place.min(period - place).min(length - 1)
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, values: vec![0.0; width * height] }
    }

    /// The rows of a rectangle.
    pub(super) fn rows_mut(&mut self, band: &Band) -> impl Iterator<Item = &mut [f32]> {
        let (x, width) = (band.x, band.width);
        self.values
            .chunks_exact_mut(self.width)
            .skip(band.y)
            .take(band.height)
            .map(move |row| &mut row[x..x + width])
    }

    /// Puts a rectangle together from its four parts.
    pub(super) fn join(&mut self, node: &Node, low: &[f32], high: &[f32]) {
        let Band { x, y, width, height } = node.band;
        let synthesis = Synthesis::of(low, high);
        let (across, down) = (1, self.width);
        self.lines((y * down + x, across, width), (down, height), node.turned[1], &synthesis);
        self.lines((y * down + x, down, height), (across, width), node.turned[0], &synthesis);
    }

    /// Puts lines together: `lines.2` of them begin at `lines.0`, `lines.1` apart; a line's values are `along.0` apart.
    fn lines(
        &mut self,
        lines: (usize, usize, usize),
        along: (usize, usize),
        turned: bool,
        synthesis: &Synthesis,
    ) {
        let ((start, apart, count), (step, length)) = (lines, along);
        let mut line = vec![[0.0; TOGETHER]; length];
        let mut out = line.clone();
        let [low, high] = if turned { [length / 2, 0] } else { [0, length.div_ceil(2)] };
        for first in (0..count).step_by(TOGETHER) {
            let columns = TOGETHER.min(count - first);
            let place = |at: usize, column: usize| start + (first + column) * apart + at * step;
            for (at, values) in line.iter_mut().enumerate() {
                let from = at / 2 + if at % 2 == 0 { low } else { high };
                for (column, value) in values.iter_mut().enumerate().take(columns) {
                    *value = self.values[place(from, column)];
                }
            }
            synthesis.line(&line, &mut out);
            for (at, values) in out.iter().enumerate() {
                for (column, value) in values.iter().enumerate().take(columns) {
                    self.values[place(at, column)] = *value;
                }
            }
        }
    }

    /// Grey levels.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates at black and white"
    )]
    pub(super) fn into_grey(self, shift: f32, scale: f32) -> Vec<u8> {
        self.values.iter().map(|value| (value * scale + shift + 0.5) as u8).collect()
    }
}
