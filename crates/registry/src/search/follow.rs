//! Following the store: a search sees every enrolment that was answered before it began.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::{CollectionId, TenantId};
use store::{SampleHead, SearchRow, Sequence};
use vault::{Key, TenantKeys};

use super::population::{Known, Population, sample_key};
use super::{Galleries, tag};
use crate::error::Error;
use crate::place;
use crate::registry::Registry;

/// Persons read in one go.
const PAGE: u32 = 1_000;

impl Registry {
    pub(crate) fn galleries(&self) -> Result<&Galleries, Error> {
        self.galleries.as_ref().ok_or(Error::FacesNotConfigured)
    }

    /// A tenant's gallery with everything in it that was committed up to now.
    ///
    /// # Errors
    /// [`Error::GalleryLoading`] until it has been loaded.
    pub(crate) async fn fresh(&self, tenant: TenantId) -> Result<Arc<Population>, Error> {
        let galleries = self.galleries()?;
        let population = galleries.of(tenant);
        // A tenant that was made after the start: there is next to nothing to load.
        if population.position().is_none() && galleries.loaded.load(Ordering::Relaxed) {
            self.load_gallery(tenant).await?;
        }
        let now = self.store.sequence(tenant).await?;
        self.catch_up(tenant, &population, now).await?;
        Ok(population)
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
            let mut known: Vec<Known> = gone
                .map(|person| Known { person, tag: 0, collections: Vec::new(), samples: Vec::new() })
                .collect();
            known.extend(changes.present.into_iter().map(|row| self.known(tenant, &keys, row)));
            population.advance(from, &known, changes.up_to);
        }
    }

    /// Opens what a search must know of a person. Someone whose record does not open cannot be found: that is logged,
    /// and keeps nobody else from being found.
    pub(super) fn known(&self, tenant: TenantId, keys: &TenantKeys, row: SearchRow) -> Known {
        let person = row.person;
        let samples = self.templates(tenant, keys, row.wrapped_key, row.samples).unwrap_or_else(|error| {
            tracing::error!(%person, %error, "a template does not open: this person cannot be found by face");
            Vec::new()
        });
        Known {
            person,
            tag: tag::tag(row.status, row.expires_at),
            collections: row.collections.into_iter().map(collection_key).collect(),
            samples,
        }
    }

    /// The templates of the model in force.
    pub(super) fn templates(
        &self,
        tenant: TenantId,
        keys: &TenantKeys,
        wrapped_key: Vec<u8>,
        samples: Vec<SampleHead>,
    ) -> Result<Vec<(u64, Vec<f32>)>, Error> {
        let Some(person) = samples.first().map(|s| s.person) else { return Ok(Vec::new()) };
        let key = keys.wrapping().unwrap_key(&place::person_key(tenant, person), wrapped_key)?;
        let mut templates = Vec::with_capacity(samples.len());
        for sample in samples {
            let id = sample.id;
            if let Some(template) = self.template(tenant, &key, sample)? {
                templates.push((sample_key(id), template.values().to_vec()));
            }
        }
        Ok(templates)
    }

    /// A sample's template of the model in force, if it has one.
    pub(crate) fn template(
        &self,
        tenant: TenantId,
        key: &Key,
        sample: SampleHead,
    ) -> Result<Option<engine::face::Template>, Error> {
        let (person, id) = (sample.person, sample.id);
        let model = &*self.faces()?.ids().embedder;
        let (place, sealed) = match (sample.template, sample.remade) {
            (Some(sealed), _) if sample.model == model => (place::template(tenant, person, id), sealed),
            (_, Some((remade, sealed))) if remade == model => {
                (place::remade(tenant, person, id, &remade), sealed)
            }
            _ => return Ok(None),
        };
        let bytes = key.open(&place, sealed)?;
        let template = engine::face::Template::from_bytes(&bytes);
        template.map(Some).ok_or_else(|| Error::Fault("a template is damaged".into()))
    }
}

/// The key of a collection in a gallery.
pub(crate) const fn collection_key(collection: CollectionId) -> u128 {
    u128::from_be_bytes(collection.to_bytes())
}
