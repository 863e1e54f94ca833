//! Finding the one face that is meant and aligning it, whatever its turn.
//!
//! The detector puts eyes and mouth where an upright face has them, also into a face that is upside down, and templates of such
//! crops are all alike. Two things tell: the embedder says less about what it does not know, and the detector is less
//! confident. So a picture is first looked at as it is. Where that leaves a doubt it is glanced at in other ways: turned, as the
//! negative of a negative, made wider or narrower. A glance costs a tenth of a look. A way in which the detector is more
//! confident is looked at, and taken if the embedder knows the face better in it.
//!
//! Figures in this file were chosen on images of LFW's development set, turned, squeezed, inverted, exposed, blurred and
//! covered (`personhood evaluate faces --perturb`).

use std::cell::OnceCell;

use domain::biometric::{FaceQuality, Rejection, RejectionCode};
use image::{RgbImage, imageops};

use super::chain::{Chain, Want};
use super::detect::{Effort, Eye, Face, detect, look_closer};
use super::quality::{nearest_to_centre, single, subject};
use super::template::Template;
use super::view::View;
use crate::error::EngineError;
use crate::models::Known;

/// How much more confident the detector must be in another way: upright faces gain at most 0.004 by being squeezed or stretched by
/// a third, and squeezed ones at least 0.01 by being stretched.
const CONFIDENCE_GAIN: f32 = 0.005;
/// How much more the embedder must say: less is chance.
const NORM_GAIN: f32 = 0.3;
/// Ways of one kind that are looked at, at most.
const LOOKS: usize = 2;
/// Tilt in degrees up to which a face is as good as upright.
const TILT: f32 = 20.0;
/// How far closer looks lie apart, in distances of the eyes, on 99 of 100 upright pictures.
const APART: f32 = 0.2;
/// How far they may lie apart where the embedder is not sure: at most 0.34 on upright pictures.
const MOST_APART: f32 = 0.4;
/// Part of the aligned face that may be white, and where the embedder is not sure: at most 0.31 in pictures of press and webcams;
/// at more than a half of it strangers are alike.
const WHITE: [f32; 2] = [0.5, 0.35];
/// Distance of the eyes in parts of that from eyes to mouth, as nine in ten faces have it. A turned head has less.
const ASPECT: std::ops::RangeInclusive<f32> = 0.87..=1.11;

/// A face, aligned and embedded.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// How the picture was looked at.
    pub(super) view: View,
    /// The face, as the view shows it.
    pub(super) face: Face,
    /// Its measures.
    pub(super) quality: FaceQuality,
    /// What the embedder says.
    pub(super) template: Template,
    /// How far the closer looks lie apart; see [`super::detect::Closer`].
    pub(super) apart: Option<f32>,
    /// The part of the aligned face that is white, as after over-exposure.
    pub(super) white: f32,
}

/// A picture made small, once somebody asks for it; see [`Chain::reduced`].
type Small = OnceCell<Option<(RgbImage, f32)>>;

/// How a look left matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// None.
    None,
    /// The face may be squeezed or stretched.
    Shape,
    /// It may be turned, too, or a negative.
    Everything,
}

impl Chain {
    /// Finds the face that is meant, in the way in which the embedder knows it best.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] when there is none, or several.
    pub(super) fn find(&mut self, image: &RgbImage, want: Want) -> Result<Look, EngineError> {
        let (upright, small) = (View::upright(image), Small::new());
        let mut best = match self.glance(image, (upright, 1.0), Effort::Search, want)? {
            Some(face) => Some(self.look_at(image, upright, face)?),
            None => None,
        };
        let doubt = best.as_ref().map_or(Doubt::Everything, |look| self.doubt(look));
        if doubt == Doubt::Everything {
            let eighths = (1..8u8).map(|n| match n % 2 {
                0 => upright.turned(n / 2),
                _ => upright.tilted(45.0 * f32::from(n)),
            });
            let negatives = (0..4).map(|n| upright.turned(n).inverted());
            let ways = eighths.chain(negatives).collect::<Vec<_>>();
            best = self.best_of((image, &small), &ways, want, best)?;
        }
        // By a third, and where that is better by a third more.
        for _ in 0..2 {
            let doubted = best.as_ref().filter(|look| self.doubt(look) != Doubt::None);
            let Some(view) = doubted.map(|look| look.view) else { break };
            best = self.best_of((image, &small), &[view.wider(0.7), view.wider(1.45)], want, best)?;
            if best.as_ref().is_some_and(|look| look.view == view) {
                break;
            }
        }
        Ok(best.ok_or(Rejection::new(RejectionCode::FaceNotFound))?)
    }

    /// The better of `best` and the ways in which the detector is most confident.
    fn best_of(
        &mut self,
        (image, small): (&RgbImage, &Small),
        ways: &[View],
        want: Want,
        mut best: Option<Look>,
    ) -> Result<Option<Look>, EngineError> {
        // Where nothing was found yet the face may be a small one.
        let effort = if best.is_some() { Effort::Glance } else { Effort::Search };
        let least = best.as_ref().map_or(0.0, |look| look.face.score + CONFIDENCE_GAIN);
        // The detector sees no more of it: so the picture is made small once and not for each way.
        let small =
            if effort == Effort::Glance { small.get_or_init(|| self.reduced(image)).as_ref() } else { None };
        let (shown, factor) = small.map_or((image, 1.0), |(small, factor)| (small, *factor));
        let mut glances = Vec::new();
        for view in ways {
            match self.glance(shown, (*view, factor), effort, want) {
                Ok(Some(face)) if face.score > least => glances.push((*view, face)),
                // What looks like several in a way the picture was not meant to be looked at tells nothing.
                Ok(_) | Err(EngineError::Rejected(_)) => {}
                Err(error) => return Err(error),
            }
        }
        glances.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        for (view, face) in glances.into_iter().take(LOOKS) {
            let look = self.look_at(image, view, face)?;
            if best.as_ref().is_none_or(|best| look.template.norm() > best.template.norm() + NORM_GAIN) {
                best = Some(look);
            }
        }
        Ok(best)
    }

    /// A picture as small as the detector looks at it first, and how many times as large it is; none of one that is small.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel counts are small and positive"
    )]
    fn reduced(&self, image: &RgbImage) -> Option<(RgbImage, f32)> {
        let side = *self.manifest.detector.sides.first()? as f32;
        let (width, height) = (image.width() as f32, image.height() as f32);
        let factor = width.max(height) / side;
        let to = |length: f32| (length / factor).round().max(1.0) as u32;
        (factor > 1.5).then(|| (imageops::thumbnail(image, to(width), to(height)), factor))
    }

    /// The face that is meant, at a glance at the picture made smaller by a factor; given as the view of the whole shows it.
    fn glance(
        &mut self,
        image: &RgbImage,
        (view, factor): (View, f32),
        effort: Effort,
        want: Want,
    ) -> Result<Option<Face>, EngineError> {
        let seen = if factor == 1.0 { view } else { view.reduced(factor) };
        let faces = detect(&mut self.eye(image), &seen, effort)?;
        let faces: Vec<Face> = faces.into_iter().map(|face| face.enlarged(factor)).collect();
        let found = match want {
            Want::Central => nearest_to_centre(&faces, &view),
            Want::Again(spot) => {
                let at: Vec<Face> = faces.iter().map(|face| view.in_image(face)).collect();
                let here = spot.find(&at).and_then(|found| at.iter().position(|face| *face == found));
                return Ok(here.map(|i| faces[i]));
            }
            Want::Template => subject(&faces, &view),
            Want::Liveness { .. } => single(&faces),
        };
        match found {
            Ok(face) => Ok(Some(face)),
            Err(Rejection { code: RejectionCode::FaceNotFound, .. }) => Ok(None),
            Err(rejection) => Err(rejection.into()),
        }
    }

    /// Aligns a face that was glanced at, and asks the embedder.
    fn look_at(&mut self, image: &RgbImage, view: View, face: Face) -> Result<Look, EngineError> {
        let closer = look_closer(&mut self.eye(image), &view, &face)?;
        let face = closer.face;
        let quality = self.align(image, &view, &face)?;
        let white = self.grey.iter().filter(|v| **v >= 250.0).count() as f32 / self.grey.len() as f32;
        let template = self.embed()?;
        Ok(Look { view, face, quality, template, apart: closer.apart, white })
    }

    fn eye<'a>(&'a mut self, image: &'a RgbImage) -> Eye<'a> {
        Eye {
            network: self.detector.as_mut(),
            detector: &self.manifest.detector,
            image,
            input: &mut self.input,
        }
    }

    fn doubt(&self, look: &Look) -> Doubt {
        let known = &self.manifest.embedder.known;
        let norm = look.template.norm();
        let apart = look.apart.is_none_or(|apart| apart > APART) && !self.manifest.detector.closer.is_empty();
        if norm < known.doubtful || apart || look.face.roll().abs() > TILT {
            Doubt::Everything
        } else if norm < known.sure || !ASPECT.contains(&aspect(&look.face.landmarks)) {
            Doubt::Shape
        } else {
            Doubt::None
        }
    }

    /// Refuses what the embedder does not know as a face.
    pub(super) fn check_known(&self, look: &Look) -> Result<(), Rejection> {
        // Without closer looks nothing can disagree.
        let apart = if self.manifest.detector.closer.is_empty() { Some(0.0) } else { look.apart };
        check(look.template.norm(), look.white, apart, &self.manifest.embedder.known)
    }
}

/// Refuses a face by how much the embedder says of it, how much of it is white, and how far closer looks at it lie apart.
fn check(norm: f32, white: f32, apart: Option<f32>, known: &Known) -> Result<(), Rejection> {
    let unsure = norm < known.sure;
    let most_white = WHITE[usize::from(unsure)];
    if white > most_white {
        return Err(Rejection::measured(RejectionCode::TooBright, white.into(), most_white.into()));
    }
    if unsure && apart.is_none_or(|apart| apart > MOST_APART) {
        return Err(Rejection::new(RejectionCode::FaceUnclear));
    }
    if norm < known.least {
        return Err(Rejection::measured(RejectionCode::FaceUnclear, norm.into(), known.least.into()));
    }
    Ok(())
}

/// Distance of the eyes in parts of that from between the eyes to the mouth.
fn aspect(landmarks: &[[f32; 2]; 5]) -> f32 {
    let [left, right, _, mouth_left, mouth_right] = landmarks;
    let between = |axis: usize| (mouth_left[axis] + mouth_right[axis] - left[axis] - right[axis]) / 2.0;
    (right[0] - left[0]).hypot(right[1] - left[1]) / between(0).hypot(between(1)).max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Manifest;

    #[test]
    fn what_the_embedder_does_not_know_or_closer_looks_disagree_about_gets_no_template() {
        let known = Manifest::built_in().unwrap().embedder.known;
        let said = |norm, white, apart| {
            check(norm, white, apart, &known).map_err(|r| (r.code, r.measure.map(|m| m.limit as f32)))
        };
        let unclear = |limit| Err((RejectionCode::FaceUnclear, limit));
        let bright = |limit| Err((RejectionCode::TooBright, Some(limit)));
        for (norm, white, apart, expected) in [
            (12.0, 0.1, Some(0.1), Ok(())),
            (7.1, 0.1, Some(0.1), Ok(())),
            (6.9, 0.1, Some(0.1), unclear(Some(7.0))),
            // Where the embedder is sure, looks may disagree: a head turned to the side.
            (12.0, 0.1, Some(0.6), Ok(())),
            (10.9, 0.1, Some(0.41), unclear(None)),
            (10.9, 0.1, Some(0.39), Ok(())),
            (10.9, 0.1, None, unclear(None)),
            (12.0, 0.51, Some(0.1), bright(0.5)),
            (12.0, 0.49, Some(0.1), Ok(())),
            (10.9, 0.36, Some(0.1), bright(0.35)),
        ] {
            assert_eq!(said(norm, white, apart), expected, "{norm} {white} {apart:?}");
        }
    }
}
