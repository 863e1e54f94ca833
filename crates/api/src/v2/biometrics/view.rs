//! How a sample is shown.

use registry::Sample;
use serde::Serialize;

use crate::json::base64;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SampleView {
    id: String,
    kind: &'static str,
    state: &'static str,
    primary: bool,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
}

impl From<&Sample> for SampleView {
    fn from(sample: &Sample) -> Self {
        Self {
            id: sample.reference.id().to_string(),
            kind: sample.kind,
            state: if sample.reference.is_evidence() { "evidence" } else { "enrolled" },
            primary: sample.primary,
            created_at: sample.reference.created_at().to_string(),
            image: sample.image.as_deref().map(base64::encode),
        }
    }
}
