//! Who may use a connection: tenants take turns, and slow questions of one do not take every connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::TenantId;
use domain::fair::Lanes;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::failure::Failure;

/// Questions that may wait, those of one tenant at most half of them.
const WAITING: usize = 2_048;
/// A tenant may hold so many times as many connections as are free beside it: three of four, when it is alone.
const GREED: usize = 3;

/// Whose question it is; none is about no tenant.
pub(crate) type Lane = Option<TenantId>;

/// The way to a number of connections.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    size: usize,
    wait: Duration,
}

struct State {
    inside: HashMap<Lane, usize>,
    all: usize,
    waiting: Lanes<Lane, oneshot::Sender<Place>>,
}

/// The right to a connection, given back when dropped.
pub(crate) struct Place {
    inner: Arc<Inner>,
    lane: Lane,
}

impl Gate {
    /// To `size` connections; whoever waits longer than `wait` is told that they are busy.
    pub(crate) fn new(size: usize, wait: Duration) -> Self {
        let state = State { inside: HashMap::new(), all: 0, waiting: Lanes::new(WAITING) };
        Self(Arc::new(Inner { state: Mutex::new(state), size, wait }))
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self, lane: Lane) -> Result<Place, Failure> {
        let (sender, place) = oneshot::channel();
        self.0.state().waiting.push(lane, sender).map_err(|_| Failure::Full)?;
        self.0.admit();
        match timeout(self.0.wait, place).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Failure::Full),
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets in whoever may come.
    fn admit(self: &Arc<Self>) {
        loop {
            let next = self.state().next(self.size);
            let Some((lane, sender)) = next else { return };
            // Who has gone meanwhile gives the place back by dropping it.
            let _ = sender.send(Place { inner: Arc::clone(self), lane });
        }
    }
}

impl State {
    /// The next to be let in, counted as inside.
    fn next(&mut self, size: usize) -> Option<(Lane, oneshot::Sender<Place>)> {
        let free = size.checked_sub(self.all + 1)?;
        let inside = &self.inside;
        let may = |lane: &Lane| inside.get(lane).is_none_or(|held| *held < GREED * free);
        let next = self.waiting.pop_where(may)?;
        *self.inside.entry(next.0).or_insert(0) += 1;
        self.all += 1;
        Some(next)
    }

    fn leave(&mut self, lane: Lane) {
        self.all -= 1;
        if let Some(held) = self.inside.get_mut(&lane) {
            *held -= 1;
            if *held == 0 {
                self.inside.remove(&lane);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.state().leave(self.lane);
        self.inner.admit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(n: u8) -> Lane {
        Some(TenantId::from_bytes([n; 16]))
    }

    /// What is let in at once; the rest waits in a task.
    async fn fill(gate: &Gate, n: u8, questions: usize) -> Vec<Place> {
        let mut inside = Vec::new();
        for _ in 0..questions {
            let mut entering = Box::pin(gate.enter(lane(n)));
            match futures_util::poll!(&mut entering) {
                std::task::Poll::Ready(Ok(place)) => inside.push(place),
                std::task::Poll::Ready(Err(_)) => {}
                std::task::Poll::Pending => {
                    tokio::spawn(entering_for_ever(gate.clone(), n));
                }
            }
        }
        inside
    }

    async fn entering_for_ever(gate: Gate, n: u8) {
        let place = gate.enter(lane(n)).await;
        std::future::pending::<()>().await;
        drop(place);
    }

    #[tokio::test]
    async fn slow_questions_of_one_tenant_leave_connections_to_the_others() {
        let gate = Gate::new(12, Duration::from_secs(60));
        let held = fill(&gate, 1, 40).await;
        assert_eq!(held.len(), 9, "three of four");
        assert!(!fill(&gate, 2, 1).await.is_empty(), "another is let in at once");
        let one = Gate::new(1, Duration::from_secs(60));
        assert_eq!(fill(&one, 1, 2).await.len(), 1, "a single connection is one for each in turn");
    }

    #[tokio::test]
    async fn tenants_take_turns_and_who_has_gone_costs_no_place() {
        let gate = Gate::new(1, Duration::from_secs(60));
        let first = gate.enter(lane(1)).await.unwrap();
        let mut crowd: Vec<_> = (0..3).map(|_| Box::pin(gate.enter(lane(1)))).collect();
        for one in &mut crowd {
            assert!(futures_util::poll!(one).is_pending());
        }
        let mut other = Box::pin(gate.enter(lane(2)));
        assert!(futures_util::poll!(&mut other).is_pending());
        drop(first);
        let second = crowd.remove(0).await.unwrap();
        drop(second);
        let third = other.await.unwrap();
        assert!(
            futures_util::poll!(&mut crowd[1]).is_pending(),
            "the other's turn came before the crowd's next"
        );
        drop(crowd.remove(0));
        drop(third);
        crowd.remove(0).await.unwrap();
    }
}
