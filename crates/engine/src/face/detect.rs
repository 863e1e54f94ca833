//! Finding faces: YuNet's twelve outputs, decoded, thinned by non-maximum suppression.

use image::RgbImage;

use super::resample::{Planes, Rect, resample};
use crate::models::Detector;
use crate::runtime::{Network, RuntimeError};

/// A face found in an upright image; all lengths in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Left edge of the box; may lie outside the image.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width of the box.
    pub width: f32,
    /// Height of the box.
    pub height: f32,
    /// Confidence, 0-1.
    pub score: f32,
    /// Eye on the left of the image, eye on the right, nose tip, left and right corner of the mouth.
    pub landmarks: [[f32; 2]; 5],
}

const STRIDES: [usize; 3] = [8, 16, 32];

/// Finds all faces, the most confident first.
pub(super) fn detect(
    network: &mut dyn Network,
    detector: &Detector,
    image: &RgbImage,
    input: &mut Vec<f32>,
) -> Result<Vec<Face>, RuntimeError> {
    let (width, height) = size(image);
    let whole = Rect { x: 0.0, y: 0.0, width, height };
    for &side in &detector.sides {
        let faces = detect_in(network, detector, image, whole, side, input)?;
        if !faces.is_empty() {
            return Ok(faces);
        }
    }
    Ok(Vec::new())
}

/// The same face with landmarks from closer looks: they decide how well the face is aligned, and at the first look a
/// face may be a few dozen pixels tall. Where no closer look finds it, the face as it was.
pub(super) fn look_closer(
    network: &mut dyn Network,
    detector: &Detector,
    image: &RgbImage,
    face: &Face,
    input: &mut Vec<f32>,
) -> Result<Face, RuntimeError> {
    let (mut sum, mut looks) = ([[0.0; 2]; 5], 0.0f32);
    for closer in &detector.closer {
        let Some(around) = around(face, closer.context, image) else { continue };
        let found = detect_in(network, detector, image, around, closer.side, input)?;
        let same = found.iter().max_by(|a, b| overlap(a, face).total_cmp(&overlap(b, face)));
        if let Some(same) = same.filter(|f| overlap(f, face) >= SAME_FACE) {
            let points = sum.as_flattened_mut().iter_mut().zip(same.landmarks.as_flattened());
            points.for_each(|(s, l)| *s += l);
            looks += 1.0;
        }
    }
    if looks == 0.0 {
        return Ok(*face);
    }
    Ok(Face { landmarks: sum.map(|[x, y]| [x / looks, y / looks]), ..*face })
}

/// The part of the image within a square of `context` face heights around a face.
fn around(face: &Face, context: f32, image: &RgbImage) -> Option<Rect> {
    let (width, height) = size(image);
    let half = context * face.height.max(face.width) / 2.0;
    let (x, y) = (face.x + face.width / 2.0, face.y + face.height / 2.0);
    let (left, top) = ((x - half).clamp(0.0, width), (y - half).clamp(0.0, height));
    let (right, bottom) = ((x + half).clamp(0.0, width), (y + half).clamp(0.0, height));
    let around = Rect { x: left, y: top, width: right - left, height: bottom - top };
    (around.width >= 1.0 && around.height >= 1.0).then_some(around)
}

/// Intersection over union from which two boxes are of one face.
const SAME_FACE: f32 = 0.4;

#[expect(clippy::cast_precision_loss, reason = "pixel counts are small")]
fn size(image: &RgbImage) -> (f32, f32) {
    (image.width() as f32, image.height() as f32)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel counts are small and positive"
)]
fn detect_in(
    network: &mut dyn Network,
    detector: &Detector,
    image: &RgbImage,
    region: Rect,
    side: u32,
    input: &mut Vec<f32>,
) -> Result<Vec<Face>, RuntimeError> {
    let Rect { x, y, width, height } = region;
    let shrink = width.max(height) / side as f32;
    let columns = ((width / shrink).round() as usize).max(1);
    let rows = ((height / shrink).round() as usize).max(1);
    let (grid_w, grid_h) = (columns.next_multiple_of(32), rows.next_multiple_of(32));
    input.clear();
    input.resize(3 * grid_w * grid_h, 0.0);
    let mut planes = Planes { values: input, columns, rows, stride: grid_w, plane: grid_w * grid_h };
    resample(image, region, &detector.feed, &mut planes);

    let mut outputs: [Vec<f32>; 12] = Default::default();
    network.run([1, 3, grid_h, grid_w], input, &mut |index, values| {
        if let Some(output) = outputs.get_mut(index) {
            values.clone_into(output);
        }
    })?;
    let scale = [width / columns as f32, height / rows as f32];
    let mut faces = decode(&outputs, grid_w, grid_h, detector.confidence, scale)?;
    for face in &mut faces {
        (face.x, face.y) = (face.x + x, face.y + y);
        face.landmarks.iter_mut().for_each(|point| *point = [point[0] + x, point[1] + y]);
    }
    Ok(suppress(faces, detector.overlap))
}

/// Boxes with a score of at least `confidence`; outputs are class, object, box and landmarks at three strides.
#[expect(clippy::cast_precision_loss, reason = "grid positions are small")]
fn decode(
    outputs: &[Vec<f32>; 12],
    grid_w: usize,
    grid_h: usize,
    confidence: f32,
    scale: [f32; 2],
) -> Result<Vec<Face>, RuntimeError> {
    let mut faces = Vec::new();
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let (class, object) = (&outputs[level], &outputs[3 + level]);
        let (boxes, points) = (&outputs[6 + level], &outputs[9 + level]);
        let (columns, cells) = (grid_w / stride, (grid_w / stride) * (grid_h / stride));
        if class.len() != cells
            || object.len() != cells
            || boxes.len() != 4 * cells
            || points.len() != 10 * cells
        {
            return Err(RuntimeError("the detector's outputs have an unexpected shape".into()));
        }
        for cell in 0..cells {
            let score = (class[cell].clamp(0.0, 1.0) * object[cell].clamp(0.0, 1.0)).sqrt();
            if score < confidence || !score.is_finite() {
                continue;
            }
            let (column, row, s) = ((cell % columns) as f32, (cell / columns) as f32, stride as f32);
            let b = &boxes[4 * cell..4 * cell + 4];
            let (width, height) = (b[2].exp() * s * scale[0], b[3].exp() * s * scale[1]);
            let p = &points[10 * cell..10 * cell + 10];
            faces.push(Face {
                x: (column + b[0]) * s * scale[0] - width / 2.0,
                y: (row + b[1]) * s * scale[1] - height / 2.0,
                width,
                height,
                score,
                landmarks: std::array::from_fn(|k| {
                    [(p[2 * k] + column) * s * scale[0], (p[2 * k + 1] + row) * s * scale[1]]
                }),
            });
        }
    }
    Ok(faces)
}

/// Keeps the more confident of two boxes that overlap by more than `limit` (intersection over union).
fn suppress(mut faces: Vec<Face>, limit: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    faces.truncate(1_000); // bounds the quadratic part
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|k| overlap(k, &face) <= limit) {
            kept.push(face);
        }
    }
    kept
}

fn overlap(a: &Face, b: &Face) -> f32 {
    let along = |a0: f32, al: f32, b0: f32, bl: f32| ((a0 + al).min(b0 + bl) - a0.max(b0)).max(0.0);
    let both = along(a.x, a.width, b.x, b.width) * along(a.y, a.height, b.y, b.height);
    both / (a.width * a.height + b.width * b.height - both)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, score: f32) -> Face {
        Face { x, y: 0.0, width: 10.0, height: 10.0, score, landmarks: [[0.0; 2]; 5] }
    }

    #[test]
    fn of_overlapping_boxes_the_most_confident_stays() {
        let kept = suppress(vec![face(0.0, 0.8), face(1.0, 0.9), face(20.0, 0.7)], 0.3);
        assert_eq!(kept.iter().map(|f| f.x).collect::<Vec<_>>(), [1.0, 20.0]);
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        assert_eq!(overlap(&face(0.0, 1.0), &face(5.0, 1.0)), 50.0 / 150.0);
        assert_eq!(overlap(&face(0.0, 1.0), &face(10.0, 1.0)), 0.0);
    }

    #[test]
    fn outputs_of_the_wrong_shape_are_an_error_and_no_panic() {
        assert!(decode(&Default::default(), 32, 32, 0.5, [1.0; 2]).is_err());
    }
}
