//! Bringing a face to the embedder's canonical position by a similarity transform of five landmarks.

use image::RgbImage;

use super::resample::planes;
use crate::models::Feed;

/// Where the eyes, the nose tip and the corners of the mouth stand in a 112 × 112 crop (the ArcFace template).
const TEMPLATE: [[f32; 2]; 5] =
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]];

/// From crop to image: `x' = a·x - b·y + tx`, `y' = b·x + a·y + ty`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    a: f32,
    b: f32,
    tx: f32,
    ty: f32,
}

impl Similarity {
    /// The least-squares similarity (no reflection) that takes the template, scaled to a crop of `side` pixels,
    /// to `landmarks` (Umeyama 1991, in its closed form for the plane).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a side is small")]
    pub fn of(landmarks: &[[f32; 2]; 5], side: u32) -> Self {
        let k = side as f32 / 112.0;
        let mean = |points: &[[f32; 2]; 5], axis: usize, k: f32| {
            points.iter().map(|p| p[axis] * k).sum::<f32>() / 5.0
        };
        let (sx, sy) = (mean(&TEMPLATE, 0, k), mean(&TEMPLATE, 1, k));
        let (dx, dy) = (mean(landmarks, 0, 1.0), mean(landmarks, 1, 1.0));
        let (mut dot, mut cross, mut norm) = (0.0f32, 0.0f32, 0.0f32);
        for (s, d) in TEMPLATE.iter().zip(landmarks) {
            let (xs, ys, xd, yd) = (s[0] * k - sx, s[1] * k - sy, d[0] - dx, d[1] - dy);
            dot += xs * xd + ys * yd;
            cross += xs * yd - ys * xd;
            norm += xs * xs + ys * ys;
        }
        let (a, b) = (dot / norm, cross / norm);
        Self { a, b, tx: dx - a * sx + b * sy, ty: dy - b * sx - a * sy }
    }

    /// Pixels of the image per pixel of the crop.
    #[must_use]
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

/// Samples the crop into the embedder's planes: bilinear, averaged over a small grid where the face is much
/// larger than the crop. Pixels outside the image are black, as in training.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel positions, checked against the image"
)]
pub(super) fn warp(image: &RgbImage, map: Similarity, side: usize, feed: &Feed, values: &mut [f32]) {
    let n = (map.scale().round() as usize).clamp(1, 3);
    let (gain, offset) = (feed.scale / (n * n) as f32, -feed.mean * feed.scale);
    let (plane, order) = (side * side, planes(feed.colour));
    for y in 0..side {
        for x in 0..side {
            let mut sum = [0.0f32; 3];
            for k in 0..n * n {
                let shift = |i: usize| (i as f32 + 0.5) / n as f32 - 0.5;
                let (cx, cy) = (x as f32 + shift(k % n), y as f32 + shift(k / n));
                bilinear(image, map.a * cx - map.b * cy + map.tx, map.b * cx + map.a * cy + map.ty, &mut sum);
            }
            for (channel, p) in order.into_iter().enumerate() {
                values[p * plane + y * side + x] = sum[channel] * gain + offset;
            }
        }
    }
}

#[inline]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel positions, checked against the image"
)]
fn bilinear(image: &RgbImage, x: f32, y: f32, sum: &mut [f32; 3]) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_similarity_of_the_template_is_found_again(
            a in 0.2f32..5.0, b in -5.0f32..5.0, tx in -500.0f32..500.0, ty in -500.0f32..500.0,
        ) {
            let landmarks = TEMPLATE.map(|[x, y]| [a * x - b * y + tx, b * x + a * y + ty]);
            let found = Similarity::of(&landmarks, 112);
            for (got, want) in [(found.a, a), (found.b, b), (found.tx, tx), (found.ty, ty)] {
                prop_assert!((got - want).abs() < 1e-3 * (1.0 + want.abs()), "{found:?}");
            }
        }
    }
}
