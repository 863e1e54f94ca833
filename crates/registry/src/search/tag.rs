//! What a gallery is told of a person's status, so that a search can pass over those it is not asked about.

use domain::{Status, Time};

/// Minutes until the expiry are kept in this many bits above the status.
const STATUS_BITS: u32 = 2;
const NEVER: u32 = u32::MAX >> STATUS_BITS;
const MINUTE: i64 = 60_000;

/// Which statuses a search is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses {
    bits: u8,
}

const fn bit(status: Status) -> u8 {
    match status {
        Status::Pending => 1,
        Status::Verified => 2,
        Status::Failed => 4,
        Status::Expired => 8,
    }
}

impl Statuses {
    /// Whom a search is about unless it says otherwise.
    pub const DEFAULT: Self = Self { bits: bit(Status::Pending) | bit(Status::Verified) };
    /// Whoever has once been verified, and may not be enrolled a second time.
    pub(crate) const PROVEN: Self = Self { bits: bit(Status::Verified) | bit(Status::Expired) };
    /// Whoever is not proven now.
    pub(crate) const UNPROVEN: Self = Self { bits: bit(Status::Pending) | bit(Status::Failed) };

    /// Everybody.
    pub(crate) const ALL: Self = Self { bits: Self::PROVEN.bits | Self::UNPROVEN.bits };

    /// Whether a status is among them.
    #[must_use]
    pub const fn contains(self, status: Status) -> bool {
        self.bits & bit(status) != 0
    }

    /// Whether a person with this tag may be of these statuses at `now`. It answers for whole minutes: the person's
    /// record decides.
    pub(crate) fn may_contain(self, tag: u32, now: Time) -> bool {
        let may = |status| self.contains(status);
        match tag & 3 {
            0 => may(Status::Pending),
            2 => may(Status::Failed),
            _ => {
                let expires = i64::from(tag >> STATUS_BITS);
                let minute = now.millis().div_euclid(MINUTE);
                (may(Status::Verified) && minute <= expires)
                    || (may(Status::Expired) && minute + 1 >= expires)
            }
        }
    }
}

impl FromIterator<Status> for Statuses {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        Self { bits: statuses.into_iter().fold(0, |bits, status| bits | bit(status)) }
    }
}

/// The tag of a person.
pub(super) fn tag(stored: Status, expires_at: Option<Time>) -> u32 {
    match stored {
        Status::Pending => 0,
        Status::Failed => 2,
        Status::Verified | Status::Expired => {
            let minutes = expires_at.and_then(|t| u32::try_from(t.millis().div_euclid(MINUTE)).ok());
            1 | minutes.map_or(NEVER, |m| m.min(NEVER)) << STATUS_BITS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minute_of_expiry_belongs_to_both_and_others_to_one() {
        let tag = tag(Status::Verified, Some(Time::from_millis(10 * MINUTE + 30_000)));
        let at = |minutes: i64| {
            let now = Time::from_millis(minutes * MINUTE);
            (
                Statuses::DEFAULT.may_contain(tag, now),
                [Status::Expired].into_iter().collect::<Statuses>().may_contain(tag, now),
            )
        };
        assert_eq!(at(5), (true, false));
        assert_eq!(at(10), (true, true));
        assert_eq!(at(12), (false, true));
    }

    #[test]
    fn every_status_is_told_apart() {
        let now = Time::from_millis(0);
        for (status, other) in [
            (Status::Pending, Status::Failed),
            (Status::Failed, Status::Verified),
            (Status::Verified, Status::Pending),
        ] {
            let tag = tag(status, None);
            assert!([status].into_iter().collect::<Statuses>().may_contain(tag, now));
            assert!(![other].into_iter().collect::<Statuses>().may_contain(tag, now));
        }
    }
}
