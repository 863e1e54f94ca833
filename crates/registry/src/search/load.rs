//! Loading the galleries at the start. Any number of threads may take part.

use std::sync::atomic::Ordering;

use domain::{PersonId, TenantId};
use store::SearchRow;

use super::population::{Population, Progress};
use crate::error::Error;
use crate::registry::Registry;

/// Samples read in one go.
const PAGE: u32 = 2_000;

impl Registry {
    /// Takes part in loading the galleries of all tenants, until none is left to load. Without an engine there are
    /// none. Searches are refused until their gallery is loaded; everything else goes on.
    ///
    /// # Errors
    /// What the store says: call again.
    pub async fn load_galleries(&self) -> Result<(), Error> {
        if self.galleries.is_none() {
            return Ok(());
        }
        for tenant in self.store.tenants().await? {
            self.load_gallery(tenant.id).await?;
        }
        self.galleries()?.loaded.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Takes part in loading one gallery.
    pub(super) async fn load_gallery(&self, tenant: TenantId) -> Result<(), Error> {
        let population = self.galleries()?.of(tenant);
        while population.position().is_none() {
            let Some((page, mut reading)) = self.next_page(tenant, &population).await? else { return Ok(()) };
            let keys = self.keys.of(&*self.store, tenant).await?;
            page.into_iter().for_each(|row| population.put(&self.known(tenant, &keys, row)));
            reading.whole = true;
        }
        Ok(())
    }

    /// Reads the next page; `None` when there is none and others are at work on the last ones.
    async fn next_page<'a>(
        &self,
        tenant: TenantId,
        population: &'a Population,
    ) -> Result<Option<(Vec<SearchRow>, Reading<'a>)>, Error> {
        let turn = self.galleries()?.turn.acquire().await;
        if population.needs_position() {
            let position = self.store.sequence(tenant).await?;
            population.begin(position);
        }
        let Some(after) = population.next() else { return Ok(None) };
        let page = self.store.searchable(tenant, after, None, PAGE).await?;
        let reading = population.page_read(page.last().map(|row| row.person));
        drop(turn);
        Ok(Some((page, reading)))
    }
}

/// A page in the hands of a reader. One that is dropped before it is whole makes everything begin anew.
struct Reading<'a> {
    population: &'a Population,
    whole: bool,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.population.page_done(self.whole);
    }
}

impl Population {
    /// Whether loading has to be begun with a look at the store's position.
    fn needs_position(&self) -> bool {
        matches!(*self.progress(), Progress::Loading { begun: None, .. })
    }

    fn begin(&self, position: u64) {
        if let Progress::Loading { begun: begun @ None, .. } = &mut *self.progress() {
            *begun = Some(position);
        }
    }

    /// Where the next page begins, if there is one.
    #[expect(clippy::option_option, reason = "no page, or a page from the start")]
    fn next(&self) -> Option<Option<PersonId>> {
        match &*self.progress() {
            Progress::Loading { after, at_end: false, .. } => Some(*after),
            _ => None,
        }
    }

    fn page_read(&self, last: Option<PersonId>) -> Reading<'_> {
        if let Progress::Loading { after, at_end, readers, .. } = &mut *self.progress() {
            *readers += 1;
            match last {
                Some(last) => *after = Some(last),
                None => *at_end = true,
            }
        }
        Reading { population: self, whole: false }
    }

    /// A reader is done with its page.
    fn page_done(&self, whole: bool) {
        let mut progress = self.progress();
        let Progress::Loading { begun, after, at_end, readers } = &mut *progress else { return };
        *readers -= 1;
        if !whole {
            (*after, *at_end) = (None, false);
        } else if *at_end
            && *readers == 0
            && let Some(position) = *begun
        {
            *progress = Progress::Following(position);
        }
    }
}
