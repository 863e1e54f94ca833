//! Templates of the model in force, made again from stored images: after the embedder was changed.

use domain::TenantId;
use engine::EngineError;
use engine::face::{Spot, Template, Want};
use engine::finger::{Gate, Sent, USUAL_DPI};
use minutiae::Position;
use store::{Changes, Remade, SampleHead, SampleKind, SearchRow, Slot};
use vault::{Key, TenantKeys};

use crate::error::Error;
use crate::keys::nonce;
use crate::place;
use crate::records::{PrintRecord, read_template_record, template_record};
use crate::registry::Registry;

/// Samples read in one go.
const PAGE: u32 = 200;

/// What a sample holds for the model in force.
pub(crate) enum Held {
    /// Its template.
    Template(Template),
    /// Nothing, and nothing can be made of its image.
    Nothing,
    /// Nothing yet.
    NotYet(Missing),
}

/// What a fingerprint holds for the extractor in force.
pub(crate) enum HeldPrint {
    /// Its record, and whether a client has made the template; without a template nothing can be made of its image.
    Record(PrintRecord, bool),
    /// Nothing yet.
    NotYet(MissingPrint),
}

/// A template that is to be made again.
pub(crate) struct Missing {
    /// What the sample is, without its templates.
    head: SampleHead,
    /// The template it may replace: never that of the models requests see with.
    slot: Slot,
    /// Where in the image the face was when it was enrolled.
    spot: Option<Spot>,
}

/// A template of a fingerprint that is to be made again.
pub(crate) struct MissingPrint {
    /// What the sample is, without its templates.
    head: SampleHead,
    /// Beside what another extractor has made: nodes may differ while one takes the place of the other.
    slot: Slot,
    position: Option<Position>,
    dpi: u16,
}

/// The records of a sample, by model.
struct Records {
    /// That of the model asked for.
    own: Option<Vec<u8>>,
    /// That of another, where there is none of it.
    other: Option<Vec<u8>>,
    second_model: Option<String>,
}

impl Registry {
    /// Opens a sample's template of the model in force.
    pub(crate) fn held(&self, tenant: TenantId, key: &Key, sample: &SampleHead) -> Result<Held, Error> {
        let head = bare(sample);
        let Records { own, other, second_model } =
            records(tenant, key, sample, &self.faces()?.ids().embedder)?;
        if let Some(record) = own {
            let faces = self.faces()?;
            let template = read_template_record(&record)?.0;
            return Ok(template.map_or(Held::Nothing, |template| Held::Template(faces.known(template))));
        }
        let spot = other.map(|record| read_template_record(&record)).transpose()?.and_then(|(_, spot)| spot);
        Ok(Held::NotYet(Missing { head, slot: self.spare(second_model.as_deref()), spot }))
    }

    /// Opens a fingerprint's template of the extractor in force; what a client has made stays as it is.
    pub(crate) fn held_print(
        &self,
        tenant: TenantId,
        key: &Key,
        sample: &SampleHead,
    ) -> Result<HeldPrint, Error> {
        let (head, foreign) = (bare(sample), self.is_foreign(&sample.model));
        let model = if foreign { sample.model.clone() } else { self.fingers()?.id().to_owned() };
        let slot = if sample.model.is_empty() { Slot::First } else { Slot::Second };
        let Records { own, other, .. } = records(tenant, key, sample, &model)?;
        if let Some(record) = own {
            return Ok(HeldPrint::Record(PrintRecord::from_bytes(&record)?, foreign));
        }
        let other = other.map(|record| PrintRecord::from_bytes(&record)).transpose()?;
        let (position, dpi) = other.map_or((None, USUAL_DPI), |record| (record.position, record.dpi));
        Ok(HeldPrint::NotYet(MissingPrint { head, slot, position, dpi }))
    }

    /// Makes the template of a stored fingerprint again, and keeps it; also that nothing can be made of it is kept.
    pub(crate) async fn remake_print(
        &self,
        tenant: TenantId,
        key: &Key,
        missing: MissingPrint,
    ) -> Result<(PrintRecord, bool), Error> {
        let MissingPrint { head, slot, position, dpi } = missing;
        let (person, sample) = (head.person, head.id);
        let fingers = self.fingers()?;
        let image = self.store.sample_image(tenant, person, sample).await?;
        let found = match image.map(|image| key.open(&place::image(tenant, person, sample), image)) {
            Some(Ok(bytes)) => match fingers.extract(Sent { bytes, dpi }, Gate::Open).await {
                Ok(impression) => Some(impression),
                Err(EngineError::Rejected(rejection)) => {
                    tracing::error!(%person, %sample, %rejection, "no template can be made of an enrolled fingerprint");
                    None
                }
                Err(error) => return Err(error.into()),
            },
            missing => {
                let damaged = missing.is_some();
                tracing::error!(%person, %sample, damaged, "an enrolled fingerprint has no image to make a template of");
                None
            }
        };
        let position = position.or(found.as_ref().and_then(|f| f.position));
        // A record that was kept as sent, before there was an engine, is a client's for good.
        let model = found.as_ref().map_or_else(|| fingers.id().to_owned(), |f| f.extractor.to_string());
        let foreign = self.is_foreign(&model);
        let record = PrintRecord { template: found.map(|f| f.template), position, dpi };
        let remade = Remade { person, sample, slot, model, template: record.to_bytes() };
        self.keep_remade(tenant, key, &head, remade).await?;
        Ok((record, foreign))
    }

    /// The slot of a sample that the models requests see with do not need, where `second` has made the second.
    fn spare(&self, second: Option<&str>) -> Slot {
        let own = self.faces.as_ref().map(|faces| &*faces.ids().embedder);
        match self.embedder_in_force() {
            Some(seen_with) if second == Some(&*seen_with) && own != second => Slot::First,
            _ => Slot::Second,
        }
    }

    /// Makes the template of a stored image again, and keeps it; `None` when nothing can be made of it.
    pub(crate) async fn remake(
        &self,
        tenant: TenantId,
        key: &Key,
        missing: Missing,
    ) -> Result<Option<Template>, Error> {
        let Missing { head, slot, spot } = missing;
        let (person, sample) = (head.person, head.id);
        let image = self.store.sample_image(tenant, person, sample).await?;
        let template = match image.map(|image| key.open(&place::image(tenant, person, sample), image)) {
            Some(Ok(image)) => self.template_at_any_quality(image, spot).await?,
            missing => {
                let damaged = missing.is_some();
                tracing::error!(%person, %sample, damaged, "an enrolled face has no image to make a template of");
                None
            }
        };
        let model = self.faces()?.ids().embedder.to_string();
        let plain = template_record(template.as_ref(), spot);
        let remade = Remade { person, sample, slot, model, template: plain };
        self.keep_remade(tenant, key, &head, remade).await?;
        Ok(template)
    }

    /// Seals a template record that was made again, given in plain, and keeps it in its slot.
    async fn keep_remade(
        &self,
        tenant: TenantId,
        key: &Key,
        head: &SampleHead,
        plain: Remade,
    ) -> Result<(), Error> {
        let Remade { person, sample, slot, model, template } = plain;
        let place = place::sample_template(tenant, head, slot, &model);
        let template = key.seal(nonce(&*self.random), &place, &template)?;
        let mut changes = Changes::at(self.now());
        changes.remade.push(Remade { person, sample, slot, model, template });
        self.commit(tenant, changes).await?;
        Ok(())
    }

    /// A template of an image that was good enough once, whatever the gates say now: of the face that was enrolled, where
    /// that is known.
    async fn template_at_any_quality(
        &self,
        image: Vec<u8>,
        spot: Option<Spot>,
    ) -> Result<Option<Template>, Error> {
        let faces = self.faces()?;
        let last = match spot {
            Some(spot) => Want::Again(spot),
            None => {
                match faces.analyse(image.clone(), Want::Template).await {
                    Ok(analysis) => return Ok(analysis.template),
                    Err(EngineError::Rejected(_)) => {}
                    Err(error) => return Err(error.into()),
                }
                Want::Central
            }
        };
        match faces.analyse(image, last).await {
            Ok(analysis) => Ok(analysis.template),
            Err(EngineError::Rejected(rejection)) => {
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
        if self.galleries.is_none() {
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
                // One record that does not open keeps nobody else waiting.
                match self.unless_damaged(tenant, person, self.remake_row(tenant, &keys, row).await) {
                    Ok(more) => made += more.unwrap_or_default(),
                    Err(Error::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Makes what one person lacks.
    async fn remake_row(&self, tenant: TenantId, keys: &TenantKeys, row: SearchRow) -> Result<usize, Error> {
        let key = keys.wrapping().unwrap_key(&place::person_key(tenant, row.person), row.wrapped_key)?;
        let mut made = 0;
        let mut named = None;
        for sample in row.samples {
            if !self.lacks(tenant, &key, &sample)? {
                continue;
            }
            // Of what is called an enrolled sample and is none, no template is made; nor does anybody wait for one.
            let opened = match named.take() {
                Some(opened) => opened,
                None => self.open_person(tenant, row.person).await?.person,
            };
            let is_enrolled = opened.enrolled_sample(sample.id, sample.kind).is_some();
            named = Some(opened);
            if !is_enrolled {
                self.note_damage(tenant, row.person, "a sample is called enrolled and is not");
                self.keep_nothing(tenant, &key, &sample).await?;
                continue;
            }
            match sample.kind {
                SampleKind::Face if self.faces.is_some() => {
                    if let Held::NotYet(missing) = self.held(tenant, &key, &sample)? {
                        self.remake(tenant, &key, missing).await?;
                        made += 1;
                    }
                }
                SampleKind::Fingerprint if self.fingers.is_some() => {
                    if let HeldPrint::NotYet(missing) = self.held_print(tenant, &key, &sample)? {
                        self.remake_print(tenant, &key, missing).await?;
                        made += 1;
                    }
                }
                SampleKind::Face | SampleKind::Fingerprint => {}
            }
        }
        Ok(made)
    }
}

impl Registry {
    /// Keeps that nothing is to be made of a sample.
    async fn keep_nothing(&self, tenant: TenantId, key: &Key, sample: &SampleHead) -> Result<(), Error> {
        let (person, id) = (sample.person, sample.id);
        let (head, slot, model, template) = match sample.kind {
            SampleKind::Face => {
                let Held::NotYet(missing) = self.held(tenant, key, sample)? else { return Ok(()) };
                let model = self.faces()?.ids().embedder.to_string();
                (missing.head, missing.slot, model, template_record(None, missing.spot))
            }
            SampleKind::Fingerprint => {
                let HeldPrint::NotYet(missing) = self.held_print(tenant, key, sample)? else { return Ok(()) };
                let record = PrintRecord { template: None, position: missing.position, dpi: missing.dpi };
                (missing.head, missing.slot, self.fingers()?.id().to_owned(), record.to_bytes())
            }
        };
        self.keep_remade(tenant, key, &head, Remade { person, sample: id, slot, model, template }).await
    }

    /// Whether a template of the models in force is still to be made.
    fn lacks(&self, tenant: TenantId, key: &Key, sample: &SampleHead) -> Result<bool, Error> {
        Ok(match sample.kind {
            SampleKind::Face if self.faces.is_some() => {
                matches!(self.held(tenant, key, sample)?, Held::NotYet(_))
            }
            SampleKind::Fingerprint if self.fingers.is_some() => {
                matches!(self.held_print(tenant, key, sample)?, HeldPrint::NotYet(_))
            }
            SampleKind::Face | SampleKind::Fingerprint => false,
        })
    }
}

/// What a sample is, without its templates.
fn bare(sample: &SampleHead) -> SampleHead {
    SampleHead { template: None, remade: None, ..sample.clone() }
}

/// Opens what a sample holds of a model, or of another where it holds nothing of that.
fn records(tenant: TenantId, key: &Key, sample: &SampleHead, model: &str) -> Result<Records, Error> {
    let second_model = sample.remade.as_ref().map(|(m, _)| m.clone());
    let here = sample.model == model || second_model.as_deref() == Some(model);
    let mut records = Records { own: None, other: None, second_model };
    for (slot, of) in
        [(Slot::First, Some(sample.model.as_str())), (Slot::Second, records.second_model.clone().as_deref())]
    {
        let Some(of) = of.filter(|of| *of == model || !here) else { continue };
        let Some(record) = open_template(tenant, key, sample, slot)? else { continue };
        let held = if of == model { &mut records.own } else { &mut records.other };
        held.get_or_insert(record);
    }
    Ok(records)
}

/// Opens one of a sample's two templates, where it has it.
pub(crate) fn open_template(
    tenant: TenantId,
    key: &Key,
    sample: &SampleHead,
    slot: Slot,
) -> Result<Option<Vec<u8>>, Error> {
    let (person, id) = (sample.person, sample.id);
    let (model, sealed, before_0_2) = match (slot, &sample.template, &sample.remade) {
        (Slot::First, Some(sealed), _) => (&sample.model, sealed, place::template(tenant, person, id)),
        (Slot::Second, _, Some((model, sealed))) => (model, sealed, place::remade(tenant, person, id, model)),
        _ => return Ok(None),
    };
    let place = place::sample_template(tenant, sample, slot, model);
    let opened = key.open(&place, sealed.clone()).or_else(|_| key.open(&before_0_2, sealed.clone()));
    Ok(Some(opened?))
}
