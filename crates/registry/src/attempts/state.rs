//! Showing a limit, and lifting it.

use domain::{PersonId, TenantId, Time};
use store::{Changes, SealedChange};

use super::{Counted, rule};
use crate::access::Caller;
use crate::error::Error;
use crate::registry::Registry;

/// How many comparisons have failed, and what that leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptState {
    /// Failures that still count.
    pub failures: u32,
    /// The end of the pause, where there is one.
    pub paused_until: Option<Time>,
    /// Whether only a reviewer lifts the limit.
    pub stopped: bool,
}

impl Registry {
    /// How many comparisons have failed of a person or of a token.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn attempts(&self, caller: &Caller, of: Counted) -> Result<AttemptState, Error> {
        self.must_be_there(caller, of).await?;
        let (tally, now) = (self.read_tally(caller.tenant, of).await?.tally, self.now());
        let limits = &self.settings.attempts;
        let waits = rule::check(limits, tally, now).is_err();
        let stopped = rule::is_stopped(limits, tally);
        let paused_until = rule::paused_until(limits, tally).filter(|_| waits && !stopped);
        Ok(AttemptState { failures: tally.failures, paused_until, stopped })
    }

    /// Lifts the limit of a person or of a token: counting begins anew.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn lift_attempts(&self, caller: &Caller, of: Counted) -> Result<(), Error> {
        self.must_be_there(caller, of).await?;
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let mut changes = Changes::at(self.now());
        changes.sealed.push(SealedChange::Remove(super::key(&keys, of)));
        self.commit(caller.tenant, changes).await?;
        Ok(())
    }

    /// Forgets what was counted of a person who goes.
    pub(crate) async fn no_attempts_of(
        &self,
        tenant: TenantId,
        person: PersonId,
    ) -> Result<SealedChange, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        Ok(SealedChange::Remove(super::key(&keys, Counted::Person(person))))
    }

    async fn must_be_there(&self, caller: &Caller, of: Counted) -> Result<(), Error> {
        let there = match of {
            Counted::Person(id) => self.store.person(caller.tenant, id).await?.is_some(),
            Counted::Token(id) => self.store.token(caller.tenant, id).await?.is_some(),
        };
        if there { Ok(()) } else { Err(Error::NotFound) }
    }
}
