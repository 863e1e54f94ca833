//! Templates of the model in force, made again from stored images: after the embedder was changed.

use domain::{PersonId, SampleId, TenantId};
use engine::face::{FaceError, Template, Want};
use store::{Changes, Remade, SampleHead, SearchRow};
use vault::{Key, TenantKeys};

use crate::error::Error;
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;

/// Faces read in one go.
const PAGE: u32 = 200;

/// What a sample holds for the model in force.
pub(crate) enum Held {
    /// Its template.
    Template(Template),
    /// Nothing, and nothing can be made of its image.
    Nothing,
    /// Nothing yet.
    NotYet,
}

impl Registry {
    /// Opens a sample's template of the model in force.
    pub(crate) fn held(&self, tenant: TenantId, key: &Key, sample: SampleHead) -> Result<Held, Error> {
        let (person, id) = (sample.person, sample.id);
        let model = &*self.faces()?.ids().embedder;
        let (place, sealed) = match (sample.template, sample.remade) {
            (Some(sealed), _) if sample.model == model => (place::template(tenant, person, id), sealed),
            (_, Some((remade, sealed))) if remade == model => {
                (place::remade(tenant, person, id, &remade), sealed)
            }
            _ => return Ok(Held::NotYet),
        };
        let bytes = key.open(&place, sealed)?;
        if bytes.is_empty() {
            return Ok(Held::Nothing);
        }
        let template = Template::from_bytes(&bytes);
        template.map(Held::Template).ok_or_else(|| Error::Fault("a template is damaged".into()))
    }

    /// Makes the template of a stored image again, and keeps it; `None` when nothing can be made of it.
    pub(crate) async fn remake(
        &self,
        tenant: TenantId,
        key: &Key,
        (person, sample): (PersonId, SampleId),
    ) -> Result<Option<Template>, Error> {
        let image = self.store.sample_image(tenant, person, sample).await?;
        let template = match image.map(|image| key.open(&place::image(tenant, person, sample), image)) {
            Some(Ok(image)) => self.template_at_any_quality(image).await?,
            missing => {
                let damaged = missing.is_some();
                tracing::error!(%person, %sample, damaged, "an enrolled face has no image to make a template of");
                None
            }
        };
        let model = self.faces()?.ids().embedder.to_string();
        let plain = template.as_ref().map(Template::to_bytes).unwrap_or_default();
        let sealed =
            key.seal(nonce(&*self.random), &place::remade(tenant, person, sample, &model), &plain)?;
        let mut changes = Changes::at(self.now());
        changes.remade.push(Remade { person, sample, model, template: sealed });
        self.store.commit(tenant, changes).await?;
        Ok(template)
    }

    /// A template of an image that was good enough once, whatever the gates say now.
    async fn template_at_any_quality(&self, image: Vec<u8>) -> Result<Option<Template>, Error> {
        let faces = self.faces()?;
        match faces.analyse(image.clone(), Want::Template).await {
            Ok(analysis) => return Ok(analysis.template),
            Err(FaceError::Rejected(_)) => {}
            Err(error) => return Err(error.into()),
        }
        match faces.analyse(image, Want::Central).await {
            Ok(analysis) => Ok(analysis.template),
            Err(FaceError::Rejected(rejection)) => {
                tracing::error!(%rejection, "no template can be made of an enrolled face: it cannot be found any more");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes all templates of the model in force that are missing, one after the other, and answers how many it made.
    /// Searches are refused until none is missing, because they would not find those persons; everything else goes on.
    ///
    /// # Errors
    /// What the store or the engine says: call again.
    pub async fn remake_templates(&self) -> Result<usize, Error> {
        let mut made = 0;
        if self.faces.is_none() {
            return Ok(made);
        }
        for tenant in self.store.tenants().await? {
            made += self.remake_of(tenant.id).await?;
        }
        Ok(made)
    }

    pub(crate) async fn remake_of(&self, tenant: TenantId) -> Result<usize, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let (mut made, mut after) = (0, None);
        loop {
            let page = self.store.searchable(tenant, after, None, PAGE).await?;
            let Some(last) = page.last() else { return Ok(made) };
            after = Some(last.person);
            for row in page {
                let person = row.person;
                match self.remake_row(tenant, &keys, row).await {
                    Ok(more) => made += more,
                    // One record that does not open keeps nobody else waiting.
                    Err(Error::Fault(why)) => {
                        tracing::error!(%person, why, "a template cannot be made again");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Makes what one person lacks.
    async fn remake_row(&self, tenant: TenantId, keys: &TenantKeys, row: SearchRow) -> Result<usize, Error> {
        let key = keys.wrapping().unwrap_key(&place::person_key(tenant, row.person), row.wrapped_key)?;
        let mut made = 0;
        for sample in row.samples {
            let id = (row.person, sample.id);
            if matches!(self.held(tenant, &key, sample)?, Held::NotYet) {
                self.remake(tenant, &key, id).await?;
                made += 1;
            }
        }
        Ok(made)
    }
}
