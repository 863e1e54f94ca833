//! What was taken of a face to judge whether it is alive: one image, or several frames of it.

use domain::biometric::{LivenessScore, Rejection, RejectionCode};
use engine::face::{Analysis, Want};

use crate::error::Error;
use crate::registry::Registry;

/// What was taken of a face.
#[derive(Debug, PartialEq, Eq)]
pub enum Capture {
    /// One image file.
    Image(Vec<u8>),
    /// Image files of one face, as they were taken one after another.
    Frames(Vec<Vec<u8>>),
}

impl Capture {
    /// Fewest frames that say more than one image.
    pub const FEWEST: usize = 2;
    /// Most frames that are judged.
    pub const MOST: usize = 10;

    /// How many images it has.
    #[must_use]
    pub const fn images(&self) -> usize {
        match self {
            Self::Image(_) => 1,
            Self::Frames(frames) => frames.len(),
        }
    }
}

/// What was said of a face.
pub(crate) struct Judged {
    /// Of the image, or of the best frame; its score is that of all.
    pub(crate) analysis: Analysis,
    /// How live it looks.
    pub(crate) score: LivenessScore,
    /// Digests of what the other frames show.
    pub(crate) others: Vec<[u8; 32]>,
    /// How many frames there were, where there were several.
    pub(crate) frames: Option<u8>,
}

/// The frame whose score counts, as a part of all, the least live first. Over the frames of replayed clips single frames passed in
/// 15 %, and this quantile in none of eleven clips: an attack must look alive nearly throughout.
const QUANTILE: f32 = 0.2;

/// The score of several frames: the nearest rank of [`QUANTILE`].
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few frames"
)]
fn low(mut scores: Vec<LivenessScore>) -> Option<LivenessScore> {
    scores.sort_by(|a, b| a.get().total_cmp(&b.get()));
    let rank = (QUANTILE * scores.len() as f32).ceil() as usize;
    scores.get(rank.saturating_sub(1)).copied()
}

impl Registry {
    /// Judges what was taken of a face.
    ///
    /// # Errors
    /// [`Error::Rejected`], which names the frame where one does not do; [`Error::FacesNotConfigured`], [`Error::Busy`].
    pub(crate) async fn judge(&self, capture: Capture) -> Result<Judged, Error> {
        let threshold = self.settings.liveness_threshold;
        match capture {
            Capture::Image(image) => {
                let analysis = self.faces()?.analyse(image, Want::Liveness { threshold }).await?;
                let score = score(&analysis)?;
                Ok(Judged { analysis, score, others: Vec::new(), frames: None })
            }
            Capture::Frames(frames) => self.judge_frames(frames).await,
        }
    }

    async fn judge_frames(&self, frames: Vec<Vec<u8>>) -> Result<Judged, Error> {
        let (faces, mut seen) = (self.faces()?, Vec::<(Analysis, LivenessScore)>::new());
        // One after another: the request has one place in the queue, as one with one image has.
        for (at, image) in (1..).zip(frames) {
            // A template also of what is not alive: all must be of one person.
            let analysed = faces.analyse(image, Want::Liveness { threshold: 0.0 }).await.map_err(Error::from);
            let analysis = analysed.map_err(|error| of_frame(error, at))?;
            if seen.iter().any(|(other, _)| shows_the_same(other, &analysis)) {
                return Err(Rejection::new(RejectionCode::FramesRepeated).in_frame(at).into());
            }
            let score = score(&analysis)?;
            seen.push((analysis, score));
        }
        let all = low(seen.iter().map(|(_, score)| *score).collect());
        let all = all.ok_or_else(|| Error::Fault("there are no frames".into()))?;
        // Of those that look alive, if any do: the best is what is enrolled.
        let alive = |score: LivenessScore| self.is_live(score);
        let better = |(a, one): &(Analysis, LivenessScore), (b, other): &(Analysis, LivenessScore)| {
            let (a, b) = (a.quality.overall(), b.quality.overall());
            alive(*one).cmp(&alive(*other)).then(a.total_cmp(&b))
        };
        let best = (0..seen.len()).max_by(|&a, &b| better(&seen[a], &seen[b])).unwrap_or(0);
        let enrolled = seen[best].0.template.clone();
        for (at, (analysis, _)) in (1..).zip(&seen) {
            let same = match (&enrolled, &analysis.template) {
                (Some(best), Some(template)) => self.is_same(std::slice::from_ref(best), template)?,
                _ => false,
            };
            if !same {
                return Err(Rejection::new(RejectionCode::FramesDiffer).in_frame(at).into());
            }
        }
        let count = u8::try_from(seen.len()).unwrap_or(u8::MAX);
        let (mut analysis, _) = seen.swap_remove(best);
        analysis.liveness = Some(all);
        analysis.template = analysis.template.filter(|_| alive(all));
        let others = seen.into_iter().flat_map(|(other, _)| other.pictures).collect();
        Ok(Judged { analysis, score: all, others, frames: Some(count) })
    }
}

fn score(analysis: &Analysis) -> Result<LivenessScore, Error> {
    analysis.liveness.ok_or_else(|| Error::Fault("the engine gave no liveness score".into()))
}

fn shows_the_same(a: &Analysis, b: &Analysis) -> bool {
    a.pictures.iter().any(|picture| b.pictures.contains(picture))
}

fn of_frame(error: Error, at: u8) -> Error {
    match error {
        Error::Rejected(rejection) => rejection.in_frame(at).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_of_frames_is_that_of_the_least_live_fifth() {
        let of = |scores: &[f32]| {
            low(scores.iter().map(|&s| LivenessScore::new(s)).collect()).map(LivenessScore::get)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[0.9, 0.1]), Some(0.1));
        assert_eq!(of(&[0.9, 0.2, 0.8, 0.7, 0.6]), Some(0.2));
        assert_eq!(of(&[0.9, 0.1, 0.8, 0.7, 0.6, 0.3]), Some(0.3));
        assert_eq!(of(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]), Some(0.2));
    }
}
