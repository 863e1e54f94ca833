//! Whether a gallery holds what the store holds.

use std::collections::HashSet;

use domain::TenantId;

use super::population::subject;
use crate::error::Error;
use crate::registry::Registry;

/// What a comparison of gallery and store found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GalleryCheck {
    /// Persons with an enrolled face.
    pub persons: usize,
    /// Their enrolled faces.
    pub faces: usize,
    /// Faces without a template of the model in force: they cannot be found until it is made.
    pub without_template: usize,
    /// Persons whose templates do not open, or whose faces the gallery does not hold as the store does.
    pub wrong: usize,
    /// Persons the gallery holds and the store does not.
    pub too_many: usize,
}

impl GalleryCheck {
    /// Whether gallery and store are equal.
    #[must_use]
    pub const fn is_equal(&self) -> bool {
        self.wrong == 0 && self.too_many == 0
    }
}

/// Faces read in one go.
const PAGE: u32 = 2_000;

impl Registry {
    /// Compares every tenant's gallery with the store, face by face; slow, and meant for a store at rest: what changes
    /// meanwhile counts as different.
    ///
    /// # Errors
    /// [`Error::GalleryLoading`], [`Error::FacesNotConfigured`], or what the store says.
    pub async fn check_galleries(&self) -> Result<GalleryCheck, Error> {
        let mut check = GalleryCheck::default();
        for tenant in self.store.tenants().await? {
            self.check_gallery(tenant.id, &mut check).await?;
        }
        Ok(check)
    }

    async fn check_gallery(&self, tenant: TenantId, check: &mut GalleryCheck) -> Result<(), Error> {
        let population = self.galleries()?.of(tenant);
        let now = self.store.sequence(tenant).await?;
        self.catch_up(tenant, &population, now).await?;
        let keys = self.keys.of(&*self.store, tenant).await?;
        let mut left: HashSet<u128> = population.gallery().subjects().into_iter().collect();
        let mut after = None;
        loop {
            let page = self.store.searchable(tenant, after, None, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.person);
            for row in page {
                check.persons += 1;
                check.faces += row.samples.len();
                let person = row.person;
                let Ok((templates, missing)) = self.templates(tenant, &keys, row.wrapped_key, row.samples)
                else {
                    check.wrong += 1;
                    continue;
                };
                check.without_template += missing;
                let mut expected: Vec<u64> = templates.iter().map(|(key, _)| *key).collect();
                let mut held =
                    population.gallery().held(subject(person)).map_or(Vec::new(), |(_, keys)| keys);
                expected.sort_unstable();
                held.sort_unstable();
                check.wrong += usize::from(held != expected);
                left.remove(&subject(person));
            }
        }
        check.too_many += left.len();
        Ok(())
    }
}
