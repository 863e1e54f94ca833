//! Walking along all persons of a tenant, for work that waits for no request.

use domain::TenantId;
use store::{ListQuery, PersonRow, Sort};

use crate::error::Error;
use crate::list::cursor;
use crate::registry::Registry;

/// Persons read in one go.
const PAGE: u32 = 500;

/// A walk, oldest first.
pub(crate) struct Everybody<'a> {
    registry: &'a Registry,
    tenant: TenantId,
    /// Where to go on; none at the end.
    query: Option<ListQuery>,
}

impl<'a> Everybody<'a> {
    pub(crate) fn of(registry: &'a Registry, tenant: TenantId) -> Self {
        let query = Some(ListQuery::all(registry.now(), Sort::CreatedAt, PAGE));
        Self { registry, tenant, query }
    }

    /// The next rows; none when all were met.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<PersonRow>>, Error> {
        let Some(mut query) = self.query.take() else { return Ok(None) };
        let page = self.registry.store.persons(self.tenant, query.clone()).await?;
        query.after = page.rows.last().map(cursor);
        self.query = page.more.then_some(query);
        Ok(Some(page.rows))
    }
}
