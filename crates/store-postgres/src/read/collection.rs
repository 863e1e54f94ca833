//! Collections.

use ::store::CollectionRow;
use domain::{CollectionId, TenantId};

use super::{Result, key};
use crate::columns::{self, collection_columns};
use crate::connection::Scope;
use crate::ids::Id;
use crate::pool::Pool;
use crate::statement::statements;

statements! {
    ONE(UUID, UUID) =
        concat!("SELECT ", collection_columns!(), " FROM collections WHERE tenant = $1 AND id = $2");
    NAMED(UUID, UUID) =
        concat!("SELECT ", collection_columns!(), " FROM collections WHERE tenant = $1 AND name = $2");
    SOME(UUID, UUID, INT8) =
        concat!("SELECT ", collection_columns!(), " FROM collections WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3");
}

pub(crate) async fn one(pool: &Pool, tenant: TenantId, id: CollectionId) -> Result<Option<CollectionRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &ONE, &[&key(tenant), &Id(id.to_bytes())]).await?;
    rows.first().map(columns::collection).transpose()
}

pub(crate) async fn named(pool: &Pool, tenant: TenantId, name: [u8; 16]) -> Result<Option<CollectionRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &NAMED, &[&key(tenant), &Id(name)]).await?;
    rows.first().map(columns::collection).transpose()
}

pub(crate) async fn some(
    pool: &Pool,
    tenant: TenantId,
    after: Option<CollectionId>,
    limit: u32,
) -> Result<Vec<CollectionRow>> {
    let after = Id(after.map_or([0; 16], CollectionId::to_bytes));
    let rows = pool.rows(Scope::Tenant(tenant), &SOME, &[&key(tenant), &after, &i64::from(limit)]).await?;
    rows.iter().map(columns::collection).collect()
}
