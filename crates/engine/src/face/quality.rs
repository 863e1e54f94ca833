//! Measures of a face image, and the gates that ask for a better one.

use domain::biometric::{FaceQuality, Rejection, RejectionCode};

use super::detect::Face;
use super::view::View;

/// Limits that a face must meet before it is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gates {
    /// Least height of the face box, in pixels, to enrol.
    pub min_height: f32,
    /// Least height of the face box, in pixels, to judge liveness.
    pub min_liveness_height: f32,
    /// Least sharpness (see [`FaceQuality::sharpness`]).
    pub min_sharpness: f32,
    /// Least mean luma of the face, 0-255.
    pub min_brightness: f32,
    /// Largest turn of the head, in degrees.
    pub max_yaw: f32,
    /// Largest part of the box's width or height that may lie outside the image.
    pub max_cut: f32,
    /// Least shorter side of the image, in face heights. Selfies of phones have from 1.2: at 1.5 thirteen of 21 were refused, at 1.2
    /// four, and of frames of replayed screens 14.7 % instead of 13.7 % passed.
    pub min_context: f32,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            min_height: 40.0,
            min_liveness_height: 80.0,
            min_sharpness: 2.0,
            min_brightness: 30.0,
            max_yaw: 45.0,
            max_cut: 0.08,
            min_context: 1.2,
        }
    }
}

fn reject(code: RejectionCode, measured: f32, limit: f32) -> Rejection {
    Rejection::measured(code, f64::from(measured), f64::from(limit))
}

/// Confidence of the detector from which something is taken for a face beside another. Of second faces in LFW's development set a
/// fist, a painted mask and blurs lie below, and otherwise only faces that are cut off or turned away.
const SURE: f32 = 0.8;

/// The faces that count: the sure ones, or all where none is sure. A ball beside a face is no second person.
fn sure(faces: &[Face]) -> Vec<Face> {
    let sure: Vec<Face> = faces.iter().filter(|face| face.score >= SURE).copied().collect();
    if sure.is_empty() { faces.to_vec() } else { sure }
}

/// The one face of an image where liveness is judged: the tallest; another of at least half its height makes the image ambiguous.
///
/// # Errors
/// `face-not-found` or `multiple-faces`.
pub(super) fn single(faces: &[Face]) -> Result<Face, Rejection> {
    let faces = sure(faces);
    let tallest = faces.iter().max_by(|a, b| a.height.total_cmp(&b.height));
    let face = *tallest.ok_or(Rejection::new(RejectionCode::FaceNotFound))?;
    let rivals = faces.iter().filter(|f| f.height >= face.height / 2.0).count();
    if rivals > 1 { Err(several(rivals)) } else { Ok(face) }
}

/// The one face an image is about: the most prominent, by height and nearness to the middle. Another with two
/// thirds of the prominence makes the image ambiguous. Passers-by behind somebody who stands in the middle do not, even where they
/// are half as tall; two people side by side do.
///
/// # Errors
/// `face-not-found` or `multiple-faces`.
pub(super) fn subject(faces: &[Face], view: &View) -> Result<Face, Rejection> {
    let faces = sure(faces);
    let half = (view.width / 2.0).hypot(view.height / 2.0);
    let prominence = |f: &Face| f.height * (1.0 - off_centre(f, view) / half).max(0.0);
    let most = faces.iter().max_by(|a, b| prominence(a).total_cmp(&prominence(b)));
    let face = *most.ok_or(Rejection::new(RejectionCode::FaceNotFound))?;
    let rivals = faces.iter().filter(|f| prominence(f) >= RIVAL * prominence(&face)).count();
    if rivals > 1 { Err(several(rivals)) } else { Ok(face) }
}

/// Prominence of a rival, relative to that of the subject: of the 1,549 images of LFW's development set, each of somebody
/// in the middle, 26 have a second face above one half and one has one above this.
const RIVAL: f32 = 2.0 / 3.0;

fn several(faces: usize) -> Rejection {
    reject(RejectionCode::MultipleFaces, f32::from(u8::try_from(faces).unwrap_or(u8::MAX)), 1.0)
}

/// How far the middle of a face is from the middle of the view, in pixels.
fn off_centre(f: &Face, view: &View) -> f32 {
    (f.x + (f.width - view.width) / 2.0).hypot(f.y + (f.height - view.height) / 2.0)
}

/// The face whose middle is nearest to the middle of the view.
///
/// # Errors
/// `face-not-found`.
pub(super) fn nearest_to_centre(faces: &[Face], view: &View) -> Result<Face, Rejection> {
    let nearest = faces.iter().min_by(|a, b| off_centre(a, view).total_cmp(&off_centre(b, view)));
    nearest.copied().ok_or(Rejection::new(RejectionCode::FaceNotFound))
}

/// How much of the box lies outside the image, as a part of its width or height, whichever is more.
fn cut(face: &Face, view: &View) -> f32 {
    let outside = |start: f32, length: f32, limit: f32| {
        ((-start).max(0.0) + (start + length - limit).max(0.0)) / length
    };
    outside(face.x, face.width, view.width).max(outside(face.y, face.height, view.height))
}

/// Gates that need the box only, before any further inference.
pub(super) fn check_place(face: &Face, view: &View, gates: &Gates, liveness: bool) -> Result<(), Rejection> {
    let least = if liveness { gates.min_liveness_height } else { gates.min_height };
    if face.height < least {
        return Err(reject(RejectionCode::FaceTooSmall, face.height, least));
    }
    if !liveness {
        return Ok(());
    }
    let cut = cut(face, view);
    if cut > gates.max_cut {
        return Err(reject(RejectionCode::FaceCutOff, cut, gates.max_cut));
    }
    let context = view.width.min(view.height) / face.height;
    if context < gates.min_context {
        return Err(reject(RejectionCode::FaceContextMissing, context, gates.min_context));
    }
    Ok(())
}

/// Gates on what was measured of the aligned face.
pub(super) fn check_look(quality: &FaceQuality, gates: &Gates, liveness: bool) -> Result<(), Rejection> {
    if liveness && quality.brightness < gates.min_brightness {
        return Err(reject(RejectionCode::TooDark, quality.brightness, gates.min_brightness));
    }
    if quality.sharpness < gates.min_sharpness {
        return Err(reject(RejectionCode::TooBlurry, quality.sharpness, gates.min_sharpness));
    }
    if liveness && quality.yaw.abs() > gates.max_yaw {
        return Err(reject(RejectionCode::PoseTooFar, quality.yaw.abs(), gates.max_yaw));
    }
    Ok(())
}

/// Measures `face` from its box and the grey values (0-255, `side × side`) of its aligned crop.
#[expect(clippy::cast_precision_loss, reason = "a crop is small")]
pub(super) fn measure(face: &Face, grey: &[f32], side: usize) -> FaceQuality {
    let brightness = grey.iter().sum::<f32>() / grey.len() as f32;
    // The middle of the crop: border pixels may be filled in.
    let (low, high) = (side / 8, side - side / 8);
    let mut energy = 0.0f64;
    for y in low..high {
        for x in low..high {
            let at = y * side + x;
            let l = 4.0 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - side] - grey[at + side];
            energy += f64::from(l * l);
        }
    }
    let count = ((high - low) * (high - low)) as f64;
    let yaw = yaw(&face.landmarks);
    #[expect(clippy::cast_possible_truncation, reason = "a grey level")]
    let sharpness = (energy / count).sqrt() as f32;
    FaceQuality {
        face_height: face.height,
        detection: face.score,
        sharpness,
        brightness,
        yaw,
        roll: face.roll(),
    }
}

/// The turn of the head in degrees, from the landmarks alone. The nose tip stands out of the plane of the eyes by about
/// 0.6 of their distance, so its shift along the line of the eyes is the sine of the turn.
fn yaw(landmarks: &[[f32; 2]; 5]) -> f32 {
    let [left, right, nose, mouth_left, mouth_right] = landmarks;
    let (dx, dy) = (right[0] - left[0], right[1] - left[1]);
    let eyes = dx.hypot(dy).max(1e-3);
    let middle = |axis: usize| (left[axis] + right[axis] + mouth_left[axis] + mouth_right[axis]) / 4.0;
    let along = ((nose[0] - middle(0)) * dx + (nose[1] - middle(1)) * dy) / eyes;
    (along / (0.6 * eyes)).clamp(-1.0, 1.0).asin().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn face(height: f32) -> Face {
        let landmarks = [[40.0, 50.0], [72.0, 50.0], [56.0, 70.0], [42.0, 92.0], [70.0, 92.0]];
        Face { x: 10.0, y: 10.0, width: height * 0.75, height, score: 0.9, landmarks }
    }

    #[test]
    fn another_face_counts_from_half_the_height() {
        assert!(single(&[face(100.0), face(49.0)]).is_ok());
        assert_eq!(single(&[face(100.0), face(50.0)]).unwrap_err().code, RejectionCode::MultipleFaces);
        assert_eq!(single(&[]).unwrap_err().code, RejectionCode::FaceNotFound);
    }

    #[test]
    fn what_is_hardly_taken_for_a_face_is_no_second_person_however_large() {
        let ball = |height| Face { score: 0.79, ..face(height) };
        let image = View::upright(&RgbImage::new(250, 250));
        assert_eq!(single(&[face(100.0), ball(150.0)]), Ok(face(100.0)));
        assert_eq!(subject(&[ball(150.0), face(100.0)], &image), Ok(face(100.0)));
        // Where nothing better is there, it is what the picture is about.
        assert_eq!(single(&[ball(100.0)]), Ok(ball(100.0)));
        assert_eq!(single(&[ball(100.0), ball(90.0)]).unwrap_err().code, RejectionCode::MultipleFaces);
    }

    #[test]
    fn a_passer_by_is_no_rival_and_a_neighbour_is() {
        let image = View::upright(&RgbImage::new(250, 250));
        let at = |x: f32, y: f32, height: f32| Face { x, y, width: height * 0.75, ..face(height) };
        let middle = at(85.0, 70.0, 110.0);
        assert_eq!(subject(&[middle, at(190.0, 20.0, 70.0)], &image), Ok(middle));
        assert_eq!(
            subject(&[at(200.0, 0.0, 120.0), middle], &image),
            Ok(middle),
            "even a taller one at the edge"
        );
        for neighbours in [[at(20.0, 70.0, 100.0), at(150.0, 70.0, 100.0)], [middle, at(120.0, 80.0, 100.0)]]
        {
            assert_eq!(subject(&neighbours, &image).unwrap_err().code, RejectionCode::MultipleFaces);
        }
        assert_eq!(subject(&[], &image).unwrap_err().code, RejectionCode::FaceNotFound);
    }

    #[test]
    fn the_central_face_need_not_be_the_largest() {
        let image = View::upright(&RgbImage::new(250, 250));
        let central = Face { x: 100.0, y: 90.0, ..face(60.0) };
        assert_eq!(nearest_to_centre(&[face(90.0), central], &image), Ok(central));
        assert!(nearest_to_centre(&[], &image).is_err());
    }

    #[test]
    fn place_gates_name_the_figure_and_the_limit() {
        let (image, gates) = (View::upright(&RgbImage::new(640, 480)), Gates::default());
        let code = |f: &Face, liveness| check_place(f, &image, &gates, liveness).map_err(|r| r.code);
        assert_eq!(code(&face(30.0), false), Err(RejectionCode::FaceTooSmall));
        assert_eq!(code(&face(60.0), false), Ok(()));
        assert_eq!(code(&face(60.0), true), Err(RejectionCode::FaceTooSmall));
        assert_eq!(code(&Face { x: -20.0, ..face(120.0) }, true), Err(RejectionCode::FaceCutOff));
        assert_eq!(code(&face(390.0), true), Ok(()), "a selfie");
        assert_eq!(code(&face(410.0), true), Err(RejectionCode::FaceContextMissing));
        let r = check_place(&face(30.0), &image, &gates, false).unwrap_err();
        assert_eq!(r.measure.map(|m| (m.measured, m.limit)), Some((30.0, 40.0)));
    }

    #[test]
    fn a_flat_crop_is_blurry_and_a_black_one_dark() {
        let (gates, f) = (Gates::default(), face(120.0));
        let flat = measure(&f, &[120.0; 112 * 112], 112);
        assert_eq!(check_look(&flat, &gates, false).unwrap_err().code, RejectionCode::TooBlurry);
        let black = measure(&f, &[2.0; 112 * 112], 112);
        assert_eq!(check_look(&black, &gates, true).unwrap_err().code, RejectionCode::TooDark);
    }

    #[test]
    fn a_nose_to_the_side_is_a_turned_head() {
        assert!(yaw(&face(100.0).landmarks).abs() < 5.0);
        let mut turned = face(100.0).landmarks;
        turned[2][0] += 15.0;
        assert!(yaw(&turned) > 45.0);
    }
}
