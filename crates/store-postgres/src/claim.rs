//! Whether this store may remove images: not while another one that has the same name may need them.
//!
//! Two installations have two names, and never meet. A copy of a database, restored to be tried out or because the first is
//! lost, has the name of the first. It is told by the marker in the image store: that says how many commits the store had
//! that last removed anything, and a copy has fewer. It removes nothing until the marker has stood still for a day: the first
//! one, while it lives, moves it on.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::store::StoreError;

use crate::images::Images;
use crate::pool::Pool;
use crate::read;

/// How long an answer holds for the removal of single images.
const BELIEVED: Duration = Duration::from_secs(60);
/// How often the marker is moved on at most while images are written.
const MOVED: Duration = Duration::from_secs(10);

/// What is known of the marker.
#[derive(Default)]
struct State {
    /// When it was last looked at, and what that came to.
    looked: Option<(Instant, bool)>,
    /// A marker ahead of us, and since when it has stood there.
    ahead: Option<(u64, Instant)>,
}

impl State {
    /// Whether images may be removed by a store with `own` commits, given the marker.
    fn judge(&mut self, marked: Option<u64>, own: u64, wait: Duration, now: Instant) -> bool {
        let Some(marked) = marked.filter(|&marked| marked > own) else {
            self.ahead = None;
            return true;
        };
        let since = match self.ahead {
            Some((seen, since)) if seen == marked => since,
            _ => now,
        };
        self.ahead = Some((marked, since));
        now.saturating_duration_since(since) >= wait
    }
}

/// The right to remove images.
pub(crate) struct Claim {
    wait: Duration,
    state: Mutex<State>,
}

impl Claim {
    /// One that waits so long where another store may be alive.
    pub(crate) fn new(wait: Duration) -> Self {
        Self { wait, state: Mutex::default() }
    }

    /// Moves the marker on after images were written, every few seconds at most: so a copy that was made before is seen to be behind,
    /// however soon it is tried out.
    ///
    /// # Errors
    /// What the database or the image store says.
    pub(crate) async fn moved(&self, images: &Images, pool: &Pool) -> Result<(), StoreError> {
        let looked = self.state.lock().unwrap_or_else(PoisonError::into_inner).looked;
        if looked.is_none_or(|(at, _)| at.elapsed() >= MOVED) {
            self.holds(images, pool, true).await?;
        }
        Ok(())
    }

    /// Whether images may be removed; looked up anew where `fresh` asks for it.
    ///
    /// # Errors
    /// What the database or the image store says.
    pub(crate) async fn holds(&self, images: &Images, pool: &Pool, fresh: bool) -> Result<bool, StoreError> {
        let known = self.state.lock().unwrap_or_else(PoisonError::into_inner).looked;
        if let Some((_, holds)) = known.filter(|(at, _)| !fresh && at.elapsed() < BELIEVED) {
            return Ok(holds);
        }
        // In this order: another node of the same store may commit and mark in between.
        let marked = images.marked().await?;
        let own = read::tenant::commits(pool).await?;
        let now = Instant::now();
        let holds = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let holds = state.judge(marked, own, self.wait, now);
            state.looked = Some((now, holds));
            holds
        };
        if !holds {
            tracing::warn!(
                event = "images-kept",
                own,
                marked,
                "this database is older than one that uses the same image store, as a restored copy is: no image is removed until the other one has been still for a day"
            );
        } else if marked != Some(own) {
            images.mark(own).await?;
        }
        Ok(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_waits_for_as_long_as_the_first_one_moves() {
        let (day, hour) = (Duration::from_secs(86_400), Duration::from_secs(3_600));
        let (mut copy, start) = (State::default(), Instant::now());
        assert!(copy.judge(None, 5, day, start), "a new store");
        assert!(copy.judge(Some(5), 5, day, start));
        assert!(!copy.judge(Some(9), 5, day, start));
        assert!(!copy.judge(Some(9), 8, day, start + 23 * hour));
        assert!(!copy.judge(Some(10), 8, day, start + 25 * hour), "the other one lives");
        assert!(!copy.judge(Some(10), 8, day, start + 48 * hour));
        assert!(copy.judge(Some(10), 8, day, start + 49 * hour), "the other one is gone");
        assert!(copy.judge(Some(10), 12, day, start));
    }
}
