//! Minutiae by the network: for each pixel how likely one is there, where it points, and what it is.

use minutiae::{Kind, Minutia};

use super::foreground::Window;
use super::picture::Grey;
use crate::models::Extractor;
use crate::runtime::{Network, RuntimeError};

/// Sides of the input are multiples of this.
const MULTIPLE: usize = 32;
/// Values of a pixel of the output: position, direction, type, peak.
const VALUES: usize = 4;

/// Most pixels the network sees at once: with these it takes some 430 MB.
const MOST_PIXELS: usize = 416 * 416;
/// Pixels by which parts of a window overlap: what lies in the middle of the overlap is seen with 32 around it by both.
const OVERLAP: usize = 64;

/// Finds the minutiae in a window of a picture; a large one is looked at in parts.
pub(super) fn find(
    network: &mut dyn Network,
    model: &Extractor,
    picture: &Grey,
    window: Window,
    input: &mut Vec<f32>,
) -> Result<Vec<Minutia>, RuntimeError> {
    let mut minutiae = Vec::new();
    for part in parts(window) {
        let keep = |m: &Minutia| part.core.holds(m);
        minutiae.extend(find_in(network, model, picture, part.seen, input)?.into_iter().filter(keep));
    }
    Ok(minutiae)
}

/// A part of a window: what is seen, and where its minutiae count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    seen: Window,
    core: Window,
}

impl Window {
    fn holds(&self, m: &Minutia) -> bool {
        let (x, y) = (usize::from(m.x), usize::from(m.y));
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }
}

/// The parts of one side: where each is seen, and where it counts.
fn along(start: usize, length: usize, count: usize) -> Vec<[(usize, usize); 2]> {
    let cut = |at: usize| start + length * at / count;
    let part = |at: usize| {
        let (from, to) = (cut(at), cut(at + 1));
        let seen_from = from.saturating_sub(OVERLAP / 2).max(start);
        let seen_to = (to + OVERLAP / 2).min(start + length);
        [(seen_from, seen_to - seen_from), (from, to - from)]
    };
    (0..count).map(part).collect()
}

/// As few parts as each has no more than [`MOST_PIXELS`].
fn parts(window: Window) -> Vec<Part> {
    let (mut columns, mut rows) = (1, 1);
    let longest = |all: &[[(usize, usize); 2]]| {
        all.iter().map(|[(_, seen), _]| seen.next_multiple_of(MULTIPLE)).max().unwrap_or_default()
    };
    loop {
        let across = along(window.x, window.width, columns);
        let down = along(window.y, window.height, rows);
        let (width, height) = (longest(&across), longest(&down));
        if width * height > MOST_PIXELS {
            *(if width >= height { &mut columns } else { &mut rows }) += 1;
            continue;
        }
        let part = |[(x, width), (core_x, core_width)]: [(usize, usize); 2],
                    [(y, height), (core_y, core_height)]: [(usize, usize); 2]| Part {
            seen: Window { x, y, width, height },
            core: Window { x: core_x, y: core_y, width: core_width, height: core_height },
        };
        // What is found beside a window that is whole counts too: the picture goes on there.
        if columns * rows == 1 {
            let whole = Window { x: 0, y: 0, width: usize::MAX, height: usize::MAX };
            return vec![Part { seen: window, core: whole }];
        }
        return down.iter().flat_map(|d| across.iter().map(move |a| part(*a, *d))).collect();
    }
}

fn find_in(
    network: &mut dyn Network,
    model: &Extractor,
    picture: &Grey,
    window: Window,
    input: &mut Vec<f32>,
) -> Result<Vec<Minutia>, RuntimeError> {
    let padded = |side: usize| side.next_multiple_of(MULTIPLE);
    let (columns, rows) = (padded(window.width), padded(window.height));
    // Half of what is added goes before; where the picture goes on there, with its own pixels.
    let start = |at: usize, side: usize| at.cast_signed() - ((padded(side) - side) / 2).cast_signed();
    let (left, top) = (start(window.x, window.width), start(window.y, window.height));
    fill(picture, left, top, columns, rows, input);
    let (mut minutiae, mut whole) = (Vec::new(), false);
    network.run([1, rows, columns, 1], input, &mut |index, values| {
        if index == 0 && values.len() == rows * columns * VALUES {
            whole = true;
            for (at, pixel) in values.as_chunks::<VALUES>().0.iter().enumerate() {
                if pixel[3] >= model.peak {
                    let (x, y) = (left + (at % columns).cast_signed(), top + (at / columns).cast_signed());
                    minutiae.extend(minutia(picture, x, y, pixel));
                }
            }
        }
    })?;
    if whole { Ok(minutiae) } else { Err(RuntimeError("the network's output has an unexpected size".into())) }
}

/// A minutia at a place of the picture; none for one beside it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates; percent and a direction"
)]
fn minutia(picture: &Grey, x: isize, y: isize, pixel: &[f32; VALUES]) -> Option<Minutia> {
    let [_, direction, ending, peak] = *pixel;
    let (at_x, at_y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
    let inside = at_x < picture.width && at_y < picture.height && direction.is_finite();
    let units = (direction * (128.0 / std::f32::consts::PI)).round().rem_euclid(256.0) as u8;
    let kind = if ending >= 0.5 { Kind::Ending } else { Kind::Bifurcation };
    let quality = (peak * 100.0).round().clamp(1.0, 100.0) as u8;
    inside.then_some(Minutia { x: at_x as u16, y: at_y as u16, angle: units, kind, quality })
}

/// Copies a rectangle that may reach outside the picture, where its upper left pixel is repeated.
fn fill(picture: &Grey, left: isize, top: isize, columns: usize, rows: usize, input: &mut Vec<f32>) {
    let outside = f32::from(picture.pixels.first().copied().unwrap_or(u8::MAX));
    input.clear();
    input.reserve(rows * columns);
    for row in 0..rows {
        let y = usize::try_from(top + row.cast_signed()).ok().filter(|y| *y < picture.height);
        let line = y.map(|y| &picture.pixels[y * picture.width..][..picture.width]);
        let pixel = |column: usize| {
            let x = usize::try_from(left + column.cast_signed()).ok();
            x.and_then(|x| line?.get(x)).map_or(outside, |value| f32::from(*value))
        };
        input.extend((0..columns).map(pixel));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_window_is_seen_in_parts_that_count_every_place_once() {
        for (width, height) in [(300, 300), (416, 416), (296, 560), (640, 640), (640, 100), (500, 430)] {
            let window = Window { x: 7, y: 11, width, height };
            let parts = parts(window);
            for part in &parts {
                let area =
                    part.seen.width.next_multiple_of(MULTIPLE) * part.seen.height.next_multiple_of(MULTIPLE);
                assert!(area <= MOST_PIXELS, "{part:?}");
            }
            let counted = |x: usize, y: usize| {
                let at = Minutia { x: x as u16, y: y as u16, angle: 0, kind: Kind::Other, quality: 1 };
                parts.iter().filter(|p| p.core.holds(&at)).count()
            };
            for (x, y) in
                [(7, 11), (7 + width / 2, 11 + height / 2), (6 + width, 10 + height), (7 + width / 3, 40)]
            {
                assert_eq!(counted(x, y), 1, "{width}x{height} at {x}, {y}");
            }
        }
        assert_eq!(parts(Window { x: 0, y: 0, width: 416, height: 416 }).len(), 1);
    }
}
