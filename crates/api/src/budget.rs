//! Memory that many share: a part for each token and each tenant, so that nobody can hold all of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use domain::{TenantId, TokenId};
use registry::Caller;
use tokio::sync::Notify;

/// Who holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Principal {
    pub(crate) tenant: TenantId,
    pub(crate) token: TokenId,
}

impl Principal {
    pub(crate) const fn of(caller: &Caller) -> Self {
        Self { tenant: caller.tenant, token: caller.token }
    }
}

/// Where a permit notes whose request it is, for those who stand around the handler: the memory that is counted, and the line in
/// the log. Empty as long as nobody is known; filled once a token has proved to be valid, also where it may not do what is asked.
pub(crate) type Asker = Arc<OnceLock<Principal>>;

/// Bytes that requests may hold together.
///
/// They are given as long as what then stays free is at least what the tenant holds and what the token holds, added. So one
/// token alone gets a third, one tenant by many tokens nearly half, two tenants nearly a third each; and however many are
/// greedy, the next that comes finds something free.
pub(crate) struct Budget {
    all: usize,
    held: Mutex<Held>,
    freed: Notify,
}

/// None is whoever shows no token.
type Who = Option<Principal>;

#[derive(Default)]
struct Held {
    all: usize,
    tenants: HashMap<Option<TenantId>, usize>,
    tokens: HashMap<Who, usize>,
}

/// There is no room for it now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Budget {
    pub(crate) fn new(all: usize) -> Arc<Self> {
        Arc::new(Self { all, held: Mutex::default(), freed: Notify::new() })
    }

    /// An empty part for `who`.
    pub(crate) fn part(self: &Arc<Self>, who: Who) -> Part {
        Part { budget: Arc::clone(self), who, bytes: 0 }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn add(&mut self, who: Who, bytes: usize) {
        self.all += bytes;
        *self.tenants.entry(who.map(|p| p.tenant)).or_insert(0) += bytes;
        *self.tokens.entry(who).or_insert(0) += bytes;
    }

    fn take(&mut self, who: Who, bytes: usize) {
        self.all -= bytes;
        lessen(&mut self.tenants, &who.map(|p| p.tenant), bytes);
        lessen(&mut self.tokens, &who, bytes);
    }
}

/// Only those who hold something have an entry: there are never more than requests.
fn lessen<K: Eq + Hash>(held: &mut HashMap<K, usize>, key: &K, bytes: usize) {
    if let Some(present) = held.get_mut(key) {
        *present -= bytes;
        if *present == 0 {
            held.remove(key);
        }
    }
}

/// What one request holds, given back when dropped.
pub(crate) struct Part {
    budget: Arc<Budget>,
    who: Who,
    bytes: usize,
}

impl Part {
    /// Takes so many more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        if bytes == 0 {
            return Ok(());
        }
        let mut held = self.budget.held();
        let of_tenant = held.tenants.get(&self.who.map(|p| p.tenant)).copied().unwrap_or(0) + bytes;
        let of_token = held.tokens.get(&self.who).copied().unwrap_or(0) + bytes;
        let free = self.budget.all.checked_sub(held.all + bytes).ok_or(NoRoom)?;
        if of_tenant + of_token > free {
            return Err(NoRoom);
        }
        held.add(self.who, bytes);
        self.bytes += bytes;
        Ok(())
    }

    /// As [`Self::grow`], as soon as there is room.
    pub(crate) async fn grow_in_time(&mut self, bytes: usize) {
        loop {
            let budget = Arc::clone(&self.budget);
            let freed = budget.freed.notified();
            tokio::pin!(freed);
            // From here on nothing that is given back is missed.
            freed.as_mut().enable();
            if self.grow(bytes).is_ok() {
                return;
            }
            freed.await;
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.held().take(self.who, self.bytes);
            self.budget.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn who(tenant: u8, token: u8) -> Who {
        Some(Principal {
            tenant: TenantId::from_bytes([tenant; 16]),
            token: TokenId::from_bytes([token; 16]),
        })
    }

    /// Takes all it can get, by ones.
    fn fill(budget: &Arc<Budget>, who: Who) -> Part {
        let mut part = budget.part(who);
        while part.grow(1).is_ok() {}
        part
    }

    #[test]
    fn one_token_gets_a_third_and_one_tenant_never_half() {
        let budget = Budget::new(3_000);
        let first = fill(&budget, who(1, 1));
        assert_eq!(first.bytes, 1_000);
        let more: Vec<Part> = (2..40).map(|token| fill(&budget, who(1, token))).collect();
        let tenant: usize = first.bytes + more.iter().map(|p| p.bytes).sum::<usize>();
        assert!((1_400..1_500).contains(&tenant), "{tenant}");
        assert!(fill(&budget, who(2, 1)).bytes >= 500, "another tenant finds a third of what is left");
        drop(first);
        drop(more);
        assert_eq!(budget.part(who(3, 1)).grow(1_000), Ok(()), "all is given back");
        assert!(budget.held().tokens.is_empty() && budget.held().tenants.is_empty());
    }

    #[test]
    fn those_without_a_token_share_one_part() {
        let budget = Budget::new(3_000);
        let all: Vec<Part> = (0..10).map(|_| fill(&budget, None)).collect();
        assert_eq!(all.iter().map(|p| p.bytes).sum::<usize>(), 1_000);
    }

    #[tokio::test]
    async fn who_waits_gets_what_is_given_back() {
        let budget = Budget::new(300);
        let held = fill(&budget, who(1, 1));
        let waiting = tokio::spawn({
            let mut part = budget.part(who(1, 1));
            async move {
                part.grow_in_time(100).await;
                part.bytes
            }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert_eq!(waiting.await.unwrap(), 100);
    }

    proptest! {
        /// However many are greedy, and in whatever order: the sum is kept, and a newcomer gets something.
        #[test]
        fn something_is_always_left(steps in prop::collection::vec((0u8..6, 0u8..6, 1usize..5_000), 1..80)) {
            let budget = Budget::new(1 << 20);
            let mut parts = Vec::new();
            for (tenant, token, bytes) in steps {
                let mut part = budget.part(who(tenant, token));
                if part.grow(bytes * 32).is_ok() {
                    parts.push(part);
                }
                prop_assert_eq!(budget.held().all, parts.iter().map(|p| p.bytes).sum::<usize>());
                prop_assert!(budget.held().all <= 1 << 20);
            }
            prop_assert_eq!(budget.part(who(99, 99)).grow(1_024), Ok(()));
        }
    }
}
