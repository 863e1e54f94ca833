//! Order statistics.

use std::time::Duration;

/// The value below which the part `p` of `times` lies.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index"
)]
pub fn percentile(times: &[Duration], p: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = ((sorted.len() as f64 - 1.0) * p).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// The middle value.
#[must_use]
pub fn median(times: &[Duration]) -> Duration {
    percentile(times, 0.5)
}
