//! Where in an image the finger is: cells with contrast, without the empty rest that costs as much time.

use super::picture::Grey;

/// Side of a cell, in pixels: two ridges.
const CELL: usize = 16;
/// Least standard deviation of a cell with ridges, in grey levels.
const CONTRAST: f32 = 8.0;
/// The part of the contrast of the best cells that ridges have at least.
const PART: f32 = 0.2;
/// Pixels around the finger that are kept: a network sees better what has surroundings.
const MARGIN: usize = 16;

/// A rectangle of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// The rectangle around the finger, of at most `most` pixels a side: then the part with most of it. `None` for an image without
/// contrast.
pub(super) fn window(picture: &Grey, most: usize) -> Option<Window> {
    let (columns, rows) = (picture.width.div_ceil(CELL), picture.height.div_ceil(CELL));
    let contrasts: Vec<f32> =
        (0..rows * columns).map(|at| contrast(picture, at % columns * CELL, at / columns * CELL)).collect();
    let mut sorted = contrasts.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let best = sorted[sorted.len() * 9 / 10];
    let least = CONTRAST.max(PART * best);
    let has = |column: usize, row: usize| contrasts[row * columns + column] >= least;
    // A cell on its own is a speck of dust.
    let counts = |column: usize, row: usize| {
        let near = |by: (isize, isize)| {
            let (column, row) = (column.checked_add_signed(by.0), row.checked_add_signed(by.1));
            column.zip(row).is_some_and(|(c, r)| c < columns && r < rows && has(c, r))
        };
        has(column, row) && [(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().filter(|by| near(*by)).count() >= 2
    };
    let cells: Vec<(usize, usize)> =
        (0..rows * columns).map(|at| (at % columns, at / columns)).filter(|(c, r)| counts(*c, *r)).collect();
    let across = span(cells.iter().map(|c| c.0), picture.width, most)?;
    let down = span(cells.iter().map(|c| c.1), picture.height, most)?;
    Some(Window { x: across.0, y: down.0, width: across.1, height: down.1 })
}

/// Where along one side the cells lie, with a margin; where that is longer than `most`, the part around their mean.
fn span(cells: impl Iterator<Item = usize> + Clone, length: usize, most: usize) -> Option<(usize, usize)> {
    let (first, last) = (cells.clone().min()?, cells.clone().max()?);
    let start = (first * CELL).saturating_sub(MARGIN);
    let end = ((last + 1) * CELL + MARGIN).min(length);
    if end - start <= most {
        return Some((start, end - start));
    }
    let (sum, count) = cells.fold((0, 0), |(sum, count), cell| (sum + cell, count + 1));
    let middle = sum * CELL / count + CELL / 2;
    let start = middle.saturating_sub(most / 2).clamp(start, end - most);
    Some((start, most))
}

/// Standard deviation of a cell.
fn contrast(picture: &Grey, x: usize, y: usize) -> f32 {
    let (right, bottom) = ((x + CELL).min(picture.width), (y + CELL).min(picture.height));
    let (mut sum, mut squares, mut count) = (0u32, 0u32, 0u32);
    for row in picture.pixels.chunks_exact(picture.width).take(bottom).skip(y) {
        for &value in &row[x..right] {
            sum += u32::from(value);
            squares += u32::from(value) * u32::from(value);
            count += 1;
        }
    }
    let count = count.max(1) as f32;
    let mean = sum as f32 / count;
    (squares as f32 / count - mean * mean).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ridges(x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> Grey {
        let (width, height) = (640, 480);
        let pixel = |at: usize| {
            let (px, py) = (at % width, at / width);
            if x.contains(&px) && y.contains(&py) && px / 4 % 2 == 0 { 40 } else { 220 }
        };
        Grey { width, height, pixels: (0..width * height).map(pixel).collect() }
    }

    #[test]
    fn the_window_holds_the_finger_and_little_else() {
        let window = window(&with_ridges(200..400, 100..300), 640).unwrap();
        assert!(window.x <= 200 && window.x + window.width >= 400, "{window:?}");
        assert!(window.width <= 200 + 2 * (MARGIN + CELL) && window.height <= 200 + 2 * (MARGIN + CELL));
    }

    #[test]
    fn a_window_is_never_larger_than_allowed_and_an_empty_image_has_none() {
        let window = window(&with_ridges(0..640, 0..480), 320).unwrap();
        assert_eq!((window.width, window.height), (320, 320));
        assert!(super::window(&with_ridges(0..0, 0..0), 640).is_none());
    }
}
