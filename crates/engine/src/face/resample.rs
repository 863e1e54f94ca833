//! Cutting a rectangle out of an image and bringing it to a network's size, straight into its input planes.

use image::RgbImage;

use super::affine::Affine;
use super::view::View;
use crate::models::{Colour, Feed};

/// A rectangle in pixels of the upright image; it may have fractions but lies inside the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// Where the planes go: `columns × rows` values of each of three planes, `stride` values a row and `plane`
/// values a plane.
pub(super) struct Planes<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) stride: usize,
    pub(super) plane: usize,
}

/// Source positions and weights of one output position along one axis.
struct Tap {
    first: usize,
    second: usize,
    /// Weight of `second`.
    weight: f32,
}

/// Most samples an axis of one output pixel: bounds the work whatever the source size.
const MAX_SAMPLES: f32 = 4.0;

/// Taps of an axis: `count` outputs over `start..start + length`, `samples` each. With one sample it is bilinear
/// interpolation; with more it is an average over evenly spread nearest pixels, so that fine detail does not
/// alias when an image is made much smaller.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel positions are small and clamped"
)]
fn taps(start: f32, length: f32, count: usize, samples: usize, limit: u32) -> Vec<Tap> {
    let (step, last) = (length / (count * samples) as f32, (limit - 1) as f32);
    (0..count * samples)
        .map(|i| {
            let centre = (start + (i as f32 + 0.5) * step - 0.5).clamp(0.0, last);
            if samples > 1 {
                let nearest = centre.round() as usize;
                return Tap { first: nearest, second: nearest, weight: 0.0 };
            }
            let first = centre.floor();
            Tap { first: first as usize, second: (first + 1.0).min(last) as usize, weight: centre - first }
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and MAX_SAMPLES")]
fn samples(ratio: f32) -> usize {
    ratio.round().clamp(1.0, MAX_SAMPLES) as usize
}

/// Samples `rect` of `image` into `to`, prepared as `feed` says.
#[expect(clippy::cast_precision_loss, reason = "pixel counts are small")]
pub(super) fn resample(image: &RgbImage, rect: Rect, feed: &Feed, to: &mut Planes<'_>) {
    // The scale is the same along both axes, but for rounding.
    let n = samples((rect.width / to.columns as f32).max(rect.height / to.rows as f32));
    let across = taps(rect.x, rect.width, to.columns, n, image.width());
    let down = taps(rect.y, rect.height, to.rows, n, image.height());
    let pitch = image.width() as usize * 3;
    let pixels = image.as_raw();
    let gain = feed.scale / (n * n) as f32;
    let offset = -feed.mean * feed.scale;
    let order = planes(feed.colour);
    for row in 0..to.rows {
        let down = &down[row * n..(row + 1) * n];
        for column in 0..to.columns {
            let across = &across[column * n..(column + 1) * n];
            let sum = if n > 1 {
                total(pixels, pitch, across, down)
            } else {
                bilinear(pixels, pitch, &across[0], &down[0])
            };
            let at = row * to.stride + column;
            for (channel, plane) in order.into_iter().enumerate() {
                to.values[plane * to.plane + at] = sum[channel] * gain + offset;
            }
        }
    }
}

/// Sum of the nearest pixels of all taps.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "a sum of at most 16 bytes")]
fn total(pixels: &[u8], pitch: usize, across: &[Tap], down: &[Tap]) -> [f32; 3] {
    let mut sum = [0u32; 3];
    for d in down {
        let line = &pixels[d.first * pitch..(d.first + 1) * pitch];
        for a in across {
            let pixel = &line[a.first * 3..a.first * 3 + 3];
            sum.iter_mut().zip(pixel).for_each(|(s, &v)| *s += u32::from(v));
        }
    }
    sum.map(|s| s as f32)
}

/// Samples a part of a view, wherever its pixels lie in the picture: bilinear, averaged over a small grid where the picture has
/// many pixels for one of `to`. What lies outside the picture is black.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel positions, checked against the image"
)]
pub(super) fn sample(image: &RgbImage, view: &View, to_view: &Affine, feed: &Feed, to: &mut Planes<'_>) {
    let map = view.to_image.after(to_view);
    let [across, down] = map.steps();
    let n = (across.max(down).round() as usize).clamp(1, 3);
    let (sign, white) = if view.negative { (-1.0, 255.0) } else { (1.0, 0.0) };
    let (gain, offset) = (sign * feed.scale / (n * n) as f32, (white - feed.mean) * feed.scale);
    let order = planes(feed.colour);
    let shift = |i: usize| (i as f32 + 0.5) / n as f32;
    for row in 0..to.rows {
        for column in 0..to.columns {
            let mut sum = [0.0f32; 3];
            for k in 0..n * n {
                let [x, y] = map.at([column as f32 + shift(k % n), row as f32 + shift(k / n)]);
                between(image, x - 0.5, y - 0.5, &mut sum);
            }
            let at = row * to.stride + column;
            for (channel, plane) in order.into_iter().enumerate() {
                to.values[plane * to.plane + at] = sum[channel] * gain + offset;
            }
        }
    }
}

/// Adds the value between four pixels.
#[inline]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel positions, checked against the image"
)]
fn between(image: &RgbImage, x: f32, y: f32, sum: &mut [f32; 3]) {
    let (left, top) = (x.floor(), y.floor());
    let (wx, wy) = (x - left, y - top);
    let inside =
        left >= 0.0 && top >= 0.0 && left + 1.0 < image.width() as f32 && top + 1.0 < image.height() as f32;
    if inside {
        let (pitch, raw) = (image.width() as usize * 3, image.as_raw());
        let at = top as usize * pitch + left as usize * 3;
        let (upper, lower) = (&raw[at..at + 6], &raw[at + pitch..at + pitch + 6]);
        for (c, total) in sum.iter_mut().enumerate() {
            let u = f32::from(upper[c]) + (f32::from(upper[c + 3]) - f32::from(upper[c])) * wx;
            let l = f32::from(lower[c]) + (f32::from(lower[c + 3]) - f32::from(lower[c])) * wx;
            *total += u + (l - u) * wy;
        }
        return;
    }
    for (dx, dy, weight) in [
        (0.0, 0.0, (1.0 - wx) * (1.0 - wy)),
        (1.0, 0.0, wx * (1.0 - wy)),
        (0.0, 1.0, (1.0 - wx) * wy),
        (1.0, 1.0, wx * wy),
    ] {
        let (px, py) = (left + dx, top + dy);
        if px >= 0.0 && py >= 0.0 && px < image.width() as f32 && py < image.height() as f32 {
            let pixel = image.get_pixel(px as u32, py as u32).0;
            sum.iter_mut().zip(pixel).for_each(|(total, value)| *total += weight * f32::from(value));
        }
    }
}

/// The value between four pixels.
#[inline]
fn bilinear(pixels: &[u8], pitch: usize, across: &Tap, down: &Tap) -> [f32; 3] {
    let pixel = |row: usize, column: usize| -> &[u8] {
        &pixels[row * pitch + column * 3..row * pitch + column * 3 + 3]
    };
    let corners = [
        pixel(down.first, across.first),
        pixel(down.first, across.second),
        pixel(down.second, across.first),
        pixel(down.second, across.second),
    ];
    std::array::from_fn(|c| {
        let [a, b, d, e] = corners.map(|p| f32::from(p[c]));
        let (upper, lower) = (a + (b - a) * across.weight, d + (e - d) * across.weight);
        upper + (lower - upper) * down.weight
    })
}

/// Plane of red, green and blue.
pub(super) const fn planes(colour: Colour) -> [usize; 3] {
    match colour {
        Colour::Rgb => [0, 1, 2],
        Colour::Bgr => [2, 1, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    const fn feed(colour: Colour) -> Feed {
        Feed { colour, mean: 0.0, scale: 1.0 }
    }

    fn run(image: &RgbImage, rect: Rect, columns: usize, rows: usize, colour: Colour) -> Vec<f32> {
        let mut values = vec![0.0; 3 * columns * rows];
        let mut to = Planes { values: &mut values, columns, rows, stride: columns, plane: columns * rows };
        resample(image, rect, &feed(colour), &mut to);
        values
    }

    fn whole(image: &RgbImage) -> Rect {
        Rect { x: 0.0, y: 0.0, width: image.width() as f32, height: image.height() as f32 }
    }

    #[test]
    fn the_same_size_is_a_copy_in_the_wanted_colour_order() {
        let image = RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8, y as u8, 9]));
        let values = run(&image, whole(&image), 3, 2, Colour::Bgr);
        assert_eq!(values[..6], [9.0; 6]);
        assert_eq!(values[12..], [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
    }

    #[test]
    fn half_the_size_is_the_mean_of_four() {
        let image = RgbImage::from_fn(4, 4, |x, y| Rgb([(x * 10 + y * 40) as u8, 0, 0]));
        assert_eq!(run(&image, whole(&image), 2, 2, Colour::Rgb)[..4], [25.0, 45.0, 105.0, 125.0]);
    }

    #[test]
    fn a_flat_image_stays_flat_at_any_size() {
        let image = RgbImage::from_pixel(97, 61, Rgb([50, 100, 150]));
        for (columns, rows) in [(10, 10), (97, 61), (200, 128)] {
            let values = run(&image, whole(&image), columns, rows, Colour::Rgb);
            assert!(values[..columns * rows].iter().all(|v| (v - 50.0).abs() < 1e-3));
        }
    }
}
