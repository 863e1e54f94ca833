//! Time and randomness as parameters, so that rules can be tested at any moment and replayed.

use std::fmt;
use std::str::FromStr;

/// A moment in UTC, to the millisecond: what the wire, the store and the rules all use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// 9999-12-31T00:00:00Z, the last day that RFC 3339 can write.
    const MAX_MS: i64 = 253_402_214_400_000;

    /// From milliseconds since the Unix epoch, clamped to the years RFC 3339 can write (1970-9999).
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        if ms < 0 {
            Self(0)
        } else if ms > Self::MAX_MS {
            Self(Self::MAX_MS)
        } else {
            Self(ms)
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment plus `seconds`.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_millis(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The civil date in UTC at this moment.
    #[must_use]
    pub fn date(self) -> jiff::civil::Date {
        self.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC with `Z`, always to the millisecond, so that texts sort as moments do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from_millis(text.parse::<jiff::Timestamp>()?.as_millisecond()))
    }
}

/// Where the rules get the time from.
pub trait Clock: Send + Sync {
    /// The present moment. It may jump either way; rules that need order use the store's high-water mark.
    fn now(&self) -> Time;
}

/// Where identifiers, keys and nonces come from. Must be cryptographically strong in production.
pub trait Random: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// A fresh array of random bytes.
    fn array<const N: usize>(&self) -> [u8; N]
    where
        Self: Sized,
    {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl dyn Random + '_ {
    /// A fresh array of random bytes, for callers that hold a trait object.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_with_z_and_read_back() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_705_314_600_000, "2024-01-15T10:30:00.000Z"),
            (1_705_314_600_042, "2024-01-15T10:30:00.042Z"),
        ] {
            assert_eq!(Time::from_millis(ms).to_string(), text);
            assert_eq!(text.parse::<Time>().unwrap().millis(), ms);
        }
    }

    #[test]
    fn an_offset_is_converted_to_utc() {
        assert_eq!(
            "2024-01-15T11:30:00+01:00".parse::<Time>().unwrap().to_string(),
            "2024-01-15T10:30:00.000Z"
        );
    }

    #[test]
    fn arithmetic_never_overflows() {
        assert_eq!(Time::from_millis(i64::MAX).plus_seconds(i64::MAX), Time::from_millis(Time::MAX_MS));
        assert_eq!(Time::from_millis(-5), Time::EPOCH);
    }
}
