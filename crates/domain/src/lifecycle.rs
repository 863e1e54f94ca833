//! The four statuses and the legal ways between them.

use crate::clock::Time;

/// Where a person stands. `Expired` is never stored: it is `Verified` read after its `expires_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Created, not yet verified.
    Pending,
    /// Liveness (or a reviewer) confirmed the person.
    Verified,
    /// The last verification failed.
    Failed,
    /// Verified once; the validity is over.
    Expired,
}

impl Status {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Verified, Self::Failed, Self::Expired];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// The status written as `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// What moves a person from one status to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A liveness check that succeeded (with the same face, where one was enrolled).
    LivenessPassed,
    /// A liveness check that failed.
    LivenessFailed,
    /// `expires_at` has passed.
    ValidityOver,
    /// A person with the review scope asks for `to`.
    Review {
        /// The wished status.
        to: Status,
    },
    /// New face bytes of the same person replaced the verified ones.
    FaceReplaced,
}

/// The transition is not allowed from this status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a person cannot go from {} to {}", from.as_str(), to.as_str())]
pub struct IllegalTransition {
    /// The present status.
    pub from: Status,
    /// The status asked for.
    pub to: Status,
}

/// The verification part of a person that decides its status at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// As stored: never `Expired`.
    stored: Status,
    verified_at: Option<Time>,
    expires_at: Option<Time>,
}

impl Verification {
    /// A person just created.
    pub const PENDING: Self = Self { stored: Status::Pending, verified_at: None, expires_at: None };

    /// As read from a store. A stored `Expired` is read as `Verified` with its dates.
    #[must_use]
    pub fn from_stored(status: Status, verified_at: Option<Time>, expires_at: Option<Time>) -> Self {
        let stored = if status == Status::Expired { Status::Verified } else { status };
        Self { stored, verified_at, expires_at }
    }

    /// The status to store.
    #[must_use]
    pub const fn stored(&self) -> Status {
        self.stored
    }

    /// When the last successful verification happened.
    #[must_use]
    pub const fn verified_at(&self) -> Option<Time> {
        self.verified_at
    }

    /// When that verification stops counting.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Time> {
        self.expires_at
    }

    /// The status at `now`: expiry is computed, so it is never late.
    #[must_use]
    pub fn status(&self, now: Time) -> Status {
        match (self.stored, self.expires_at) {
            (Status::Verified, Some(end)) if now >= end => Status::Expired,
            (stored, _) => stored,
        }
    }

    /// The state after `cause` at `now`, with `validity_seconds` for a fresh verification.
    ///
    /// A failed liveness check leaves a verified person as it was: whoever holds a token must not be able to
    /// lock a verified person out with a photograph.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the move is not one of `pending → verified | failed`,
    /// `failed → verified | failed`, `verified → expired`, `expired → verified | failed`, `any → pending`.
    pub fn after(&self, cause: Cause, now: Time, validity_seconds: i64) -> Result<Self, IllegalTransition> {
        let from = self.status(now);
        let renewed = Self {
            stored: Status::Verified,
            verified_at: Some(now),
            expires_at: Some(now.plus_seconds(validity_seconds)),
        };
        match (from, cause) {
            (_, Cause::LivenessPassed) => Ok(renewed),
            (Status::Verified, Cause::LivenessFailed) => Ok(*self),
            (_, Cause::LivenessFailed) => Ok(Self { stored: Status::Failed, ..Self::PENDING }),
            (Status::Expired, Cause::ValidityOver) => Ok(*self),
            (from, Cause::ValidityOver) => Err(IllegalTransition { from, to: Status::Expired }),
            (_, Cause::FaceReplaced) => Ok(Self::PENDING),
            (from, Cause::Review { to }) if from == to => Ok(*self),
            (_, Cause::Review { to: Status::Pending }) => Ok(Self::PENDING),
            (Status::Pending | Status::Failed | Status::Expired, Cause::Review { to: Status::Verified }) => {
                Ok(renewed)
            }
            (Status::Pending | Status::Expired, Cause::Review { to: Status::Failed }) => {
                Ok(Self { stored: Status::Failed, ..Self::PENDING })
            }
            (from, Cause::Review { to }) => Err(IllegalTransition { from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Time {
        Time::EPOCH.plus_seconds(seconds)
    }

    #[test]
    fn verified_becomes_expired_at_the_very_second_without_a_write() {
        let v = Verification::PENDING.after(Cause::LivenessPassed, at(0), DAY).unwrap();
        assert_eq!(v.status(at(DAY - 1)), Status::Verified);
        assert_eq!(v.status(at(DAY)), Status::Expired);
        assert_eq!(v.stored(), Status::Verified);
    }

    #[test]
    fn a_failed_check_does_not_unseat_a_verified_person_but_fails_an_expired_one() {
        let v = Verification::PENDING.after(Cause::LivenessPassed, at(0), DAY).unwrap();
        assert_eq!(v.after(Cause::LivenessFailed, at(1), DAY).unwrap(), v);
        assert_eq!(v.after(Cause::LivenessFailed, at(DAY), DAY).unwrap().status(at(DAY)), Status::Failed);
    }

    #[test]
    fn a_reviewer_moves_only_along_legal_ways() {
        let pending = Verification::PENDING;
        let verified = pending.after(Cause::Review { to: Status::Verified }, at(0), DAY).unwrap();
        let failed = pending.after(Cause::Review { to: Status::Failed }, at(0), DAY).unwrap();
        let now = at(1);
        for (state, to, legal) in [
            (pending, Status::Expired, false),
            (verified, Status::Failed, false),
            (verified, Status::Expired, false),
            (verified, Status::Pending, true),
            (failed, Status::Verified, true),
            (failed, Status::Expired, false),
            (failed, Status::Pending, true),
        ] {
            let result = state.after(Cause::Review { to }, now, DAY);
            assert_eq!(result.is_ok(), legal, "{:?} -> {to:?}", state.status(now));
        }
    }

    fn causes() -> impl Strategy<Value = Cause> {
        prop_oneof![
            Just(Cause::LivenessPassed),
            Just(Cause::LivenessFailed),
            Just(Cause::ValidityOver),
            Just(Cause::FaceReplaced),
            (0usize..4).prop_map(|i| Cause::Review { to: Status::ALL[i] }),
        ]
    }

    proptest! {
        #[test]
        fn no_history_leaves_the_machine(steps in prop::collection::vec((causes(), 0i64..3 * DAY), 0..40)) {
            let (mut state, mut now) = (Verification::PENDING, at(0));
            for (cause, wait) in steps {
                now = now.plus_seconds(wait);
                let from = state.status(now);
                if let Ok(next) = state.after(cause, now, DAY) {
                    let to = next.status(now);
                    let legal = from == to || to == Status::Pending || matches!(
                        (from, to),
                        (Status::Pending | Status::Failed | Status::Expired, Status::Verified | Status::Failed)
                    );
                    prop_assert!(legal, "{from:?} -> {to:?} by {cause:?}");
                    state = next;
                }
                prop_assert_ne!(state.stored(), Status::Expired);
                let dated = state.verified_at().is_some() && state.expires_at().is_some();
                prop_assert_eq!(state.stored() == Status::Verified, dated);
            }
        }
    }
}
