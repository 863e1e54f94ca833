//! Figures an operator may change.

/// Rules with a number in them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Liveness score, on the published scale, from which a face counts as live.
    pub liveness_threshold: f32,
    /// How long a verification counts, in seconds.
    pub validity_seconds: i64,
    /// How long an answer is kept for its idempotency key, in seconds.
    pub idempotency_seconds: i64,
    /// Whether a changed name, birth date or document sends a verified person back to `pending`.
    pub identity_change_resets: bool,
    /// How long the image of a failed check is kept as evidence, in seconds.
    pub evidence_seconds: i64,
    /// Failed liveness checks of one person within the window before a pause.
    pub brake_failures: usize,
    /// The window, in seconds.
    pub brake_window_seconds: i64,
    /// The pause, in seconds.
    pub brake_pause_seconds: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            liveness_threshold: 0.65,
            validity_seconds: 365 * 86_400,
            idempotency_seconds: 86_400,
            identity_change_resets: false,
            evidence_seconds: 30 * 86_400,
            brake_failures: 5,
            brake_window_seconds: 180,
            brake_pause_seconds: 1_800,
        }
    }
}
