//! How a pair is shown.

use domain::{FieldCode, Invalid};
use registry::{Duplicate, PairDecision};
use serde::Serialize;

use crate::v2::verdict::rounded;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DuplicateView<'a> {
    id: String,
    person_ids: [String; 2],
    score: f32,
    false_match_rate: f64,
    model: &'a str,
    decision: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

const fn word(decision: PairDecision) -> &'static str {
    match decision {
        PairDecision::Open => "open",
        PairDecision::Same => "same",
        PairDecision::Different => "different",
    }
}

/// A decision from its word.
pub(super) fn decision(text: &str) -> Result<PairDecision, Invalid> {
    [PairDecision::Open, PairDecision::Same, PairDecision::Different]
        .into_iter()
        .find(|d| word(*d) == text)
        .ok_or_else(|| Invalid::new(FieldCode::Range, "must be open, same or different"))
}

impl<'a> From<&'a Duplicate> for DuplicateView<'a> {
    fn from(d: &'a Duplicate) -> Self {
        Self {
            id: d.id.to_string(),
            person_ids: d.persons.map(|p| p.to_string()),
            score: d.score,
            false_match_rate: rounded(d.false_match_rate),
            model: &d.model,
            decision: word(d.decision),
            created_at: d.created_at.to_string(),
            decided_at: d.decided_at.map(|t| t.to_string()),
            reason: d.reason.as_deref(),
        }
    }
}
