//! Pairs of persons who may be one.

use ::store::{PairDecision, PairRow};
use domain::{DuplicateId, PersonId, TenantId};

use super::{Result, key};
use crate::columns::{self, pair_columns};
use crate::connection::Scope;
use crate::ids::Id;
use crate::pool::Pool;
use crate::statement::statements;

statements! {
    ONE(UUID, UUID) = concat!("SELECT ", pair_columns!(), " FROM duplicates WHERE tenant = $1 AND id = $2");
    SOME(UUID, INT2, UUID, INT8) = concat!(
        "SELECT ", pair_columns!(),
        " FROM duplicates WHERE tenant = $1 AND decision = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
    );
    OF(UUID, UUID) = concat!(
        "SELECT ", pair_columns!(), " FROM duplicates WHERE tenant = $1 AND first = $2
         UNION ALL SELECT ", pair_columns!(), " FROM duplicates WHERE tenant = $1 AND second = $2"
    );
}

pub(crate) async fn one(pool: &Pool, tenant: TenantId, id: DuplicateId) -> Result<Option<PairRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &ONE, &[&key(tenant), &Id(id.to_bytes())]).await?;
    rows.first().map(columns::pair).transpose()
}

pub(crate) async fn some(
    pool: &Pool,
    tenant: TenantId,
    decision: PairDecision,
    before: Option<DuplicateId>,
    limit: u32,
) -> Result<Vec<PairRow>> {
    let before = Id(before.map_or([0xff; 16], DuplicateId::to_bytes));
    let (decision, limit) = (i16::from(decision as u8), i64::from(limit));
    let rows = pool.rows(Scope::Tenant(tenant), &SOME, &[&key(tenant), &decision, &before, &limit]).await?;
    rows.iter().map(columns::pair).collect()
}

pub(crate) async fn of(pool: &Pool, tenant: TenantId, person: PersonId) -> Result<Vec<PairRow>> {
    let rows = pool.rows(Scope::Tenant(tenant), &OF, &[&key(tenant), &Id(person.to_bytes())]).await?;
    rows.iter().map(columns::pair).collect()
}
