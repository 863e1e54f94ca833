//! How sure a client wants to be, and how an answer about likeness is shown.

use domain::biometric::MatchScore;
use domain::{FieldCode, Invalid};
use registry::{Alike, Modality, Models, Part, Precision, Verdict, Verified, Wanted};
use serde::Serialize;

use super::persons::view::{ModelsView, PrintView};
use crate::json::Members;

/// Takes `minScore` or the member that names a rate; both together are a fault.
pub(crate) fn wanted(members: &mut Members<'_>, rate: &str) -> Wanted {
    let score = members.number("minScore", 0.0..=1.0);
    let given = members.number(rate, 1e-12..=1.0);
    match (score, given) {
        (None, None) => Wanted::Default,
        (Some(score), None) => Wanted::Score(MatchScore::new(score)),
        (None, Some(rate)) => Wanted::Rate(rate),
        (Some(_), Some(_)) => {
            members.fault(rate, Invalid::new(FieldCode::NotHere, format!("give either minScore or {rate}")));
            Wanted::Default
        }
    }
}

/// Rarer than this nothing is said to be: it lies four decades beyond anything that was measured.
const RAREST: f64 = 1e-9;

/// A rate as it is shown: to three significant digits, and no smaller than can be answered for.
pub(crate) fn rounded(rate: f64) -> f64 {
    let rate = rate.max(RAREST);
    // Through its text, so that no digits appear that say nothing.
    format!("{rate:.2e}").parse().unwrap_or(rate)
}

/// The part of an answer that says how alike.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlikeView {
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    false_match_rate: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    extrapolated: bool,
}

impl AlikeView {
    /// As exactly as the caller may see it: a coarse score has no rate.
    pub(crate) fn of(alike: &Alike, precision: Precision) -> Self {
        let exact = precision == Precision::Exact;
        Self {
            score: alike.shown(precision).get(),
            false_match_rate: exact.then(|| rounded(alike.false_match_rate)),
            extrapolated: exact && alike.extrapolated,
        }
    }
}

/// One comparison.
#[derive(Serialize)]
pub(crate) struct ResultView {
    r#match: bool,
    #[serde(flatten)]
    alike: AlikeView,
}

impl ResultView {
    fn of(verdict: &Verdict, precision: Precision) -> Self {
        Self { r#match: verdict.matches, alike: AlikeView::of(&verdict.alike, precision) }
    }
}

/// How alike one of two modalities was.
#[derive(Serialize)]
struct PartView {
    modality: &'static str,
    #[serde(flatten)]
    alike: AlikeView,
}

/// The answer of a 1:1 comparison.
#[derive(Serialize)]
pub(crate) struct VerdictView<'a> {
    #[serde(flatten)]
    result: ResultView,
    threshold: f32,
    modality: &'static str,
    #[serde(rename = "verificationStatus", skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<ResultView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<PrintView>,
    models: ModelsView<'a>,
}

impl<'a> VerdictView<'a> {
    /// Of what was presented.
    pub(crate) fn of(verified: &'a Verified) -> Self {
        let part = |part: &Part| PartView {
            modality: part.of.as_str(),
            alike: AlikeView::of(&part.alike, part.precision),
        };
        Self {
            result: ResultView::of(&verified.verdict, verified.precision),
            threshold: verified.verdict.threshold.get(),
            modality: verified.modality.as_str(),
            status: Some(verified.status.as_str()),
            parts: verified.parts.iter().map(part).collect(),
            results: Vec::new(),
            fingerprint: verified.fingerprint.as_ref().map(PrintView::from),
            models: (&verified.models).into(),
        }
    }

    /// Of faces the client brought itself.
    pub(crate) fn of_faces(verdict: Verdict, results: &[Verdict], models: &'a Models) -> Self {
        Self {
            result: ResultView::of(&verdict, Precision::Exact),
            threshold: verdict.threshold.get(),
            modality: Modality::Face.as_str(),
            status: None,
            parts: Vec::new(),
            results: results.iter().map(|verdict| ResultView::of(verdict, Precision::Exact)).collect(),
            fingerprint: None,
            models: models.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_shown_to_three_digits() {
        for (rate, shown) in
            [(1.234_567e-7, 1.23e-7), (0.5, 0.5), (9.999e-3, 1e-2), (0.0, 1e-9), (1e-15, 1e-9), (1.0, 1.0)]
        {
            assert_eq!(
                serde_json::to_string(&rounded(rate)).ok(),
                serde_json::to_string(&shown).ok(),
                "{rate}"
            );
        }
    }
}
