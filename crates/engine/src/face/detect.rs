//! Finding faces: YuNet's twelve outputs, decoded, thinned by non-maximum suppression.

use image::RgbImage;

use super::affine::Affine;
use super::resample::{Planes, Rect, resample, sample};
use super::view::View;
use crate::models::Detector;
use crate::runtime::{Network, RuntimeError};

/// A face found in an image or a view of it; all lengths in its pixels.
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

/// How hard to look for faces that are small in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// At the first size only.
    Glance,
    /// At greater sizes, until there is one.
    Search,
}

/// Finds all faces of a view, the most confident first.
pub(super) fn detect(eye: &mut Eye<'_>, view: &View, effort: Effort) -> Result<Vec<Face>, RuntimeError> {
    let whole = Rect { x: 0.0, y: 0.0, width: view.width, height: view.height };
    let sizes = if effort == Effort::Glance { 1 } else { usize::MAX };
    for &side in eye.detector.sides.iter().take(sizes) {
        let faces = eye.look(view, whole, 0.0, side)?;
        if !faces.is_empty() {
            return Ok(faces);
        }
    }
    Ok(Vec::new())
}

/// The detector, and a picture before it.
pub(super) struct Eye<'a> {
    pub(super) network: &'a mut dyn Network,
    pub(super) detector: &'a Detector,
    pub(super) image: &'a RgbImage,
    /// Input planes, reused.
    pub(super) input: &'a mut Vec<f32>,
}

/// A face at a closer look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Closer {
    /// With landmarks of the closer looks: they decide how well the face is aligned, and at the first look a face may be a few
    /// dozen pixels tall.
    pub(super) face: Face,
    /// How far the landmarks of the looks lie apart, in distances of the eyes; none where fewer than two found the face.
    pub(super) apart: Option<f32>,
}

/// Tilt in degrees from which a closer look is tilted too: the network was taught upright faces, and sees a tilted one less
/// tilted than it is.
const STRAIGHT: f32 = 6.0;
/// Rounds of tilting: each begins with the tilt that the one before has seen.
const ROUNDS: usize = 4;

/// The same face at closer looks, tilted as it is. Where no closer look finds it, the face as it was.
pub(super) fn look_closer(eye: &mut Eye<'_>, view: &View, face: &Face) -> Result<Closer, RuntimeError> {
    let mut seen = Closer { face: *face, apart: None };
    let (mut tilt, mut place) = (0.0, *face);
    for round in 0..ROUNDS {
        let now = seen.face.roll();
        let agreed = degrees_apart(now, tilt) <= STRAIGHT;
        if round > 0 && agreed {
            break;
        }
        if !agreed {
            tilt = now;
        }
        let (mut looks, mut next): (Vec<[[f32; 2]; 5]>, Option<Face>) = (Vec::new(), None);
        for closer in &eye.detector.closer {
            let Some(around) = around(&place, closer.context, view, tilt) else { continue };
            let found = eye.look(view, around, tilt, closer.side)?;
            let same = found.iter().max_by(|a, b| overlap(a, &place).total_cmp(&overlap(b, &place)));
            let same = same.filter(|f| overlap(f, &place) >= SAME_FACE);
            looks.extend(same.map(|f| f.landmarks));
            next = same.copied().or(next);
        }
        if looks.is_empty() {
            break;
        }
        // A tilted face is boxed better where the look is tilted as well.
        if tilt != 0.0 {
            place = next.unwrap_or(place);
        }
        seen = Closer { face: Face { landmarks: mean(&looks), ..*face }, apart: apart(&looks) };
    }
    Ok(seen)
}

/// The angle between two directions, in degrees.
fn degrees_apart(a: f32, b: f32) -> f32 {
    ((a - b + 540.0).rem_euclid(360.0) - 180.0).abs()
}

#[expect(clippy::cast_precision_loss, reason = "a few looks")]
fn mean(looks: &[[[f32; 2]; 5]]) -> [[f32; 2]; 5] {
    let of = |k: usize, axis: usize| looks.iter().map(|l| l[k][axis]).sum::<f32>() / looks.len() as f32;
    std::array::from_fn(|k| [of(k, 0), of(k, 1)])
}

/// The mean distance between the landmarks of the first two looks, in distances of the eyes.
fn apart(looks: &[[[f32; 2]; 5]]) -> Option<f32> {
    let [a, b, ..] = looks else { return None };
    let eyes = (a[1][0] - a[0][0]).hypot(a[1][1] - a[0][1]).max(1e-3);
    let sum: f32 = a.iter().zip(b).map(|(p, q)| (p[0] - q[0]).hypot(p[1] - q[1])).sum();
    Some(sum / 5.0 / eyes)
}

impl Face {
    /// The same face in a picture made larger by a factor.
    pub(super) fn enlarged(&self, factor: f32) -> Self {
        Self {
            x: self.x * factor,
            y: self.y * factor,
            width: self.width * factor,
            height: self.height * factor,
            score: self.score,
            landmarks: self.landmarks.map(|point| point.map(|at| at * factor)),
        }
    }

    /// The tilt of the line of the eyes, in degrees: 0 upright, positive clockwise, up to 180 either way.
    pub(super) fn roll(&self) -> f32 {
        let [left, right, ..] = self.landmarks;
        (right[1] - left[1]).atan2(right[0] - left[0]).to_degrees()
    }
}

/// The part of the view within a square of `context` face heights around a face. Where it is tilted it may reach outside.
fn around(face: &Face, context: f32, view: &View, tilt: f32) -> Option<Rect> {
    let half = context * face.height.max(face.width) / 2.0;
    let (x, y) = (face.x + face.width / 2.0, face.y + face.height / 2.0);
    if tilt != 0.0 {
        return Some(Rect { x: x - half, y: y - half, width: 2.0 * half, height: 2.0 * half });
    }
    let (left, top) = ((x - half).clamp(0.0, view.width), (y - half).clamp(0.0, view.height));
    let (right, bottom) = ((x + half).clamp(0.0, view.width), (y + half).clamp(0.0, view.height));
    let around = Rect { x: left, y: top, width: right - left, height: bottom - top };
    (around.width >= 1.0 && around.height >= 1.0).then_some(around)
}

/// Intersection over union from which two boxes are of one face.
const SAME_FACE: f32 = 0.4;

impl Eye<'_> {
    /// Faces in a part of a view, tilted about its middle by so many degrees; they are given as the view shows them, a box
    /// of a tilted look as wide and tall as it looked.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel counts are small and positive"
    )]
    fn look(&mut self, view: &View, region: Rect, tilt: f32, side: u32) -> Result<Vec<Face>, RuntimeError> {
        let Rect { x, y, width, height } = region;
        let shrink = width.max(height) / side as f32;
        let columns = ((width / shrink).round() as usize).max(1);
        let rows = ((height / shrink).round() as usize).max(1);
        let (grid_w, grid_h) = (columns.next_multiple_of(32), rows.next_multiple_of(32));
        self.input.clear();
        self.input.resize(3 * grid_w * grid_h, 0.0);
        let mut planes = Planes { values: self.input, columns, rows, stride: grid_w, plane: grid_w * grid_h };
        let scale = [width / columns as f32, height / rows as f32];
        // From what the network sees to the view.
        let (sin, cos) = tilt.to_radians().sin_cos();
        let (across, down) = (width / 2.0, height / 2.0);
        let to_view = Affine {
            xx: cos * scale[0],
            xy: -sin * scale[1],
            x0: x + across - cos * across + sin * down,
            yx: sin * scale[0],
            yy: cos * scale[1],
            y0: y + down - sin * across - cos * down,
        };
        if tilt == 0.0 && view.is_upright() {
            resample(self.image, region, &self.detector.feed, &mut planes);
        } else {
            sample(self.image, view, &to_view, &self.detector.feed, &mut planes);
        }
        let mut outputs: [Vec<f32>; 12] = Default::default();
        self.network.run([1, 3, grid_h, grid_w], self.input, &mut |index, values| {
            if let Some(output) = outputs.get_mut(index) {
                values.clone_into(output);
            }
        })?;
        let mut faces = decode(&outputs, grid_w, grid_h, self.detector.confidence, scale)?;
        for face in &mut faces {
            if tilt == 0.0 {
                (face.x, face.y) = (face.x + x, face.y + y);
                face.landmarks.iter_mut().for_each(|point| *point = [point[0] + x, point[1] + y]);
                continue;
            }
            let middle = [face.x + face.width / 2.0, face.y + face.height / 2.0];
            let [cx, cy] = to_view.at([middle[0] / scale[0], middle[1] / scale[1]]);
            (face.x, face.y) = (cx - face.width / 2.0, cy - face.height / 2.0);
            face.landmarks
                .iter_mut()
                .for_each(|point| *point = to_view.at([point[0] / scale[0], point[1] / scale[1]]));
        }
        Ok(suppress(faces, self.detector.overlap))
    }
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
