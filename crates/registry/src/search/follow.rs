//! Following the store: a search sees every enrolment that was answered before it began.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::{CollectionId, TenantId};
use engine::face::Template;
use minutiae::Subject;
use minutiae::gallery::Print;
use store::{SampleHead, SampleKind, SearchRow, Sequence};
use vault::TenantKeys;

use super::population::{Known, Modalities, Population, sample_key};
use super::{Galleries, tag};
use crate::error::Error;
use crate::place;
use crate::records::PrintRecord;
use crate::registry::Registry;
use crate::remake::{Held, HeldPrint};

/// Keys and templates of one person.
pub(super) type Templates = Vec<(u64, Template)>;

/// All that searches compare with, of one person.
#[derive(Default)]
pub(super) struct Comparable {
    /// Enrolled faces of which no template can be made.
    pub(super) unknown: usize,
    pub(super) faces: Templates,
    pub(super) missing: usize,
    pub(super) prints: Vec<Print>,
    pub(super) missing_prints: usize,
}

/// Persons read in one go.
const PAGE: u32 = 1_000;

impl Registry {
    pub(crate) fn galleries(&self) -> Result<&Galleries, Error> {
        // Whoever asks has asked for an engine before.
        self.galleries.as_deref().ok_or(Error::FacesNotConfigured)
    }

    /// A tenant's gallery with everything in it that was committed up to now.
    ///
    /// # Errors
    /// [`Error::GalleryLoading`] until it has been loaded.
    pub(crate) async fn fresh(&self, tenant: TenantId, about: Modalities) -> Result<Arc<Population>, Error> {
        let galleries = self.galleries()?;
        let population = galleries.of(tenant);
        // A tenant that was made after the start: there is next to nothing to load.
        if population.position().is_none() && galleries.loaded.load(Ordering::Relaxed) {
            self.load_gallery(tenant).await?;
        }
        self.keep_up(tenant, &population).await?;
        // A search that cannot find everybody would call somebody a stranger who is not.
        if population.lacks_templates(about) {
            return Err(Error::GalleryLoading);
        }
        Ok(population)
    }

    /// Brings a gallery to where the store is. A store that is behind what was read of it has lost commits, or was changed by hand:
    /// the gallery is loaded anew.
    async fn keep_up(&self, tenant: TenantId, population: &Population) -> Result<(), Error> {
        // In this order: others may bring the gallery on in between.
        let held = population.position();
        let now = self.store.sequence(tenant).await?;
        if let Some(held) = held.filter(|held| *held > now) {
            self.note_damage(tenant, "sequence", "the store went back: its gallery is loaded anew");
            population.reset(held);
            return Err(Error::GalleryLoading);
        }
        self.catch_up(tenant, population, now).await
    }

    /// Brings a gallery to a position at least.
    pub(crate) async fn catch_up(
        &self,
        tenant: TenantId,
        population: &Population,
        target: Sequence,
    ) -> Result<(), Error> {
        loop {
            let from = population.position().ok_or(Error::GalleryLoading)?;
            if from >= target {
                return Ok(());
            }
            let Some(changes) = self.store.search_changes(tenant, from, PAGE).await? else {
                tracing::warn!(%tenant, "the gallery lags too far behind and is loaded anew");
                population.reset(from);
                return Err(Error::GalleryLoading);
            };
            let keys = self.keys.of(&*self.store, tenant).await?;
            let gone = changes.absent.into_iter();
            let mut known: Vec<Known> = gone.map(Known::gone).collect();
            known.extend(changes.present.into_iter().map(|row| self.known(tenant, &keys, row)));
            population.advance(from, &known, changes.up_to);
        }
    }

    /// Brings every gallery up to the store's position, so that no search has to, and makes templates that turn out to be
    /// missing: of somebody whom a process with other models has enrolled.
    ///
    /// # Errors
    /// What the store or the engine says.
    pub async fn follow(&self) -> Result<(), Error> {
        let Some(galleries) = &self.galleries else { return Ok(()) };
        for tenant in self.store.tenants().await? {
            let population = galleries.of(tenant.id);
            if population.position().is_none() {
                self.load_gallery(tenant.id).await?;
            }
            self.keep_up(tenant.id, &population).await?;
            if population.lacks_templates(Modalities { face: true, finger: true }) {
                self.remake_of(tenant.id).await?;
            }
        }
        Ok(())
    }

    /// Opens what a search must know of a person. Someone whose record does not open cannot be found: that is logged,
    /// and keeps nobody else from being found.
    pub(super) fn known(&self, tenant: TenantId, keys: &TenantKeys, row: SearchRow) -> Known {
        let person = row.person;
        let found = self.comparable(tenant, keys, row.wrapped_key, row.samples).unwrap_or_else(|error| {
            self.note_damage(
                tenant,
                person,
                &format!("a template does not open, so nobody finds this person: {error}"),
            );
            Comparable::default()
        });
        Known {
            person,
            tag: tag::tag(row.status, row.expires_at),
            collections: row.collections.into_iter().map(collection_key).collect(),
            samples: found.faces,
            missing: found.missing,
            prints: found.prints,
            missing_prints: found.missing_prints,
        }
    }

    /// The templates of the models in force, and how many are still to be made.
    pub(super) fn comparable(
        &self,
        tenant: TenantId,
        keys: &TenantKeys,
        wrapped_key: Vec<u8>,
        samples: Vec<SampleHead>,
    ) -> Result<Comparable, Error> {
        let mut found = Comparable::default();
        let Some(person) = samples.first().map(|s| s.person) else { return Ok(found) };
        let key = keys.wrapping().unwrap_key(&place::person_key(tenant, person), wrapped_key)?;
        for sample in samples {
            let id = sample_key(sample.id);
            match sample.kind {
                SampleKind::Face if self.faces.is_some() => match self.held(tenant, &key, &sample)? {
                    Held::Template(template) => found.faces.push((id, template)),
                    Held::Nothing => found.unknown += 1,
                    Held::NotYet(_) => found.missing += 1,
                },
                SampleKind::Fingerprint if self.fingers.is_some() => {
                    match self.held_print(tenant, &key, &sample)? {
                        HeldPrint::Record(record, foreign) => {
                            found.prints.extend(print(id, &record, foreign));
                        }
                        HeldPrint::NotYet(_) => found.missing_prints += 1,
                    }
                }
                SampleKind::Face | SampleKind::Fingerprint => {}
            }
        }
        Ok(found)
    }
}

/// A fingerprint as the gallery takes it; none without a template.
fn print(key: u64, record: &PrintRecord, foreign: bool) -> Option<Print> {
    let subject = Arc::new(Subject::new(record.template.as_ref()?));
    Some(Print { key, position: record.position, foreign, subject })
}

/// The key of a collection in a gallery.
pub(crate) const fn collection_key(collection: CollectionId) -> u128 {
    u128::from_be_bytes(collection.to_bytes())
}
