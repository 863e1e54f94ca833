//! How a sample is shown.

use registry::Sample;
use serde::Serialize;

use crate::json::base64;
use crate::v2::persons::view::PrintView;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SampleView {
    id: String,
    kind: &'static str,
    state: &'static str,
    primary: bool,
    created_at: String,
    #[serde(flatten)]
    print: Option<PrintView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extractor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
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
            print: sample.reference.print().map(PrintView::from),
            extractor: sample.extractor.clone(),
            template: sample.template.as_deref().map(base64::encode),
            image: sample.image.as_deref().map(base64::encode),
        }
    }
}
