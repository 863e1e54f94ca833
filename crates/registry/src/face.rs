//! Asking the engine about a face, and what is shown of its answer.

use domain::Time;
use domain::biometric::LivenessScore;
use engine::face::{Analysis, ModelIds, Template, Want};
use serde::{Deserialize, Serialize};

use crate::access::Caller;
use crate::alike::Wanted;
use crate::capture::{Capture, Judged};
use crate::error::Error;
use crate::evidence::{Assurance, Evidence, Method, Quality};
use crate::registry::Registry;

/// Names and versions of the models behind an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    /// The detector of faces.
    pub detector: Option<String>,
    /// The embedder of faces.
    pub embedder: Option<String>,
    /// The liveness network.
    pub liveness: Option<String>,
    /// Who finds minutiae in fingerprints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extractor: Option<String>,
}

impl Models {
    /// Those of two modalities.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            detector: self.detector.or(other.detector),
            embedder: self.embedder.or(other.embedder),
            liveness: self.liveness.or(other.liveness),
            extractor: self.extractor.or(other.extractor),
        }
    }
}

impl From<&ModelIds> for Models {
    fn from(ids: &ModelIds) -> Self {
        Self {
            detector: Some(ids.detector.to_string()),
            embedder: Some(ids.embedder.to_string()),
            liveness: Some(ids.liveness.to_string()),
            extractor: None,
        }
    }
}

/// The answer to "is it alive?".
#[derive(Clone, Debug, PartialEq)]
pub struct Liveness {
    /// Whether the score reaches the threshold.
    pub live: bool,
    /// The score, on the published scale.
    pub score: f32,
    /// The threshold in force.
    pub threshold: f32,
    /// What the way it was taken says.
    pub assurance: Assurance,
    /// What was measured of the face.
    pub quality: Quality,
    /// The models.
    pub models: Models,
}

/// Word of the interface for a score below the threshold.
const BELOW: &str = "liveness-below-threshold";

impl Registry {
    /// Judges the liveness of the one face in an image, or in frames; nothing is stored but that it failed, where it did.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::AttemptLimit`], [`Error::FacesNotConfigured`], [`Error::Busy`].
    pub async fn liveness(&self, caller: &Caller, capture: Capture) -> Result<Liveness, Error> {
        self.may_try(caller, None).await?;
        let Judged { analysis, score, frames, .. } = self.judge(capture).await?;
        let live = self.is_live(score);
        if !live {
            self.note_failed(caller, None).await?;
        }
        Ok(Liveness {
            live,
            score: score.get(),
            threshold: self.settings.liveness_threshold,
            assurance: Assurance::of(frames),
            quality: analysis.quality.into(),
            models: self.models()?,
        })
    }

    pub(crate) fn models(&self) -> Result<Models, Error> {
        Ok(self.faces()?.ids().into())
    }

    pub(crate) fn is_live(&self, score: LivenessScore) -> bool {
        score.get() >= self.settings.liveness_threshold
    }

    /// An analysis with a template.
    pub(crate) async fn enrollable(&self, image: Vec<u8>) -> Result<Analysis, Error> {
        Ok(self.faces()?.analyse(image, Want::Template).await?)
    }

    /// The evidence of a liveness check, over so many frames where there were several.
    pub(crate) fn liveness_evidence(
        &self,
        live: bool,
        frames: Option<u8>,
        now: Time,
    ) -> Result<Evidence, Error> {
        Ok(Evidence {
            method: Method::PassiveLiveness,
            reasons: if live { Vec::new() } else { vec![BELOW.to_owned()] },
            checked_at: now.millis(),
            threshold: Some(self.settings.liveness_threshold),
            models: Some(self.models()?),
            frames,
        })
    }

    /// Whether a face is that of the person these templates are enrolled of, as a 1:1 comparison says.
    pub(crate) fn is_same(&self, enrolled: &[Template], template: &Template) -> Result<bool, Error> {
        Ok(self.alike(enrolled, template)?.score >= self.threshold_of_one(Wanted::Default))
    }
}
