//! Bringing a face to the embedder's canonical position by a similarity transform of five landmarks.

use super::affine::Affine;

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

    /// The same map between positions of corners instead of middles of pixels: the embedder was taught crops whose landmarks
    /// were taken for middles.
    pub(super) const fn of_corners(&self) -> Affine {
        let Self { a, b, tx, ty } = *self;
        Affine {
            xx: a,
            xy: -b,
            x0: tx + 0.5 - 0.5 * a + 0.5 * b,
            yx: b,
            yy: a,
            y0: ty + 0.5 - 0.5 * b - 0.5 * a,
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
