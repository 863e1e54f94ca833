//! A store whose commits a test holds up: what happens meanwhile is the test's to decide, and no clock's.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use domain::{CollectionId, DuplicateId, PersonId, SampleId, TenantId, Time, TokenId};
use store::{
    Answer, Changes, CollectionRow, CommitError, Committed, EventRow, IdempotencyRow, ListQuery, Mark, Page,
    PairDecision, PairRow, PersonRow, SampleHead, SealedRow, SearchChanges, SearchRow, Sequence, Store,
    TenantRow, TokenRow,
};
use tokio::sync::Semaphore;

/// A gate before the store; open until a test closes it.
#[derive(Clone)]
pub struct Gate(Arc<State>);

struct State {
    /// How many commits of enrolments are still to be held.
    to_hold: Semaphore,
    /// One for each that stands before the gate.
    held: Semaphore,
    /// One for each that may go on.
    go: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        let closed = || Semaphore::new(0);
        Self(Arc::new(State { to_hold: closed(), held: closed(), go: closed() }))
    }
}

impl Gate {
    /// Holds the next commit of an enrolment: after it was compared with the others, before anybody can find it.
    pub fn hold_next(&self) {
        self.0.to_hold.add_permits(1);
    }

    /// Waits until one stands before the gate.
    ///
    /// # Panics
    /// Never: the gate is not taken down.
    pub async fn held(&self) {
        self.0.held.acquire().await.expect("a gate").forget();
    }

    /// Lets the one that is held go on.
    pub fn open(&self) {
        self.0.go.add_permits(1);
    }

    async fn pass(&self, changes: &Changes) {
        let is_enrolment = changes.searched_up_to.is_some();
        if is_enrolment && let Ok(permit) = self.0.to_hold.try_acquire() {
            permit.forget();
            self.0.held.add_permits(1);
            self.0.go.acquire().await.expect("a gate").forget();
        }
    }

    /// A store behind this gate.
    pub(crate) fn before(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Gated { gate: self.clone(), store })
    }
}

struct Gated {
    gate: Gate,
    store: Arc<dyn Store>,
}

macro_rules! passed_on {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)+) => {
        $(fn $name(&self, $($argument: $kind),*) -> $answer {
            self.store.$name($($argument),*)
        })+
    };
}

impl Store for Gated {
    fn commit(&self, tenant: TenantId, changes: Changes) -> Answer<'_, Committed, CommitError> {
        Box::pin(async move {
            self.gate.pass(&changes).await;
            self.store.commit(tenant, changes).await
        })
    }

    passed_on! {
        person(tenant: TenantId, id: PersonId) -> Answer<'_, Option<PersonRow>>;
        persons(tenant: TenantId, query: ListQuery) -> Answer<'_, Page>;
        samples(tenant: TenantId, person: PersonId) -> Answer<'_, Vec<SampleHead>>;
        sample_image(tenant: TenantId, person: PersonId, sample: SampleId) -> Answer<'_, Option<Vec<u8>>>;
        sequence(tenant: TenantId) -> Answer<'_, Sequence>;
        search_changes(tenant: TenantId, after: Sequence, limit: u32) -> Answer<'_, Option<SearchChanges>>;
        searchable(tenant: TenantId, after: Option<PersonId>, before: Option<PersonId>, limit: u32)
            -> Answer<'_, Vec<SearchRow>>;
        collection(tenant: TenantId, id: CollectionId) -> Answer<'_, Option<CollectionRow>>;
        collection_named(tenant: TenantId, name: [u8; 16]) -> Answer<'_, Option<CollectionRow>>;
        collections(tenant: TenantId, after: Option<CollectionId>, limit: u32) -> Answer<'_, Vec<CollectionRow>>;
        pair(tenant: TenantId, id: DuplicateId) -> Answer<'_, Option<PairRow>>;
        pairs(tenant: TenantId, decision: PairDecision, before: Option<DuplicateId>, limit: u32)
            -> Answer<'_, Vec<PairRow>>;
        pairs_of(tenant: TenantId, person: PersonId) -> Answer<'_, Vec<PairRow>>;
        evidence_before(before: Time, limit: u32) -> Answer<'_, Vec<(TenantId, PersonId, SampleId)>>;
        events(tenant: TenantId, person: PersonId) -> Answer<'_, Vec<EventRow>>;
        idempotency(tenant: TenantId, key: [u8; 16], now: Time) -> Answer<'_, Option<IdempotencyRow>>;
        sealed(tenant: TenantId, key: [u8; 16]) -> Answer<'_, Option<SealedRow>>;
        token_by_hash(hash: [u8; 32]) -> Answer<'_, Option<(TenantId, TokenRow)>>;
        token(tenant: TenantId, id: TokenId) -> Answer<'_, Option<TokenRow>>;
        tokens(tenant: TenantId) -> Answer<'_, Vec<TokenRow>>;
        tenants() -> Answer<'_, Vec<TenantRow>>;
        add_tenant(tenant: TenantRow) -> Answer<'_, bool>;
        lease(work: &'static str, holder: [u8; 16], seconds: u32) -> Answer<'_, bool>;
        tidy() -> Answer<'_, usize>;
        news() -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
        marks() -> Answer<'_, Vec<Mark>>;
        ready() -> Answer<'_, ()>;
        check() -> Answer<'_, ()>;
    }
}
