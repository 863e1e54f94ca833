//! A store that notes what it is asked to commit.

use std::sync::{Mutex, PoisonError};

use domain::{CollectionId, DuplicateId, PersonId, SampleId, TenantId, Time, TokenId};
use store::{
    Answer, Changes, CollectionRow, CommitError, Committed, EventRow, IdempotencyRow, ListQuery, Mark, Page,
    PairDecision, PairRow, PersonRow, SampleHead, SealedRow, SearchChanges, SearchRow, Sequence, Store,
    TenantRow, TokenRow,
};
use store_sqlite::SqliteStore;

/// The embedded store, with a list of all commits.
pub struct Recording {
    store: SqliteStore,
    commits: Mutex<Vec<Changes>>,
}

impl Recording {
    /// Over `store`.
    #[must_use]
    pub fn new(store: SqliteStore) -> Self {
        Self { store, commits: Mutex::default() }
    }

    /// The commits so far that write persons; they are forgotten.
    pub fn take(&self) -> Vec<Changes> {
        let mut commits = std::mem::take(&mut *self.commits.lock().unwrap_or_else(PoisonError::into_inner));
        commits.retain(|c| !c.persons.is_empty());
        commits
    }
}

impl Store for Recording {
    fn commit(&self, tenant: TenantId, changes: Changes) -> Answer<'_, Committed, CommitError> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner).push(changes.clone());
        self.store.commit(tenant, changes)
    }

    fn person(&self, tenant: TenantId, id: PersonId) -> Answer<'_, Option<PersonRow>> {
        self.store.person(tenant, id)
    }

    fn persons(&self, tenant: TenantId, query: ListQuery) -> Answer<'_, Page> {
        self.store.persons(tenant, query)
    }

    fn samples(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<SampleHead>> {
        self.store.samples(tenant, person)
    }

    fn sample_image(
        &self,
        tenant: TenantId,
        person: PersonId,
        sample: SampleId,
    ) -> Answer<'_, Option<Vec<u8>>> {
        self.store.sample_image(tenant, person, sample)
    }

    fn sequence(&self, tenant: TenantId) -> Answer<'_, Sequence> {
        self.store.sequence(tenant)
    }

    fn search_changes(
        &self,
        tenant: TenantId,
        after: Sequence,
        limit: u32,
    ) -> Answer<'_, Option<SearchChanges>> {
        self.store.search_changes(tenant, after, limit)
    }

    fn searchable(
        &self,
        tenant: TenantId,
        after: Option<PersonId>,
        before: Option<PersonId>,
        limit: u32,
    ) -> Answer<'_, Vec<SearchRow>> {
        self.store.searchable(tenant, after, before, limit)
    }

    fn collection(&self, tenant: TenantId, id: CollectionId) -> Answer<'_, Option<CollectionRow>> {
        self.store.collection(tenant, id)
    }

    fn collection_named(&self, tenant: TenantId, name: [u8; 16]) -> Answer<'_, Option<CollectionRow>> {
        self.store.collection_named(tenant, name)
    }

    fn collections(
        &self,
        tenant: TenantId,
        after: Option<CollectionId>,
        limit: u32,
    ) -> Answer<'_, Vec<CollectionRow>> {
        self.store.collections(tenant, after, limit)
    }

    fn pair(&self, tenant: TenantId, id: DuplicateId) -> Answer<'_, Option<PairRow>> {
        self.store.pair(tenant, id)
    }

    fn pairs(
        &self,
        tenant: TenantId,
        decision: PairDecision,
        before: Option<DuplicateId>,
        limit: u32,
    ) -> Answer<'_, Vec<PairRow>> {
        self.store.pairs(tenant, decision, before, limit)
    }

    fn pairs_of(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<PairRow>> {
        self.store.pairs_of(tenant, person)
    }

    fn evidence_before(&self, before: Time, limit: u32) -> Answer<'_, Vec<(TenantId, PersonId, SampleId)>> {
        self.store.evidence_before(before, limit)
    }

    fn events(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<EventRow>> {
        self.store.events(tenant, person)
    }

    fn idempotency(&self, tenant: TenantId, key: [u8; 16], now: Time) -> Answer<'_, Option<IdempotencyRow>> {
        self.store.idempotency(tenant, key, now)
    }

    fn token_by_hash(&self, hash: [u8; 32]) -> Answer<'_, Option<(TenantId, TokenRow)>> {
        self.store.token_by_hash(hash)
    }

    fn token(&self, tenant: TenantId, id: TokenId) -> Answer<'_, Option<TokenRow>> {
        self.store.token(tenant, id)
    }

    fn tokens(&self, tenant: TenantId) -> Answer<'_, Vec<TokenRow>> {
        self.store.tokens(tenant)
    }

    fn tenants(&self) -> Answer<'_, Vec<TenantRow>> {
        self.store.tenants()
    }

    fn add_tenant(&self, tenant: TenantRow) -> Answer<'_, bool> {
        self.store.add_tenant(tenant)
    }

    fn lease(&self, work: &'static str, holder: [u8; 16], seconds: u32) -> Answer<'_, bool> {
        self.store.lease(work, holder, seconds)
    }

    fn sealed(&self, tenant: TenantId, key: [u8; 16]) -> Answer<'_, Option<SealedRow>> {
        self.store.sealed(tenant, key)
    }

    fn marks(&self) -> Answer<'_, Vec<Mark>> {
        self.store.marks()
    }

    fn ready(&self) -> Answer<'_, ()> {
        self.store.ready()
    }

    fn check(&self) -> Answer<'_, ()> {
        self.store.check()
    }
}
