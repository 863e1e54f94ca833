//! Collections: named groups of persons that a search may be limited to.

use domain::person::Change;
use domain::{CollectionId, PersonId, TenantId, Time};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use store::{
    Changes, CollectionChange, CollectionRow, CommitError, Conflict, IndexEntry, ListQuery, Sort, Total,
};
use vault::TenantKeys;

use crate::access::Caller;
use crate::error::Error;
use crate::history::EventKind;
use crate::idempotency::{Idempotency, Ticket};
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;
use crate::update::Draft;

/// Most collections of one person.
const MOST: usize = 50;
/// Members that leave a collection at once when it is removed.
const TOGETHER: u32 = 128;
/// Attempts against other writers.
const ATTEMPTS: usize = 64;

/// What is sealed of a collection.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sealed {
    name: String,
    description: Option<String>,
}

/// A collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its identifier.
    pub id: CollectionId,
    /// Its name; unique in the tenant, in any case.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed; members coming and going do not count.
    pub updated_at: Time,
    /// How many persons are in it.
    pub members: Total,
}

/// A collection as it was made. Times are milliseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Made {
    id: [u8; 16],
    at: i64,
    name: String,
    description: Option<String>,
}

impl From<Made> for Collection {
    fn from(made: Made) -> Self {
        let (id, at) = (CollectionId::from_bytes(made.id), Time::from_millis(made.at));
        let Made { name, description, .. } = made;
        Self { id, name, description, created_at: at, updated_at: at, members: Total::Exact(0) }
    }
}

/// What a body asks of a collection.
#[derive(Clone, Debug, Default)]
pub struct CollectionPatch {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Change<String>,
}

/// Names that differ only in case are one name.
fn name_hash(keys: &TenantKeys, name: &str) -> [u8; 16] {
    keys.index().hash("collection name", name.to_lowercase().as_bytes())
}

/// What is sealed of a collection whose name in clear is its own.
fn opened(tenant: TenantId, keys: &TenantKeys, row: &CollectionRow) -> Result<Sealed, Error> {
    let open = |place: Vec<u8>| keys.records().open(&place, row.sealed.clone());
    let plain = open(place::collection(tenant, row))
        .or_else(|_| open(place::collection_before_0_2(tenant, row.id)))?;
    let sealed: Sealed = serde_json::from_slice(&plain)?;
    if name_hash(keys, &sealed.name) == row.name {
        Ok(sealed)
    } else {
        Err(Error::Fault("a collection has another's name".into()))
    }
}

impl Registry {
    pub(crate) async fn open_collection(
        &self,
        tenant: TenantId,
        row: CollectionRow,
    ) -> Result<Collection, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let Sealed { name, description } = opened(tenant, &keys, &row)?;
        let members = self.store.persons(tenant, members(row.id, self.now(), 0)).await?.total;
        Ok(Collection {
            id: row.id,
            name,
            description,
            // What stands in clear beside it proves nothing.
            created_at: row.id.created_at(),
            updated_at: row.updated_at,
            members: members.unwrap_or(Total::Exact(0)),
        })
    }

    /// Seals a row together with all that stands in clear.
    fn seal_collection(
        &self,
        tenant: TenantId,
        keys: &TenantKeys,
        row: &mut CollectionRow,
        sealed: &Sealed,
    ) -> Result<(), Error> {
        let plain = serde_json::to_vec(sealed)?;
        row.sealed = keys.records().seal(nonce(&*self.random), &place::collection(tenant, row), &plain)?;
        Ok(())
    }

    /// Makes a collection.
    ///
    /// # Errors
    /// [`Error::CollectionNameTaken`], [`Error::KeyReused`], [`Error::InProgress`], or what the store says.
    pub async fn create_collection(
        &self,
        caller: &Caller,
        name: String,
        description: Option<String>,
        key: Option<Idempotency>,
    ) -> Result<Collection, Error> {
        let held = match self.ticket_of::<Made>(caller, key).await? {
            Ticket::Again(made, _) => return Ok(made.into()),
            Ticket::First(held) => held,
        };
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let mut changes = Changes::at(self.now());
        let now = changes.now;
        let id = CollectionId::new(now, &*self.random);
        let hash = name_hash(&keys, &name);
        let made = Made { id: id.to_bytes(), at: now.millis(), name, description };
        let sealed = Sealed { name: made.name.clone(), description: made.description.clone() };
        let mut row = CollectionRow {
            id,
            version: 1,
            created_at: now,
            updated_at: now,
            name: hash,
            sealed: Vec::new(),
        };
        self.seal_collection(caller.tenant, &keys, &mut row, &sealed)?;
        changes.collections.push(CollectionChange::Insert(row));
        if let Some((request, _)) = held {
            changes.idempotency = Some(self.keep_answer_of(caller, request, &made, 201, now).await?);
        }
        self.commit(caller.tenant, changes).await?;
        Ok(made.into())
    }

    /// A collection.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn collection(&self, caller: &Caller, id: CollectionId) -> Result<Collection, Error> {
        let row = self.store.collection(caller.tenant, id).await?.ok_or(Error::NotFound)?;
        self.open_collection(caller.tenant, row).await
    }

    /// Collections, oldest first, from the first after `after` on, and whether more follow. One that is damaged is passed
    /// over.
    ///
    /// # Errors
    /// What the store says.
    pub async fn collections(
        &self,
        caller: &Caller,
        after: Option<CollectionId>,
        limit: u32,
    ) -> Result<(Vec<Collection>, bool), Error> {
        let mut rows = self.store.collections(caller.tenant, after, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let mut collections = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.id;
            let opened = self.open_collection(caller.tenant, row).await;
            collections.extend(self.unless_damaged(caller.tenant, id, opened)?);
        }
        Ok((collections, more))
    }

    /// The collection that a client means by an identifier or a name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn collection_meant(
        &self,
        caller: &Caller,
        meant: &str,
    ) -> Result<Option<CollectionId>, Error> {
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let row = match meant.parse() {
            Ok(id) => self.store.collection(caller.tenant, id).await?,
            Err(_) => self.store.collection_named(caller.tenant, name_hash(&keys, meant)).await?,
        };
        // A row that was given another's name by hand is not the one that is meant.
        row.map(|row| opened(caller.tenant, &keys, &row).map(|_| row.id)).transpose()
    }

    /// Renames or describes a collection.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::CollectionNameTaken`], or what the store says.
    pub async fn update_collection(
        &self,
        caller: &Caller,
        id: CollectionId,
        patch: &CollectionPatch,
    ) -> Result<Collection, Error> {
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        for _ in 0..ATTEMPTS {
            let mut row = self.store.collection(caller.tenant, id).await?.ok_or(Error::NotFound)?;
            let before = self.open_collection(caller.tenant, row.clone()).await?;
            let mut changes = Changes::at(self.now());
            let sealed = Sealed {
                name: patch.name.clone().unwrap_or_else(|| before.name.clone()),
                description: match &patch.description {
                    Change::Keep => before.description.clone(),
                    Change::Clear => None,
                    Change::Set(text) => Some(text.clone()),
                },
            };
            if sealed.name == before.name && sealed.description == before.description {
                return Ok(before);
            }
            let expected = row.version;
            (row.version, row.updated_at, row.name) =
                (expected + 1, changes.now, name_hash(&keys, &sealed.name));
            self.seal_collection(caller.tenant, &keys, &mut row, &sealed)?;
            changes.collections.push(CollectionChange::Update { row: row.clone(), expected });
            match self.commit(caller.tenant, changes).await {
                Ok(_) => return self.open_collection(caller.tenant, row).await,
                Err(CommitError::Conflict(Conflict::Collection(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// Removes a collection; its members stay, outside it. A large one takes a while: whoever is cut short goes on where it
    /// stopped by asking again.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn remove_collection(&self, caller: &Caller, id: CollectionId) -> Result<(), Error> {
        if self.store.collection(caller.tenant, id).await?.is_none() {
            return Err(Error::NotFound);
        }
        loop {
            let mut changes = Changes::at(self.now());
            changes.collections.push(CollectionChange::Remove(id));
            match self.commit(caller.tenant, changes).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict(Conflict::CollectionNotEmpty)) => {}
                Err(CommitError::Conflict(Conflict::Collection(_))) => return Err(Error::NotFound),
                Err(error) => return Err(error.into()),
            }
            let page = self.store.persons(caller.tenant, members(id, self.now(), TOGETHER)).await?;
            // At once, because the store brings many small changes to disk together.
            let leaving = page.rows.iter().map(|row| self.set_membership(caller, row.id, id, false));
            for left in join_all(leaving).await {
                match left {
                    Ok(()) | Err(Error::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Puts a person into a collection, or takes it out.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NoSuchCollection`], [`Error::TooManyCollections`], or what the store says.
    pub async fn set_membership(
        &self,
        caller: &Caller,
        person: PersonId,
        collection: CollectionId,
        inside: bool,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, person).await?;
            let mut all: Vec<CollectionId> = opened.person.profile().collections().collect();
            if all.contains(&collection) == inside {
                return Ok(());
            }
            if inside {
                if all.len() >= MOST {
                    return Err(Error::TooManyCollections);
                }
                all.push(collection);
            } else {
                all.retain(|c| *c != collection);
            }
            let mut draft = Draft::of(opened, Changes::at(self.now()), false);
            draft.opened.person.sealed.profile.set_collections(all);
            draft.kinds.push(EventKind::Updated);
            match self.commit_draft(caller, draft, None, None).await {
                Err(Error::Stale) => {}
                result => return result.map(drop),
            }
        }
        Err(Error::Busy)
    }
}

/// A list of a collection's members.
fn members(collection: CollectionId, now: Time, limit: u32) -> ListQuery {
    let index = vec![IndexEntry::member_of(collection)];
    ListQuery { index, count: limit == 0, ..ListQuery::all(now, Sort::CreatedAt, limit) }
}
