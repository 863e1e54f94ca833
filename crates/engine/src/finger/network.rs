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

/// Finds the minutiae in a window of a picture.
pub(super) fn find(
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
