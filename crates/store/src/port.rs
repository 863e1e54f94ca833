//! The port: what a backend offers. The tenant is an argument of everything that concerns a person.

use std::future::Future;
use std::pin::Pin;

use domain::{PersonId, SampleId, TenantId, Time, TokenId};

use crate::changes::{Changes, Committed};
use crate::error::{CommitError, StoreError};
use crate::query::{ListQuery, Page};
use crate::rows::{EventRow, IdempotencyRow, PersonRow, SampleHead, TenantRow, TokenRow};

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

    /// Samples kept as evidence that were taken in before a moment, of whatever tenant, oldest first.
    fn evidence_before(&self, before: Time, limit: u32) -> Answer<'_, Vec<(TenantId, PersonId, SampleId)>>;

    /// The history of a person, oldest first.
    fn events(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<EventRow>>;

    /// The answer kept under an idempotency key, unless it is forgotten at `now`.
    fn idempotency(&self, tenant: TenantId, key: [u8; 16], now: Time) -> Answer<'_, Option<IdempotencyRow>>;

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

    /// The latest moment any commit was decided at: the clock never reads earlier.
    fn high_water(&self) -> Answer<'_, Time>;

    /// Whether a write would be taken now.
    fn ready(&self) -> Answer<'_, ()>;

    /// Checks the structure of the whole store; slow.
    fn check(&self) -> Answer<'_, ()>;
}
