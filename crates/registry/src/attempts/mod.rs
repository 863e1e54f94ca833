//! Asking without end is stopped: comparisons that failed are counted, of each person and of each token, in the store, so
//! that a restart or another node forgets none.

mod rule;
mod state;

pub use state::AttemptState;

use domain::{PersonId, Scope, TenantId, Time, TokenId};
use store::{Changes, CommitError, Conflict, SealedChange, SealedKind, SealedRow};
use vault::TenantKeys;

use crate::access::Caller;
use crate::error::Error;
use crate::registry::Registry;
use crate::sealed::{self, Small};
pub(crate) use rule::Shows;
use rule::Tally;

/// Attempts against others who count the same.
const ATTEMPTS: usize = 1_000;

/// Whose failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Comparisons with a person, whoever asks.
    Person(PersonId),
    /// Comparisons and liveness checks of a token, whoever they are about.
    Token(TokenId),
}

/// A counter as it was read.
struct Read {
    of: Counted,
    key: [u8; 16],
    row: Option<SealedRow>,
    tally: Tally,
}

/// The counters a request may touch, as they were before it.
pub(crate) struct Tried(Vec<Read>);

/// The name of a counter in the store.
pub(crate) fn key(keys: &TenantKeys, of: Counted) -> [u8; 16] {
    match of {
        Counted::Person(id) => keys.index().hash("attempts of a person", &id.to_bytes()),
        Counted::Token(id) => keys.index().hash("attempts of a token", &id.to_bytes()),
    }
}

impl Registry {
    /// What is counted of a request: its person, if it is about one, and its token. A token that may lift limits is not
    /// counted: it would lift its own.
    fn counted(caller: &Caller, person: Option<PersonId>) -> Vec<Counted> {
        let token = (!caller.may(Scope::PersonsReview)).then_some(Counted::Token(caller.token));
        person.map(Counted::Person).into_iter().chain(token).collect()
    }

    async fn read_tally(&self, tenant: TenantId, of: Counted) -> Result<Read, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let key = key(&keys, of);
        let row = self.store.sealed(tenant, key).await?;
        let tally = match &row {
            Some(row) => serde_json::from_slice(&sealed::open(tenant, &keys, row)?)?,
            None => Tally::default(),
        };
        let tally = rule::forgiven(&self.settings.attempts, tally, of, self.now());
        Ok(Read { of, key, row, tally })
    }

    async fn read_tallies(&self, caller: &Caller, person: Option<PersonId>) -> Result<Tried, Error> {
        let mut all = Vec::new();
        for of in Self::counted(caller, person) {
            all.push(self.read_tally(caller.tenant, of).await?);
        }
        Ok(Tried(all))
    }

    /// Refuses while too many comparisons of the person or of the token have failed.
    ///
    /// # Errors
    /// [`Error::AttemptLimit`], or what the store says.
    pub(crate) async fn may_try(&self, caller: &Caller, person: Option<PersonId>) -> Result<Tried, Error> {
        let tried = self.read_tallies(caller, person).await?;
        self.check_tallies(&tried, self.now())?;
        Ok(tried)
    }

    fn check_tallies(&self, tried: &Tried, now: Time) -> Result<(), Error> {
        let limits = &self.settings.attempts;
        tried.0.iter().try_for_each(|read| rule::check(limits, read.tally, now)).map_err(Error::AttemptLimit)
    }

    /// Counts a failure before its answer leaves, and refuses the answer where others have used up the attempts meanwhile:
    /// however many ask at once, no more answers are given than one after the other would get.
    ///
    /// # Errors
    /// [`Error::AttemptLimit`], or what the store says.
    pub(crate) async fn note_failed(
        &self,
        caller: &Caller,
        person: Option<(PersonId, Shows)>,
    ) -> Result<(), Error> {
        let (person, shows) = person.map_or((None, Shows::default()), |(id, shows)| (Some(id), shows));
        for _ in 0..ATTEMPTS {
            let tried = self.read_tallies(caller, person).await?;
            let mut changes = Changes::at(self.now());
            self.check_tallies(&tried, changes.now)?;
            if tried.0.is_empty() {
                return Ok(());
            }
            for read in tried.0 {
                let tally = rule::failed(&self.settings.attempts, read.tally, shows, changes.now);
                changes.sealed.push(self.counter(caller.tenant, read, tally, changes.now).await?);
            }
            match self.commit(caller.tenant, changes).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict(Conflict::Sealed(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// A match speaks for the person, where it shows what failed before: a photograph does not end what was counted of fingers.
    /// Where that cannot be noted now, it is not: the counter stays stricter than it needs to be.
    pub(crate) async fn note_passed(&self, caller: &Caller, tried: Tried, shows: Shows) {
        let mut changes = Changes::at(self.now());
        let ends = |read: &Read| matches!(read.of, Counted::Person(_)) && read.tally.shown.is_within(shows);
        let persons = tried.0.into_iter().filter(|read| ends(read) && read.row.is_some());
        changes.sealed.extend(persons.map(|read| SealedChange::Remove(read.key)));
        if changes.sealed.is_empty() {
            return;
        }
        if let Err(error) = self.commit(caller.tenant, changes).await {
            tracing::debug!(%error, "a match is not counted");
        }
    }

    /// Before a request of a token that may not read or not compare persons: what it is refused for would tell who is enrolled.
    ///
    /// # Errors
    /// [`Error::AttemptLimit`], or what the store says.
    pub(crate) async fn may_ask_blindly(&self, caller: &Caller) -> Result<(), Error> {
        if !(caller.may(Scope::PersonsRead) && caller.may(Scope::BiometricsMatch)) {
            self.may_try(caller, None).await?;
        }
        Ok(())
    }

    /// An error as a caller may see it: that somebody is enrolled already counts as a failure of a token that may not read
    /// persons.
    ///
    /// # Errors
    /// [`Error::AttemptLimit`], or what the store says.
    pub(crate) async fn not_an_oracle(&self, caller: &Caller, error: Error) -> Result<Error, Error> {
        // Whose face it is is a match, for which there is a scope of its own.
        let may = match error {
            Error::Duplicate(_) => caller.may(Scope::PersonsRead) && caller.may(Scope::BiometricsMatch),
            Error::ExternalIdTaken => caller.may(Scope::PersonsRead),
            _ => true,
        };
        if !may {
            self.note_failed(caller, None).await?;
        }
        Ok(error)
    }

    async fn counter(
        &self,
        tenant: TenantId,
        read: Read,
        tally: Tally,
        now: Time,
    ) -> Result<SealedChange, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let limits = &self.settings.attempts;
        let expires_at = (!rule::is_stopped(limits, tally)).then(|| now.plus_seconds(limits.forget_seconds));
        let before = read.row.filter(|row| row.expires_at.is_none_or(|end| end > now));
        let plain = serde_json::to_vec(&tally)?;
        let record = Small { kind: SealedKind::Attempts, key: read.key, expires_at, plain: &plain };
        self.seal_small(tenant, &keys, &record, before.map(|row| row.version))
    }
}
