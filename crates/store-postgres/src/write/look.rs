//! What a batch must know, asked in one round trip under the tenant's lock.

use std::collections::HashSet;

use ::store::{
    Changes, CollectionChange, IndexEntry, IndexField, PairChange, PersonChange, SealedChange, TokenChange,
};
use domain::{CollectionId, DuplicateId, PersonId, TenantId, TokenId};
use tokio_postgres::Row;

use super::ledger::{Known, KnownPair, MOST, Seen};
use crate::columns::{get, id, maybe_time, number, person_id, stored, time};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::ids::Id;
use crate::read::key;
use crate::statement::{Statement, statements};

statements! {
    /// The lock: whoever holds it is the only one to write for this tenant.
    LOCK(UUID) = "SELECT sequence FROM tenants WHERE id = $1 FOR UPDATE";
    PERSONS(UUID, UUID_ARRAY) = "SELECT id, version, terms FROM persons WHERE tenant = $1 AND id = ANY($2)";
    EXTERNAL(UUID, UUID_ARRAY) =
        "SELECT hash, person FROM person_index WHERE tenant = $1 AND field = 1 AND hash = ANY($2)";
    KEYS(UUID, UUID_ARRAY) = "SELECT key, expires_at FROM idempotency WHERE tenant = $1 AND key = ANY($2)";
    COLLECTIONS(UUID, UUID_ARRAY, UUID_ARRAY) =
        "SELECT id, version, name FROM collections WHERE tenant = $1 AND (id = ANY($2) OR name = ANY($3))";
    MEMBERS(UUID, UUID_ARRAY, INT8) =
        "SELECT c.id, (SELECT count(*) FROM (SELECT 1 FROM person_index i
           WHERE i.tenant = $1 AND i.field = 7 AND i.hash = c.id LIMIT $3) counted)
         FROM unnest($2) c(id)";
    PAIRS(UUID, UUID_ARRAY) = "SELECT id, version, first, second FROM duplicates WHERE tenant = $1 AND id = ANY($2)";
    TOKENS(UUID, UUID_ARRAY) = "SELECT id FROM tokens WHERE tenant = $1 AND id = ANY($2) AND revoked_at IS NULL";
    SEALED(UUID, UUID_ARRAY) =
        "SELECT key, version, expires_at FROM sealed_records WHERE tenant = $1 AND key = ANY($2)";
    ENROLLED(UUID, INT8, INT8) =
        "SELECT person, enrolled FROM search_changes WHERE tenant = $1 AND enrolled > $2 AND NOT erased
         ORDER BY enrolled LIMIT $3";
}

/// All of them, to be prepared beforehand.
pub(super) const STATEMENTS: [&Statement; 10] =
    [&LOCK, &PERSONS, &EXTERNAL, &KEYS, &COLLECTIONS, &MEMBERS, &PAIRS, &TOKENS, &SEALED, &ENROLLED];

/// What a batch is about.
#[derive(Default)]
pub(super) struct Subjects {
    persons: HashSet<PersonId>,
    external: HashSet<[u8; 16]>,
    keys: HashSet<[u8; 16]>,
    collections: HashSet<CollectionId>,
    names: HashSet<[u8; 16]>,
    emptied: HashSet<CollectionId>,
    pairs: HashSet<DuplicateId>,
    tokens: HashSet<TokenId>,
    sealed: HashSet<[u8; 16]>,
    searched: Option<u64>,
}

impl Subjects {
    pub(super) fn of<'a>(batch: impl Iterator<Item = &'a Changes>) -> Self {
        let mut subjects = Self::default();
        batch.for_each(|changes| subjects.add(changes));
        subjects
    }

    fn add(&mut self, changes: &Changes) {
        self.keys.extend(changes.idempotency.iter().map(|row| row.key));
        if let Some(searched) = changes.searched_up_to {
            self.searched = Some(self.searched.map_or(searched, |least| least.min(searched)));
        }
        for change in &changes.collections {
            match change {
                CollectionChange::Insert(row) => drop(self.names.insert(row.name)),
                CollectionChange::Update { row, .. } => {
                    self.collections.insert(row.id);
                    self.names.insert(row.name);
                }
                CollectionChange::Remove(id) => {
                    self.collections.insert(*id);
                    self.emptied.insert(*id);
                }
            }
        }
        for change in &changes.persons {
            match change {
                PersonChange::Insert { row, index } => {
                    self.persons.insert(row.id);
                    self.add_index(index);
                }
                PersonChange::Update { row, index, .. } => {
                    self.persons.insert(row.id);
                    index.iter().for_each(|index| self.add_index(index));
                }
                PersonChange::Erase { id, .. } => drop(self.persons.insert(*id)),
            }
        }
        for change in &changes.pairs {
            match change {
                PairChange::Insert(row) => self.persons.extend(row.persons),
                PairChange::Update { row, .. } => drop(self.pairs.insert(row.id)),
            }
        }
        self.tokens.extend(changes.tokens.iter().filter_map(|change| match change {
            TokenChange::Revoke { id, .. } => Some(*id),
            TokenChange::Insert(_) => None,
        }));
        self.sealed.extend(changes.sealed.iter().map(|change| match change {
            SealedChange::Insert(row) | SealedChange::Update { row, .. } | SealedChange::Put(row) => row.key,
            SealedChange::Remove(key) => *key,
        }));
    }

    fn add_index(&mut self, index: &[IndexEntry]) {
        for entry in index {
            match entry.field {
                IndexField::ExternalId => drop(self.external.insert(entry.hash)),
                IndexField::Collection => {
                    self.collections.insert(CollectionId::from_bytes(entry.hash));
                }
                _ => {}
            }
        }
    }

    /// Takes the lock and asks all that is needed, in one go.
    pub(super) async fn look(
        &self,
        connection: &Connection,
        tenant: TenantId,
    ) -> Result<Answers, tokio_postgres::Error> {
        let tenant = key(tenant);
        let persons = ids(self.persons.iter().map(|p| p.to_bytes()));
        let external = ids(self.external.iter().copied());
        let keys = ids(self.keys.iter().copied());
        let collections = ids(self.collections.iter().map(|c| c.to_bytes()));
        let names = ids(self.names.iter().copied());
        let emptied = ids(self.emptied.iter().map(|c| c.to_bytes()));
        let pairs = ids(self.pairs.iter().map(|p| p.to_bytes()));
        let tokens = ids(self.tokens.iter().map(|t| t.to_bytes()));
        let sealed = ids(self.sealed.iter().copied());
        let searched = stored(self.searched.unwrap_or_default());
        let (countable, readable) = (COUNTED, stored(MOST_READ as u64));
        let asked = tokio::try_join!(
            biased;
            async { connection.ask(&LOCK, &[&tenant]).await },
            some(!persons.is_empty(), async { connection.ask(&PERSONS, &[&tenant, &persons]).await }),
            some(!external.is_empty(), async { connection.ask(&EXTERNAL, &[&tenant, &external]).await }),
            some(!keys.is_empty(), async { connection.ask(&KEYS, &[&tenant, &keys]).await }),
            some(
                !(collections.is_empty() && names.is_empty()),
                async { connection.ask(&COLLECTIONS, &[&tenant, &collections, &names]).await }
            ),
            some(!emptied.is_empty(), async { connection.ask(&MEMBERS, &[&tenant, &emptied, &countable]).await }),
            some(!pairs.is_empty(), async { connection.ask(&PAIRS, &[&tenant, &pairs]).await }),
            some(!tokens.is_empty(), async { connection.ask(&TOKENS, &[&tenant, &tokens]).await }),
            some(!sealed.is_empty(), async { connection.ask(&SEALED, &[&tenant, &sealed]).await }),
            some(self.searched.is_some(), async { connection.ask(&ENROLLED, &[&tenant, &searched, &readable]).await }),
        )?;
        let (locked, persons, external, keys, collections, members, pairs, tokens, sealed, enrolled) = asked;
        Ok(Answers { locked, persons, external, keys, collections, members, pairs, tokens, sealed, enrolled })
    }
}

/// Members that are counted; more than one batch takes out.
const COUNTED: i64 = 1_000;
/// Enrolments that are read; some more than one conflict names.
const MOST_READ: usize = 2 * MOST;

fn ids(all: impl Iterator<Item = [u8; 16]>) -> Vec<Id> {
    all.map(Id).collect()
}

/// A question that is asked only where there is something to ask.
async fn some(
    wanted: bool,
    question: impl Future<Output = Result<Vec<Row>, tokio_postgres::Error>>,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    if wanted { question.await } else { Ok(Vec::new()) }
}

/// What was answered.
pub(super) struct Answers {
    locked: Vec<Row>,
    persons: Vec<Row>,
    external: Vec<Row>,
    keys: Vec<Row>,
    collections: Vec<Row>,
    members: Vec<Row>,
    pairs: Vec<Row>,
    tokens: Vec<Row>,
    sealed: Vec<Row>,
    enrolled: Vec<Row>,
}

impl Answers {
    /// Reads the answers; `None` when there is no such tenant.
    pub(super) fn read(self) -> Result<Option<Seen>, Failure> {
        let Some(locked) = self.locked.first() else { return Ok(None) };
        let sequence = number(locked, 0)?;
        let mut seen = Seen { sequence, ..Seen::default() };
        for row in &self.persons {
            let known = Known { version: number(row, 1)?, terms: get(row, 2)? };
            seen.persons.insert(person_id(row, 0)?, known);
        }
        for row in &self.external {
            seen.external.insert(id(row, 0)?, person_id(row, 1)?);
        }
        for row in &self.keys {
            seen.keys.insert(id(row, 0)?, time(row, 1)?);
        }
        for row in &self.collections {
            let collection = CollectionId::from_bytes(id(row, 0)?);
            seen.collections.insert(collection, number(row, 1)?);
            seen.names.insert(id(row, 2)?, collection);
        }
        for row in &self.members {
            seen.members.insert(CollectionId::from_bytes(id(row, 0)?), get(row, 1)?);
        }
        for row in &self.pairs {
            let persons = [person_id(row, 2)?, person_id(row, 3)?];
            let known = KnownPair { version: number(row, 1)?, persons };
            seen.pairs.insert(DuplicateId::from_bytes(id(row, 0)?), known);
        }
        for row in &self.tokens {
            seen.tokens.insert(TokenId::from_bytes(id(row, 0)?));
        }
        for row in &self.sealed {
            seen.sealed.insert(id(row, 0)?, (number(row, 1)?, maybe_time(row, 2)?));
        }
        for row in &self.enrolled {
            seen.enrolled.push((number(row, 1)?, person_id(row, 0)?));
        }
        if seen.enrolled.len() >= MOST_READ {
            // The last commit may have been cut through: it is left for the next time.
            let last = seen.enrolled.last().map(|(sequence, _)| *sequence);
            let whole = seen.enrolled.partition_point(|(sequence, _)| Some(*sequence) < last);
            if whole > 0 {
                seen.enrolled.truncate(whole);
            }
            seen.cut = seen.enrolled.last().map(|(sequence, _)| *sequence);
        }
        Ok(Some(seen))
    }
}
