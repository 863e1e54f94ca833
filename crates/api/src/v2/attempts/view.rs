//! How a limit is shown.

use registry::AttemptState;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptsView {
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_until: Option<String>,
    stopped: bool,
}

impl From<AttemptState> for AttemptsView {
    fn from(state: AttemptState) -> Self {
        Self {
            failures: state.failures,
            paused_until: state.paused_until.map(|t| t.to_string()),
            stopped: state.stopped,
        }
    }
}
