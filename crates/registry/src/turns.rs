//! Work that many requests of one tenant may ask for at once: few do it at a time, and tenants take turns.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::TenantId;
use domain::fair::Lanes;
use tokio::sync::oneshot;

use crate::error::Error;

/// How many do it at once.
const TOGETHER: usize = 2;
/// How many may wait; those of one tenant take half of the places at most.
const PLACES: usize = 512;

struct State {
    busy: usize,
    waiting: Lanes<TenantId, oneshot::Sender<Turn>>,
}

/// A line for each tenant.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Mutex<State>>);

/// A turn, until it is dropped: then it is the next one's.
pub(crate) struct Turn(Option<Turns>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { busy: 0, waiting: Lanes::new(PLACES) })))
    }
}

impl Turns {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many of the tenant's wait already.
    pub(crate) async fn next(&self, tenant: TenantId) -> Result<Turn, Error> {
        let waits = {
            let mut state = self.state();
            if state.busy < TOGETHER {
                state.busy += 1;
                return Ok(Turn(Some(self.clone())));
            }
            let (sender, waits) = oneshot::channel();
            state.waiting.push(tenant, sender).map_err(|_| Error::Busy)?;
            waits
        };
        waits.await.map_err(|_| Error::Busy)
    }

    /// Hands a turn on.
    fn hand_on(self) {
        loop {
            let next = self.state().waiting.pop();
            let Some((_, next)) = next else { break };
            // Whoever has gone meanwhile gives it back: that must not hand it on a second time.
            match next.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                Err(mut back) => drop(back.0.take()),
            }
        }
        let mut state = self.state();
        state.busy = state.busy.saturating_sub(1);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.hand_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(n: u8) -> TenantId {
        TenantId::from_bytes([n; 16])
    }

    #[tokio::test]
    async fn a_newcomer_waits_for_one_turn_of_a_crowd_and_not_for_all() {
        let turns = Turns::default();
        let held = [turns.next(tenant(1)).await.unwrap(), turns.next(tenant(1)).await.unwrap()];
        let order = Arc::new(Mutex::new(Vec::new()));
        let ask = |who: u8| {
            let (turns, order) = (turns.clone(), Arc::clone(&order));
            tokio::spawn(async move {
                let turn = turns.next(tenant(who)).await.unwrap();
                order.lock().unwrap().push(who);
                drop(turn);
            })
        };
        let mut crowd: Vec<_> = (0..20).map(|_| ask(1)).collect();
        tokio::task::yield_now().await;
        crowd.push(ask(2));
        tokio::task::yield_now().await;
        drop(held);
        for asked in crowd {
            asked.await.unwrap();
        }
        let order = order.lock().unwrap();
        assert_eq!(order.len(), 21);
        assert!(order.iter().position(|who| *who == 2).unwrap() <= 2, "{order:?}");
        assert_eq!(turns.state().busy, 0);
    }

    #[tokio::test]
    async fn a_turn_passes_over_whoever_has_gone() {
        let turns = Turns::default();
        let held = [turns.next(tenant(1)).await.unwrap(), turns.next(tenant(1)).await.unwrap()];
        let gone = tokio::spawn({
            let turns = turns.clone();
            async move { turns.next(tenant(2)).await.map(drop) }
        });
        tokio::task::yield_now().await;
        gone.abort();
        let _ = gone.await;
        drop(held);
        drop(turns.next(tenant(3)).await.unwrap());
        assert_eq!(turns.state().busy, 0);
    }
}
