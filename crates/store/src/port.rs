//! The port: what a backend offers. The tenant is an argument of everything that concerns a person.

use std::future::Future;
use std::pin::Pin;

use domain::{CollectionId, DuplicateId, PersonId, SampleId, TenantId, Time, TokenId};

use crate::changes::{Changes, Committed};
use crate::error::{CommitError, StoreError};
use crate::query::{ListQuery, Page};
use crate::rows::{
    CollectionRow, EventRow, IdempotencyRow, Mark, PairDecision, PairRow, PersonRow, SampleHead, SealedRow,
    SearchChanges, SearchRow, Sequence, TenantRow, TokenRow,
};

/// A future that any thread may drive.
pub type Answer<'a, T, E = StoreError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// A backend. All methods may be called from any number of tasks at once; a read sees every commit that was
/// answered before it began.
pub trait Store: Send + Sync {
    /// Applies all of `changes` or nothing, and answers once that would survive a power cut.
    fn commit(&self, tenant: TenantId, changes: Changes) -> Answer<'_, Committed, CommitError>;

    /// A person, if the tenant has it.
    fn person(&self, tenant: TenantId, id: PersonId) -> Answer<'_, Option<PersonRow>>;

    /// A page of persons.
    fn persons(&self, tenant: TenantId, query: ListQuery) -> Answer<'_, Page>;

    /// The samples of a person, oldest first, without images.
    fn samples(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<SampleHead>>;

    /// The sealed image of a sample.
    fn sample_image(
        &self,
        tenant: TenantId,
        person: PersonId,
        sample: SampleId,
    ) -> Answer<'_, Option<Vec<u8>>>;

    /// The last commit of a tenant.
    fn sequence(&self, tenant: TenantId) -> Answer<'_, Sequence>;

    /// What may matter to a search and was committed after a position, at most `limit` persons, oldest change first;
    /// `None` when that is not known any more and everything must be loaded anew.
    fn search_changes(
        &self,
        tenant: TenantId,
        after: Sequence,
        limit: u32,
    ) -> Answer<'_, Option<SearchChanges>>;

    /// Persons with an enrolled face or fingerprint, in the order of their identifiers, from the first after `after` on and before
    /// `before`; about `limit` samples, and none only at the end.
    fn searchable(
        &self,
        tenant: TenantId,
        after: Option<PersonId>,
        before: Option<PersonId>,
        limit: u32,
    ) -> Answer<'_, Vec<SearchRow>>;

    /// A collection.
    fn collection(&self, tenant: TenantId, id: CollectionId) -> Answer<'_, Option<CollectionRow>>;

    /// The collection with this hash of a name.
    fn collection_named(&self, tenant: TenantId, name: [u8; 16]) -> Answer<'_, Option<CollectionRow>>;

    /// Collections of a tenant, oldest first, from the first after `after` on.
    fn collections(
        &self,
        tenant: TenantId,
        after: Option<CollectionId>,
        limit: u32,
    ) -> Answer<'_, Vec<CollectionRow>>;

    /// A pair of persons who may be one.
    fn pair(&self, tenant: TenantId, id: DuplicateId) -> Answer<'_, Option<PairRow>>;

    /// Pairs with this decision, newest first, from the first before `before` on.
    fn pairs(
        &self,
        tenant: TenantId,
        decision: PairDecision,
        before: Option<DuplicateId>,
        limit: u32,
    ) -> Answer<'_, Vec<PairRow>>;

    /// All pairs a person is in.
    fn pairs_of(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<PairRow>>;

    /// Samples kept as evidence that were taken in before a moment, of whatever tenant, oldest first.
    fn evidence_before(&self, before: Time, limit: u32) -> Answer<'_, Vec<(TenantId, PersonId, SampleId)>>;

    /// The history of a person, oldest first.
    fn events(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<EventRow>>;

    /// The answer kept under an idempotency key, unless it is forgotten at `now`.
    fn idempotency(&self, tenant: TenantId, key: [u8; 16], now: Time) -> Answer<'_, Option<IdempotencyRow>>;

    /// The sealed record with this name, whether or not it may be forgotten.
    fn sealed(&self, tenant: TenantId, key: [u8; 16]) -> Answer<'_, Option<SealedRow>>;

    /// The token with this hash, of whatever tenant: how a request finds its tenant.
    fn token_by_hash(&self, hash: [u8; 32]) -> Answer<'_, Option<(TenantId, TokenRow)>>;

    /// A token of a tenant.
    fn token(&self, tenant: TenantId, id: TokenId) -> Answer<'_, Option<TokenRow>>;

    /// All tokens of a tenant, oldest first.
    fn tokens(&self, tenant: TenantId) -> Answer<'_, Vec<TokenRow>>;

    /// All tenants, oldest first.
    fn tenants(&self) -> Answer<'_, Vec<TenantRow>>;

    /// Adds a tenant; answers `false` if one with this identifier exists.
    fn add_tenant(&self, tenant: TenantRow) -> Answer<'_, bool>;

    /// Takes or keeps a piece of work that one process does for all, for so many seconds; `false` while another has it.
    fn lease(&self, work: &'static str, holder: [u8; 16], seconds: u32) -> Answer<'_, bool>;

    /// Removes what broken commits have left behind, and answers how many pieces; slow.
    fn tidy(&self) -> Answer<'_, usize> {
        Box::pin(std::future::ready(Ok(0)))
    }

    /// Waits until another process has committed something, where the backend can tell; else for ever. It may miss
    /// something: whoever waits looks from time to time all the same.
    fn news(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    /// The latest moments of all tenants' commits.
    fn marks(&self) -> Answer<'_, Vec<Mark>>;

    /// Whether a write would be taken now.
    fn ready(&self) -> Answer<'_, ()>;

    /// Checks the structure of the whole store; slow.
    fn check(&self) -> Answer<'_, ()>;
}
