//! Passive liveness: one crop with context through one network, mapped to the published scale.

use domain::biometric::LivenessScore;
use image::RgbImage;

use super::detect::Face;
use super::resample::{Planes, Rect};
use super::view::View;
use crate::models::Liveness;
use crate::runtime::{Network, RuntimeError};

/// The square around `face` that the network wants, shifted to lie inside the view and cut to its shorter side.
fn crop(view: &View, face: &Face, context: f32) -> Rect {
    let (width, height) = (view.width, view.height);
    let side = (face.height * context).min(width).min(height);
    let place = |centre: f32, length: f32| (centre - side / 2.0).clamp(0.0, length - side);
    Rect {
        x: place(face.x + face.width / 2.0, width),
        y: place(face.y + face.height / 2.0, height),
        width: side,
        height: side,
    }
}

/// The published score of a live output `p` (a softmax value): a logistic map, strictly rising, which spreads
/// the values near 0 and 1, where the network's outputs crowd. Not a probability.
pub(super) fn publish(p: f32, model: &Liveness) -> LivenessScore {
    let p = p.clamp(1e-12, 1.0 - 1e-7);
    LivenessScore::new(1.0 / (1.0 + ((1.0 - p) / p).powf(model.gain) * model.odds))
}

/// How live `face` looks.
pub(super) fn score(
    network: &mut dyn Network,
    model: &Liveness,
    image: &RgbImage,
    view: &View,
    face: &Face,
    input: &mut Vec<f32>,
) -> Result<LivenessScore, RuntimeError> {
    let side = model.side as usize;
    input.clear();
    input.resize(3 * side * side, 0.0);
    let mut planes = Planes { values: input, columns: side, rows: side, stride: side, plane: side * side };
    view.read(image, crop(view, face, model.context), &model.feed, &mut planes);
    let mut logits = Vec::new();
    network.run([1, 3, side, side], input, &mut |_, values| values.clone_into(&mut logits))?;
    let live = softmax(&logits, model.live_output)
        .ok_or_else(|| RuntimeError("the liveness network's output has an unexpected shape".into()))?;
    Ok(publish(live, model))
}

fn softmax(logits: &[f32], index: usize) -> Option<f32> {
    let chosen = *logits.get(index)?;
    let total: f32 = logits.iter().map(|l| (l - chosen).exp()).sum();
    Some(1.0 / total).filter(|p| p.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_scale_rises_with_the_live_output_and_stays_within_bounds() {
        let model = crate::models::Manifest::built_in().unwrap().liveness;
        let scores: Vec<f32> =
            [0.0, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.999, 1.0].map(|p| publish(p, &model).get()).into();
        assert!(scores.is_sorted() && scores[0] < 0.01 && scores[7] > 0.99, "{scores:?}");
        assert!(
            (publish(0.5, &model).get() - 0.65).abs() < 1e-3,
            "a live output of one half is the shipped threshold"
        );
    }

    #[test]
    fn the_crop_stays_inside_the_image() {
        let image = View::upright(&RgbImage::new(640, 480));
        let face = |x: f32, y: f32, h: f32| Face {
            x,
            y,
            width: h * 0.7,
            height: h,
            score: 1.0,
            landmarks: [[0.0; 2]; 5],
        };
        for f in [face(-20.0, -20.0, 100.0), face(600.0, 400.0, 90.0), face(200.0, 100.0, 300.0)] {
            let c = crop(&image, &f, 2.7);
            assert!(c.x >= 0.0 && c.y >= 0.0 && c.x + c.width <= 640.0 && c.y + c.height <= 480.0, "{c:?}");
        }
    }

    #[test]
    fn softmax_is_stable_for_large_logits() {
        assert_eq!(softmax(&[500.0, 0.0, 0.0], 0), Some(1.0));
        assert_eq!(softmax(&[], 0), None);
    }
}
