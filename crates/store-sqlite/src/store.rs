//! The port, over a writer and readers.

use std::future::ready;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::store::{
    Answer, Changes, CollectionRow, CommitError, Committed, EventRow, IdempotencyRow, ListQuery, Mark, Page,
    PairDecision, PairRow, PersonRow, SampleHead, SealedRow, SearchChanges, SearchRow, Sequence, Store,
    StoreError, TenantRow, TokenRow,
};
use domain::{CollectionId, DuplicateId, PersonId, SampleId, TenantId, Time, TokenId};
use rusqlite::Connection;

use crate::long_readers::{Lane, LongReaders};
use crate::readers::Readers;
use crate::writer::Writer;
use crate::{connection, migrate, read, write};

/// Connections for point reads, which hold one for microseconds.
const READERS: usize = 4;
/// Threads for lists and images, which keep one busy for milliseconds; one tenant gets all but one of them.
const LONG_READERS: usize = 4;
/// Long reads that may wait, those of one tenant at most half of them; beyond it the answer is "busy".
const LONG_WAITING: usize = 128;
/// How long one may take; beyond it the answer is "busy" too.
const LONG_TIME: Duration = Duration::from_secs(5);

/// A store in one SQLite file. Dropping it waits until everything taken is on disk.
pub struct SqliteStore {
    readers: Readers,
    long_readers: LongReaders,
    pub(crate) writer: Writer,
}

impl SqliteStore {
    /// The file inside a data folder.
    #[must_use]
    pub fn file(folder: &Path) -> PathBuf {
        folder.join("persons.sqlite")
    }

    /// Opens or makes the store in `folder`, bringing its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written, or the file is not a store this program can read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = Self::file(folder);
        let mut connection = connection::writer(&path)?;
        migrate::migrate(&mut connection)?;
        let readers = Readers::open(&path, READERS)?;
        let long_readers = LongReaders::start(&path, LONG_READERS, LONG_WAITING, LONG_TIME)?;
        Ok(Self { readers, long_readers, writer: Writer::start(connection)? })
    }

    /// A read that is shorter than handing it to another thread.
    fn now<'a, T: Send + 'a>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Answer<'a, T> {
        Box::pin(ready(self.readers.with(read)))
    }

    /// A read that may take milliseconds.
    pub(crate) fn aside<T: Send + 'static>(
        &self,
        lane: Lane,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(self.long_readers.ask(lane, read))
    }
}

impl Store for SqliteStore {
    fn commit(&self, tenant: TenantId, changes: Changes) -> Answer<'_, Committed, CommitError> {
        Box::pin(self.writer.commit(tenant, changes))
    }

    fn person(&self, tenant: TenantId, id: PersonId) -> Answer<'_, Option<PersonRow>> {
        self.now(|c| read::person(c, tenant, id))
    }

    fn persons(&self, tenant: TenantId, query: ListQuery) -> Answer<'_, Page> {
        self.aside(Some(tenant), move |c| read::list::page(c, tenant, &query))
    }

    fn samples(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<SampleHead>> {
        self.now(|c| read::samples(c, tenant, person))
    }

    fn sample_image(
        &self,
        tenant: TenantId,
        person: PersonId,
        sample: SampleId,
    ) -> Answer<'_, Option<Vec<u8>>> {
        self.aside(Some(tenant), move |c| read::sample_image(c, tenant, person, sample))
    }

    fn sequence(&self, tenant: TenantId) -> Answer<'_, Sequence> {
        self.now(|c| read::search::sequence(c, tenant))
    }

    fn search_changes(
        &self,
        tenant: TenantId,
        after: Sequence,
        limit: u32,
    ) -> Answer<'_, Option<SearchChanges>> {
        self.now(|c| read::search::changes(c, tenant, after, limit))
    }

    fn searchable(
        &self,
        tenant: TenantId,
        after: Option<PersonId>,
        before: Option<PersonId>,
        limit: u32,
    ) -> Answer<'_, Vec<SearchRow>> {
        self.aside(None, move |c| read::search::all(c, tenant, after, before, limit))
    }

    fn collection(&self, tenant: TenantId, id: CollectionId) -> Answer<'_, Option<CollectionRow>> {
        self.now(|c| read::collection::one(c, tenant, id))
    }

    fn collection_named(&self, tenant: TenantId, name: [u8; 16]) -> Answer<'_, Option<CollectionRow>> {
        self.now(|c| read::collection::named(c, tenant, name))
    }

    fn collections(
        &self,
        tenant: TenantId,
        after: Option<CollectionId>,
        limit: u32,
    ) -> Answer<'_, Vec<CollectionRow>> {
        self.aside(Some(tenant), move |c| read::collection::some(c, tenant, after, limit))
    }

    fn pair(&self, tenant: TenantId, id: DuplicateId) -> Answer<'_, Option<PairRow>> {
        self.now(|c| read::pair::one(c, tenant, id))
    }

    fn pairs(
        &self,
        tenant: TenantId,
        decision: PairDecision,
        before: Option<DuplicateId>,
        limit: u32,
    ) -> Answer<'_, Vec<PairRow>> {
        self.aside(Some(tenant), move |c| read::pair::some(c, tenant, decision, before, limit))
    }

    fn pairs_of(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<PairRow>> {
        self.now(|c| read::pair::of(c, tenant, person))
    }

    fn evidence_before(&self, before: Time, limit: u32) -> Answer<'_, Vec<(TenantId, PersonId, SampleId)>> {
        self.aside(None, move |c| read::evidence_before(c, before, limit))
    }

    fn events(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<EventRow>> {
        self.aside(Some(tenant), move |c| read::events(c, tenant, person))
    }

    fn idempotency(&self, tenant: TenantId, key: [u8; 16], now: Time) -> Answer<'_, Option<IdempotencyRow>> {
        self.now(|c| read::idempotency(c, tenant, key, now))
    }

    fn sealed(&self, tenant: TenantId, key: [u8; 16]) -> Answer<'_, Option<SealedRow>> {
        self.now(|c| read::sealed(c, tenant, key))
    }

    fn token_by_hash(&self, hash: [u8; 32]) -> Answer<'_, Option<(TenantId, TokenRow)>> {
        self.now(|c| read::token_by_hash(c, hash))
    }

    fn token(&self, tenant: TenantId, id: TokenId) -> Answer<'_, Option<TokenRow>> {
        self.now(|c| read::token(c, tenant, id))
    }

    fn tokens(&self, tenant: TenantId) -> Answer<'_, Vec<TokenRow>> {
        self.aside(Some(tenant), move |c| read::tokens(c, tenant))
    }

    fn tenants(&self) -> Answer<'_, Vec<TenantRow>> {
        self.now(read::tenants)
    }

    fn add_tenant(&self, tenant: TenantRow) -> Answer<'_, bool> {
        Box::pin(self.writer.row(move |c| write::tenant::add(c, &tenant)))
    }

    fn lease(&self, work: &'static str, holder: [u8; 16], seconds: u32) -> Answer<'_, bool> {
        Box::pin(self.writer.row(move |c| write::lease::take(c, work, holder, seconds)))
    }

    fn marks(&self) -> Answer<'_, Vec<Mark>> {
        self.now(read::marks)
    }

    fn ready(&self) -> Answer<'_, ()> {
        let running = if self.writer.is_running() {
            Ok(())
        } else {
            Err(StoreError::Unavailable("the writer has stopped".into()))
        };
        Box::pin(ready(running.and_then(|()| self.readers.with(|c| c.query_row("SELECT 1", [], |_| Ok(()))))))
    }

    fn check(&self) -> Answer<'_, ()> {
        let found = self.aside(None, read::check);
        Box::pin(async move { found.await?.map_or(Ok(()), |fault| Err(StoreError::Damaged(fault))) })
    }
}
