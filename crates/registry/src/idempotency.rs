//! One request, one effect: answers kept under the client's key.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{PersonId, Status, Time, Verification};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::IdempotencyRow;
use vault::Key;

use crate::access::Caller;
use crate::error::Error;
use crate::keys::nonce;
use crate::person::{Person, Sealed};
use crate::place;
use crate::registry::Registry;

/// The client's key and body, hashed: neither is ever stored.
#[derive(Clone, Copy, Debug)]
pub struct Idempotency {
    key: [u8; 16],
    body: [u8; 16],
    /// Of the body byte for byte: what versions before kept. It may go when no answer of theirs is kept any more.
    bytes: [u8; 16],
}

impl Idempotency {
    /// Whether a request that was answered, or is under way, had this body.
    fn is_of(&self, body: [u8; 16]) -> bool {
        body == self.body || body == self.bytes
    }
}

/// What a key leads to.
pub enum Ticket<T = Box<Person>> {
    /// The first request: do it, and hold this meanwhile.
    First(Option<(Idempotency, Held)>),
    /// Done before: what was answered then, and the status.
    Again(T, u16),
}

/// What a key is found to be.
enum Known {
    New(Option<(Idempotency, Held)>),
    Done(IdempotencyRow),
}

/// Marks a key as under way until dropped.
pub struct Held {
    under_way: Arc<Mutex<HashMap<[u8; 16], [u8; 16]>>>,
    key: [u8; 16],
}

impl Drop for Held {
    fn drop(&mut self) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// A person as it was when an answer was given. Nothing is kept of images.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    version: u64,
    created_at: i64,
    updated_at: i64,
    status: String,
    verified_at: Option<i64>,
    expires_at: Option<i64>,
    read_at: i64,
    sealed: Sealed,
}

impl Registry {
    /// Hashes a client's key for one route of one token, and the body that came with it: as the pieces of one spelling, and byte
    /// for byte.
    ///
    /// # Errors
    /// What the store says.
    pub async fn idempotency(
        &self,
        caller: &Caller,
        route: &str,
        key: &str,
        (pieces, bytes): (&[Cow<'_, [u8]>], &[u8]),
    ) -> Result<Idempotency, Error> {
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let scoped = [&caller.token.to_bytes(), route.as_bytes(), &[0], key.as_bytes()].concat();
        Ok(Idempotency {
            key: keys.index().hash("idempotency key", &scoped),
            body: keys.index().hash_pieces("idempotency request", pieces),
            bytes: keys.index().hash("idempotency body", bytes),
        })
    }

    /// Whether the request is the first with its key, where the answer is a person.
    ///
    /// # Errors
    /// [`Error::KeyReused`] for another body, [`Error::InProgress`] while the first is under way,
    /// [`Error::NotFound`] when the person it led to was erased.
    pub async fn ticket(&self, caller: &Caller, request: Option<Idempotency>) -> Result<Ticket, Error> {
        Ok(match self.known_key(caller, request).await? {
            Known::New(held) => Ticket::First(held),
            Known::Done(row) => {
                let status = row.status;
                Ticket::Again(Box::new(self.replay(caller, row).await?), status)
            }
        })
    }

    /// Whether the request is the first with its key, where the answer is about something of the tenant.
    ///
    /// # Errors
    /// As [`Self::ticket`].
    pub(crate) async fn ticket_of<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        request: Option<Idempotency>,
    ) -> Result<Ticket<T>, Error> {
        Ok(match self.known_key(caller, request).await? {
            Known::New(held) => Ticket::First(held),
            Known::Done(row) => {
                let keys = self.keys.of(&*self.store, caller.tenant).await?;
                let plain = open_kept(caller, keys.records(), &row)?;
                Ticket::Again(serde_json::from_slice(&plain)?, row.status)
            }
        })
    }

    async fn known_key(&self, caller: &Caller, request: Option<Idempotency>) -> Result<Known, Error> {
        let Some(request) = request else { return Ok(Known::New(None)) };
        let held = self.hold(request)?;
        match self.store.idempotency(caller.tenant, request.key, self.now()).await? {
            None => Ok(Known::New(Some((request, held)))),
            Some(row) if !request.is_of(row.body) => Err(Error::KeyReused),
            Some(row) => Ok(Known::Done(row)),
        }
    }

    fn hold(&self, request: Idempotency) -> Result<Held, Error> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match under_way.get(&request.key) {
            Some(body) if *body == request.body => return Err(Error::InProgress),
            Some(_) => return Err(Error::KeyReused),
            None => drop(under_way.insert(request.key, request.body)),
        }
        Ok(Held { under_way: Arc::clone(&self.under_way), key: request.key })
    }

    /// The row that keeps `person` as the answer, sealed under the person's key so that erasure reaches it.
    pub(crate) fn keep_answer(
        &self,
        caller: &Caller,
        request: Idempotency,
        person: &Person,
        key: &Key,
        status: u16,
        now: Time,
    ) -> Result<IdempotencyRow, Error> {
        let snapshot = Snapshot {
            version: person.version,
            created_at: person.created_at.millis(),
            updated_at: person.updated_at.millis(),
            status: person.verification.stored().as_str().to_owned(),
            verified_at: person.verification.verified_at().map(Time::millis),
            expires_at: person.verification.expires_at().map(Time::millis),
            read_at: person.read_at.millis(),
            sealed: person.sealed.clone(),
        };
        let plain = serde_json::to_vec(&snapshot)?;
        self.kept(caller, request, (Some(person.id), key), &plain, status, now)
    }

    /// The row that keeps `answer`, which is about something of the tenant.
    pub(crate) async fn keep_answer_of<T: Serialize + Sync>(
        &self,
        caller: &Caller,
        request: Idempotency,
        answer: &T,
        status: u16,
        now: Time,
    ) -> Result<IdempotencyRow, Error> {
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let plain = serde_json::to_vec(answer)?;
        self.kept(caller, request, (None, keys.records()), &plain, status, now)
    }

    fn kept(
        &self,
        caller: &Caller,
        request: Idempotency,
        (person, key): (Option<PersonId>, &Key),
        plain: &[u8],
        status: u16,
        now: Time,
    ) -> Result<IdempotencyRow, Error> {
        let mut row = IdempotencyRow {
            key: request.key,
            body: request.body,
            status,
            person,
            sealed: Vec::new(),
            expires_at: now.plus_seconds(self.settings.idempotency_seconds),
        };
        row.sealed = key.seal(nonce(&*self.random), &place::kept_answer(caller.tenant, &row), plain)?;
        Ok(row)
    }

    async fn replay(&self, caller: &Caller, row: IdempotencyRow) -> Result<Person, Error> {
        let id = row.person.ok_or_else(|| Error::Fault("a kept answer is about no person".into()))?;
        let opened = self.open_person(caller.tenant, id).await?;
        let plain = open_kept(caller, &opened.key, &row)?;
        let snapshot: Snapshot = serde_json::from_slice(&plain)?;
        let time = |t: Option<i64>| t.map(Time::from_millis);
        let status = Status::parse(&snapshot.status).unwrap_or(Status::Pending);
        Ok(Person {
            id,
            version: snapshot.version,
            created_at: Time::from_millis(snapshot.created_at),
            updated_at: Time::from_millis(snapshot.updated_at),
            verification: Verification::from_stored(
                status,
                time(snapshot.verified_at),
                time(snapshot.expires_at),
            ),
            read_at: Time::from_millis(snapshot.read_at),
            sealed: snapshot.sealed,
        })
    }
}

/// Opens an answer that is what its row says.
fn open_kept(caller: &Caller, key: &Key, row: &IdempotencyRow) -> Result<Vec<u8>, Error> {
    let open = |place: Vec<u8>| key.open(&place, row.sealed.clone());
    let before_0_2 = || open(place::answer(caller.tenant, row.person, &row.key));
    Ok(open(place::kept_answer(caller.tenant, row)).or_else(|_| before_0_2())?)
}
