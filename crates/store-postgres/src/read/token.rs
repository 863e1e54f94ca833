//! Tokens.

use ::store::TokenRow;
use domain::{TenantId, TokenId};

use super::{Result, key};
use crate::columns::{self, id, token_columns};
use crate::connection::Scope;
use crate::ids::Id;
use crate::pool::Pool;
use crate::statement::statements;

statements! {
    BY_HASH(BYTEA) = concat!("SELECT ", token_columns!(), ", tenant FROM tokens WHERE hash = $1");
    ONE(UUID, UUID) = concat!("SELECT ", token_columns!(), " FROM tokens WHERE tenant = $1 AND id = $2");
    ALL(UUID) = concat!("SELECT ", token_columns!(), " FROM tokens WHERE tenant = $1 ORDER BY id");
}

pub(crate) async fn by_hash(pool: &Pool, hash: [u8; 32]) -> Result<Option<(TenantId, TokenRow)>> {
    let rows = pool.rows(Scope::All, &BY_HASH, &[&hash.as_slice()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some((TenantId::from_bytes(id(row, 7)?), columns::token(row)?)))
}

pub(crate) async fn one(pool: &Pool, tenant: TenantId, id: TokenId) -> Result<Option<TokenRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &ONE, &[&key(tenant), &Id(id.to_bytes())]).await?;
    rows.first().map(columns::token).transpose()
}

pub(crate) async fn all(pool: &Pool, tenant: TenantId) -> Result<Vec<TokenRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &ALL, &[&key(tenant)]).await?;
    rows.iter().map(columns::token).collect()
}
