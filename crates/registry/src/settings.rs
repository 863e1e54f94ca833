//! Figures an operator may change.

/// What happens to somebody who seems to be enrolled already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// Refused, when the other is proven; put on the review list when it is not.
    Reject,
    /// Enrolled, and put on the review list.
    Flag,
    /// Enrolled.
    Allow,
}

impl OnDuplicate {
    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "reject" => Self::Reject,
            "flag" => Self::Flag,
            "allow" => Self::Allow,
            _ => return None,
        })
    }

    /// Whether this lets in more than `policy` does.
    #[must_use]
    pub const fn is_looser_than(self, policy: Self) -> bool {
        (self as u8) > (policy as u8)
    }
}

/// When comparisons that failed bring a pause, and when only a reviewer helps. NIST SP 800-63B-4, section 3.2.3, asks for a
/// delay after ten failures at most, and for a stop at a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimits {
    /// Failures that bring no pause yet; the next one waits.
    pub free: u32,
    /// The first pause, in seconds; each further failure doubles it.
    pub pause_seconds: i64,
    /// The longest pause, in seconds.
    pub longest_pause_seconds: i64,
    /// Failures from which only a reviewer lifts the limit.
    pub stop: u32,
    /// Without a failure for so long, counting begins anew, in seconds; not once a reviewer is needed.
    pub forget_seconds: i64,
    /// A token is forgiven one failure each so many seconds; not once a reviewer is needed. 0 forgives none.
    pub forgive_seconds: i64,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self {
            free: 10,
            pause_seconds: 30,
            longest_pause_seconds: 3_600,
            stop: 100,
            forget_seconds: 86_400,
            forgive_seconds: 600,
        }
    }
}

/// Rules with a number in them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Liveness score, on the published scale, from which a face counts as live.
    pub liveness_threshold: f32,
    /// How long a verification counts, in seconds.
    pub validity_seconds: i64,
    /// How long an answer is kept for its idempotency key, in seconds.
    pub idempotency_seconds: i64,
    /// Whether a changed name, birth date, document or nationality sends a verified person back to `pending`.
    pub identity_change_resets: bool,
    /// Whether persons can be found by name; the index that this takes tells how common beginnings of names are.
    pub name_search: bool,
    /// How long the image of a failed check is kept as evidence, in seconds.
    pub evidence_seconds: i64,
    /// What happens to somebody who seems to be enrolled already, unless a request says otherwise.
    pub on_duplicate: OnDuplicate,
    /// Two persons are duplicates below this rate of false matches of one comparison, ...
    pub duplicate_match_rate: f64,
    /// ... and this rate of false positives of a whole search.
    pub duplicate_search_rate: f64,
    /// Rate of false matches at which a person counts as verified by a face.
    pub verify_match_rate: f64,
    /// Rate of false matches below which a face or fingerprint may be added to what a person is verified by.
    pub addition_match_rate: f64,
    /// When comparisons that failed bring a pause.
    pub attempts: AttemptLimits,
    /// Rate of false matches of one comparison below which a search counts somebody as found, ...
    pub search_match_rate: f64,
    /// ... and of false positives of the whole search.
    pub search_rate: f64,
    /// Threads that search.
    pub search_threads: usize,
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
            identity_change_resets: true,
            name_search: true,
            evidence_seconds: 30 * 86_400,
            on_duplicate: OnDuplicate::Reject,
            duplicate_match_rate: 1e-5,
            duplicate_search_rate: 1e-3,
            verify_match_rate: 1e-4,
            addition_match_rate: 1e-5,
            attempts: AttemptLimits::default(),
            search_match_rate: 1e-4,
            search_rate: 1e-3,
            search_threads: 2,
            brake_failures: 5,
            brake_window_seconds: 180,
            brake_pause_seconds: 1_800,
        }
    }
}
