//! Whether a gallery holds what the store holds.

use std::collections::HashSet;

use domain::{PersonId, TenantId};

use super::population::subject;
use crate::error::Error;
use crate::registry::Registry;

/// What a comparison of gallery and store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GalleryCheck {
    /// Persons with an enrolled face or fingerprint.
    pub persons: usize,
    /// Their enrolled faces.
    pub faces: usize,
    /// Their enrolled fingerprints.
    pub fingerprints: usize,
    /// Faces and fingerprints without a template of the model in force: they cannot be found until it is made.
    pub without_template: usize,
    /// Faces that were enrolled by an earlier rule and that the models in force do not know: nobody finds them, and somebody should
    /// ask for another picture.
    pub unknown: Vec<PersonId>,
    /// Persons whose templates do not open, or whose samples the gallery does not hold as the store does.
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

/// Whether two lists hold the same keys.
fn same(mut a: Vec<u64>, mut b: Vec<u64>) -> bool {
    a.sort_unstable();
    b.sort_unstable();
    a == b
}

/// Samples read in one go.
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
        left.extend(population.fingers().subjects());
        let mut after = None;
        loop {
            let page = self.store.searchable(tenant, after, None, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.person);
            for row in page {
                check.persons += 1;
                let faces = row.samples.iter().filter(|s| s.is_enrolled_face()).count();
                check.faces += faces;
                check.fingerprints += row.samples.len() - faces;
                let person = row.person;
                let Ok(found) = self.comparable(tenant, &keys, row.wrapped_key, row.samples) else {
                    check.wrong += 1;
                    continue;
                };
                check.unknown.extend((found.unknown > 0).then_some(person));
                check.without_template += found.missing + found.missing_prints;
                let faces = found.faces.iter().map(|(key, _)| *key).collect();
                let prints = found.prints.iter().map(|print| print.key).collect();
                let held_faces =
                    population.gallery().held(subject(person)).map_or(Vec::new(), |(_, keys)| keys);
                let held_prints = population.fingers().held(subject(person)).unwrap_or_default();
                let equal = same(faces, held_faces) && same(prints, held_prints);
                check.wrong += usize::from(!equal);
                left.remove(&subject(person));
            }
        }
        check.too_many += left.len();
        Ok(())
    }
}
