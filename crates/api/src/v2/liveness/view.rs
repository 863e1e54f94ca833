//! How an answer about liveness is shown.

use registry::Liveness;
use serde::Serialize;

use crate::v2::persons::view::{ModelsView, QualityView};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LivenessView<'a> {
    live: bool,
    liveness_score: f32,
    threshold: f32,
    capture_assurance: &'static str,
    quality: QualityView,
    models: ModelsView<'a>,
}

impl<'a> From<&'a Liveness> for LivenessView<'a> {
    fn from(l: &'a Liveness) -> Self {
        Self {
            live: l.live,
            liveness_score: l.score,
            threshold: l.threshold,
            capture_assurance: l.assurance.as_str(),
            quality: (&l.quality).into(),
            models: (&l.models).into(),
        }
    }
}
