//! Erasing a person: the key and every row go in one commit, and the server signs that they went.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{PersonId, Time, Verification};
use serde::Serialize;
use store::{Changes, CommitError, Conflict, PersonChange};

use crate::access::Caller;
use crate::error::Error;
use crate::person::etag;
use crate::registry::Registry;

/// A signed statement that a person was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What is signed, byte for byte.
    pub statement: String,
    /// Ed25519 signature of it, base64url.
    pub signature: String,
    /// The key to verify it with, base64url.
    pub public_key: String,
}

/// An erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Who.
    pub id: PersonId,
    /// When.
    pub at: Time,
    /// The proof.
    pub receipt: Receipt,
}

#[derive(Serialize)]
struct Statement {
    action: &'static str,
    person: String,
    tenant: String,
    at: String,
    sequence: u64,
}

/// Attempts against other writers of the same person.
const ATTEMPTS: usize = 64;

impl Registry {
    /// Erases a person once `check` agrees with its entity tag. Works on a record that no longer opens.
    ///
    /// # Errors
    /// What `check` says, [`Error::NotFound`], or what the store says.
    pub async fn erase<E: From<Error>>(
        &self,
        caller: &Caller,
        id: PersonId,
        check: impl Fn(&str) -> Result<(), E>,
    ) -> Result<Erased, E> {
        for _ in 0..ATTEMPTS {
            let row =
                self.store.person(caller.tenant, id).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
            let expected = row.version;
            let now = self.now();
            let verification = Verification::from_stored(row.status, row.verified_at, row.expires_at);
            check(&etag(row.version, verification.status(now)))?;
            let mut changes = Changes::at(now);
            changes.persons.push(PersonChange::Erase { id, expected });
            changes.sealed.push(self.no_attempts_of(caller.tenant, id).await?);
            match self.commit(caller.tenant, changes).await {
                Ok(committed) => return Ok(self.receipt(caller, id, now, committed.sequence).await?),
                Err(CommitError::Conflict(Conflict::Version(_))) => {}
                Err(error) => return Err(Error::from(error).into()),
            }
        }
        Err(Error::Busy.into())
    }

    async fn receipt(&self, caller: &Caller, id: PersonId, at: Time, sequence: u64) -> Result<Erased, Error> {
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let statement = serde_json::to_string(&Statement {
            action: "erased",
            person: id.to_string(),
            tenant: caller.tenant.to_string(),
            at: at.to_string(),
            sequence,
        })?;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(keys.signer().sign(statement.as_bytes()));
        let public_key = BASE64_URL_SAFE_NO_PAD.encode(keys.signer().public());
        Ok(Erased { id, at, receipt: Receipt { statement, signature, public_key } })
    }
}
