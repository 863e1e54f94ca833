//! A clock that stands still until a test turns it.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::{Clock, Random, Time};

/// A clock for tests; begins on 2026-01-01.
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_767_225_600_000))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        // A millisecond passes with each look, so that orders by time are told apart.
        Time::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

impl TestClock {
    /// Turns the clock by so many seconds, either way.
    pub fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

/// Real randomness.
pub struct TestRandom;

impl Random for TestRandom {
    #[expect(clippy::disallowed_methods, reason = "keys in tests are as random as in production")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("randomness");
    }
}
