//! What a number of failures leads to. Pure: the store holds the numbers, the clock is an argument.

use domain::Time;
use serde::{Deserialize, Serialize};

use super::Counted;
use crate::settings::AttemptLimits;

/// Failures since the last match, and the moment of the last one in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) failures: u32,
    pub(super) last: i64,
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
pub(super) fn failed(limits: &AttemptLimits, tally: Tally, now: Time) -> Tally {
    let before = if is_forgotten(limits, tally, now) { 0 } else { tally.failures };
    Tally { failures: before.saturating_add(1), last: now.millis() }
}

/// After a match; nothing is left to count where none is answered. Of a person it ends the row of failures. Of a token it
/// takes one failure back and no more: else whoever has one match of their own could buy ten guesses with it.
pub(super) fn passed(tally: Tally, of: Counted) -> Option<Tally> {
    match of {
        Counted::Person(_) => None,
        Counted::Token(_) => {
            let left = tally.failures.saturating_sub(1);
            (left > 0).then_some(Tally { failures: left, ..tally })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{PersonId, TokenId};

    fn at(seconds: i64) -> Time {
        Time::EPOCH.plus_seconds(seconds)
    }

    fn after(failures: u32) -> Tally {
        Tally { failures, last: at(1_000).millis() }
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
        assert_eq!(failed(&limits, after(15), later).failures, 1);
        assert_eq!(failed(&limits, after(15), at(1_000 + 86_399)).failures, 16);
        assert_eq!(failed(&limits, after(100), later).failures, 101);
    }

    #[test]
    fn a_match_clears_a_person_and_gives_a_token_one_attempt_back() {
        let person = Counted::Person(PersonId::from_bytes([1; 16]));
        let token = Counted::Token(TokenId::from_bytes([1; 16]));
        assert_eq!(passed(after(9), person), None);
        assert_eq!(passed(after(9), token).map(|t| t.failures), Some(8));
        assert_eq!(passed(after(1), token), None);
    }

    #[test]
    fn guessing_with_a_match_of_ones_own_in_between_is_paused_all_the_same() {
        let limits = AttemptLimits::default();
        let (mut tally, mut guesses) = (Tally::default(), 0);
        while check(&limits, tally, at(1_000)).is_ok() && guesses < 1_000 {
            tally = failed(&limits, failed(&limits, tally, at(1_000)), at(1_000));
            tally = passed(tally, Counted::Token(TokenId::from_bytes([1; 16]))).unwrap_or_default();
            guesses += 2;
        }
        assert!(guesses <= 20, "{guesses}");
    }
}
