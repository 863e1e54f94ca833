//! What a number of failures leads to. Pure: the store holds the numbers, the clock is an argument.

use domain::Time;
use serde::{Deserialize, Serialize};

use super::Counted;
use crate::settings::AttemptLimits;

/// What was shown: a face, a finger, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shows(u8);

impl Shows {
    /// A face.
    pub(crate) const FACE: Self = Self(1);
    /// A finger.
    pub(crate) const FINGER: Self = Self(2);

    /// From which of the two there was.
    pub(crate) const fn of(face: bool, finger: bool) -> Self {
        Self(if face { 1 } else { 0 } | if finger { 2 } else { 0 })
    }

    /// Whether all of it is part of `other`.
    pub(super) const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Failures that count, and the moment of the last one, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) failures: u32,
    pub(super) last: i64,
    /// Up to when time has taken failures of a token back.
    #[serde(default)]
    pub(super) forgiven: i64,
    /// What was shown in them.
    #[serde(default)]
    pub(super) shown: Shows,
}

/// Whether only a reviewer helps.
pub(super) const fn is_stopped(limits: &AttemptLimits, tally: Tally) -> bool {
    tally.failures >= limits.stop
}

/// Whether the failures lie so far back that counting begins anew.
fn is_forgotten(limits: &AttemptLimits, tally: Tally, now: Time) -> bool {
    !is_stopped(limits, tally) && now >= Time::from_millis(tally.last).plus_seconds(limits.forget_seconds)
}

/// The end of the pause; none where there is none.
pub(super) fn paused_until(limits: &AttemptLimits, tally: Tally) -> Option<Time> {
    let doublings = tally.failures.checked_sub(limits.free)?;
    let factor = 1i64.checked_shl(doublings.min(40)).unwrap_or(i64::MAX);
    let pause = limits.pause_seconds.saturating_mul(factor).min(limits.longest_pause_seconds);
    Some(Time::from_millis(tally.last).plus_seconds(pause))
}

/// Whether another comparison may be made now.
///
/// # Errors
/// The seconds to wait; none where only a reviewer helps.
pub(super) fn check(limits: &AttemptLimits, tally: Tally, now: Time) -> Result<(), Option<u64>> {
    if is_stopped(limits, tally) {
        return Err(None);
    }
    match paused_until(limits, tally) {
        Some(end) if now < end && !is_forgotten(limits, tally, now) => {
            Err(Some(u64::try_from((end.millis() - now.millis() + 999) / 1_000).unwrap_or(1)))
        }
        _ => Ok(()),
    }
}

/// After another failure.
pub(super) fn failed(limits: &AttemptLimits, tally: Tally, shows: Shows, now: Time) -> Tally {
    let before = if is_forgotten(limits, tally, now) { 0 } else { tally.failures };
    let shown = if before == 0 { shows } else { tally.shown.and(shows) };
    let forgiven = if before == 0 { now.millis() } else { tally.forgiven };
    Tally { failures: before.saturating_add(1), last: now.millis(), forgiven, shown }
}

/// What is left of a token's failures: time takes one back after the other, and nothing else does. A match of one's own in between
/// would buy another guess. Of a person a match ends the row.
pub(super) fn forgiven(limits: &AttemptLimits, tally: Tally, of: Counted, now: Time) -> Tally {
    let each = limits.forgive_seconds.saturating_mul(1_000);
    if matches!(of, Counted::Person(_)) || is_stopped(limits, tally) || each == 0 {
        return tally;
    }
    let times = ((now.millis() - tally.forgiven) / each).max(0);
    let failures = tally.failures.saturating_sub(u32::try_from(times).unwrap_or(u32::MAX));
    Tally { failures, forgiven: tally.forgiven + times * each, ..tally }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{PersonId, TokenId};

    fn at(seconds: i64) -> Time {
        Time::EPOCH.plus_seconds(seconds)
    }

    fn after(failures: u32) -> Tally {
        Tally { failures, last: at(1_000).millis(), forgiven: 0, shown: Shows::default() }
    }

    #[test]
    fn ten_failures_bring_a_pause_that_doubles_and_a_hundred_need_a_reviewer() {
        let limits = AttemptLimits::default();
        for (failures, waits) in [
            (0, Ok(())),
            (9, Ok(())),
            (10, Err(Some(30))),
            (11, Err(Some(60))),
            (12, Err(Some(120))),
            (16, Err(Some(1_920))),
            (17, Err(Some(3_600))),
            (99, Err(Some(3_600))),
            (100, Err(None)),
            (u32::MAX, Err(None)),
        ] {
            assert_eq!(check(&limits, after(failures), at(1_000)), waits, "after {failures}");
        }
        assert_eq!(check(&limits, after(10), at(1_029)), Err(Some(1)));
        assert_eq!(check(&limits, after(10), at(1_030)), Ok(()));
        assert_eq!(check(&limits, after(100), at(1_000_000)), Err(None), "no time lifts a stop");
    }

    #[test]
    fn a_day_without_a_failure_begins_anew_and_a_stop_does_not_end() {
        let limits = AttemptLimits::default();
        let later = at(1_000 + 86_400);
        assert_eq!(failed(&limits, after(15), Shows::FACE, later).failures, 1);
        assert_eq!(failed(&limits, after(15), Shows::FACE, at(1_000 + 86_399)).failures, 16);
        assert_eq!(failed(&limits, after(100), Shows::FACE, later).failures, 101);
    }

    #[test]
    fn a_match_ends_only_what_it_shows() {
        let limits = AttemptLimits::default();
        let fingers = failed(&limits, Tally::default(), Shows::FINGER, at(1));
        assert!(!fingers.shown.is_within(Shows::FACE), "a photograph says nothing of fingers");
        assert!(fingers.shown.is_within(Shows::FINGER) && fingers.shown.is_within(Shows::of(true, true)));
        let both = failed(&limits, fingers, Shows::FACE, at(2));
        assert!(!both.shown.is_within(Shows::FACE) && !both.shown.is_within(Shows::FINGER));
    }

    #[test]
    fn time_alone_takes_a_tokens_failures_back_and_none_of_a_persons() {
        let limits = AttemptLimits::default();
        let person = Counted::Person(PersonId::from_bytes([1; 16]));
        let token = Counted::Token(TokenId::from_bytes([1; 16]));
        let tally = Tally { forgiven: at(1_000).millis(), ..after(9) };
        assert_eq!(forgiven(&limits, tally, token, at(1_000 + 599)).failures, 9);
        assert_eq!(forgiven(&limits, tally, token, at(1_000 + 600)).failures, 8);
        assert_eq!(forgiven(&limits, tally, token, at(1_000 + 86_400)).failures, 0);
        assert_eq!(forgiven(&limits, tally, person, at(1_000 + 86_400)).failures, 9);
        let stopped = Tally { failures: 100, ..tally };
        assert_eq!(
            forgiven(&limits, stopped, token, at(1_000 + 86_400)).failures,
            100,
            "no time lifts a stop"
        );
    }

    #[test]
    fn a_token_that_fails_now_and_then_loses_none_of_what_time_gives_back() {
        let limits = AttemptLimits::default();
        let token = Counted::Token(TokenId::from_bytes([1; 16]));
        let (mut tally, mut most) = (Tally::default(), 0);
        for n in 0..1_000 {
            let now = at(1_000 + n * 610);
            tally = forgiven(&limits, tally, token, now);
            assert_eq!(check(&limits, tally, now), Ok(()));
            tally = failed(&limits, tally, Shows::FACE, now);
            most = most.max(tally.failures);
        }
        assert!(most <= 2, "{most}");
    }
}
