//! Sealing a person's records, and opening them.

use std::sync::Arc;

use domain::{PersonId, SampleId, TenantId, Time, Verification};
use engine::face::{Spot, Template};
use minutiae::Position;
use store::{PersonRow, SampleHead, SampleKind, SampleRow, SampleState, Slot};
use vault::{Key, TenantKeys};

use crate::error::Error;
use crate::keys::nonce;
use crate::person::{Person, SampleRef, Sealed};
use crate::place;
use crate::registry::Registry;

/// A person with the keys to it.
pub(crate) struct Opened {
    pub(crate) person: Person,
    pub(crate) key: Key,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) tenant_keys: Arc<TenantKeys>,
}

/// A sample to be sealed.
pub(crate) struct NewSample<'a> {
    pub(crate) kind: SampleKind,
    pub(crate) state: SampleState,
    pub(crate) image: &'a [u8],
    pub(crate) model: &'a str,
    pub(crate) template: Option<Vec<u8>>,
}

impl Registry {
    /// Opens a row, as of `now`.
    pub(crate) async fn open_row(
        &self,
        tenant: TenantId,
        row: PersonRow,
        now: Time,
    ) -> Result<Opened, Error> {
        let tenant_keys = self.keys.of(&*self.store, tenant).await?;
        let key =
            tenant_keys.wrapping().unwrap_key(&place::person_key(tenant, row.id), row.wrapped_key.clone())?;
        let mut row = row;
        let sealed = std::mem::take(&mut row.sealed);
        let plain = key.open(&place::fields(tenant, &row), sealed)?;
        let sealed: Sealed = serde_json::from_slice(&plain)?;
        let person = Person {
            id: row.id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            verification: Verification::from_stored(row.status, row.verified_at, row.expires_at),
            read_at: now,
            sealed,
        };
        let mut opened = Opened { person, key, wrapped_key: row.wrapped_key, tenant_keys };
        opened.person.anchor_of_before_0_2();
        Ok(opened)
    }

    /// Reads and opens a person.
    pub(crate) async fn open_person(&self, tenant: TenantId, id: PersonId) -> Result<Opened, Error> {
        let row = self.store.person(tenant, id).await?.ok_or(Error::NotFound)?;
        self.open_row(tenant, row, self.now()).await
    }

    /// The row of `person`, sealed under its key.
    pub(crate) fn seal_row(
        &self,
        tenant: TenantId,
        person: &Person,
        key: &Key,
        wrapped_key: Vec<u8>,
    ) -> Result<PersonRow, Error> {
        let plain = serde_json::to_vec(&person.sealed)?;
        let mut row = PersonRow {
            id: person.id,
            version: person.version,
            created_at: person.created_at,
            updated_at: person.updated_at,
            status: person.verification.stored(),
            verified_at: person.verification.verified_at(),
            expires_at: person.verification.expires_at(),
            wrapped_key,
            sealed: Vec::new(),
        };
        row.sealed = key.seal(nonce(&*self.random), &place::fields(tenant, &row), &plain)?;
        Ok(row)
    }

    /// A sample's row and the reference a person keeps to it.
    pub(crate) fn seal_sample(
        &self,
        tenant: TenantId,
        person: PersonId,
        keys: (&Key, &TenantKeys),
        sample: NewSample<'_>,
        now: Time,
    ) -> Result<(SampleRow, SampleRef), Error> {
        let (key, tenant_keys) = keys;
        let id = SampleId::new(now, &*self.random);
        let seal = |place: &[u8], plain: &[u8]| key.seal(nonce(&*self.random), place, plain);
        let mut head = SampleHead {
            id,
            person,
            kind: sample.kind,
            state: sample.state,
            created_at: now,
            model: sample.model.to_owned(),
            template: None,
            remade: None,
        };
        let place = place::sample_template(tenant, &head, Slot::First, &head.model);
        head.template = sample.template.map(|t| seal(&place, &t)).transpose()?;
        let row = SampleRow { head, image: seal(&place::image(tenant, person, id), sample.image)?.into() };
        let evidence = sample.state == SampleState::Evidence;
        Ok((row, SampleRef::new(id, now, digest(tenant_keys, sample.image), evidence)))
    }
}

/// Form of a template that names where its face was. Its length is one more than a multiple of four, which tells it from
/// one that does not.
const WITH_SPOT: u8 = 1;

/// A template as it is sealed, with where in the image its face was.
pub(crate) fn template_record(template: Option<&Template>, spot: Option<Spot>) -> Vec<u8> {
    let mut record = template.map(Template::to_bytes).unwrap_or_default();
    if let Some(spot) = spot {
        record.extend_from_slice(&spot.to_bytes());
        record.push(WITH_SPOT);
    }
    record
}

/// What [`template_record`] made; no template where nothing could be made of the image.
///
/// # Errors
/// [`Error::Fault`] when it is damaged.
pub(crate) fn read_template_record(record: &[u8]) -> Result<(Option<Template>, Option<Spot>), Error> {
    let damaged = || Error::Fault("a template is damaged".into());
    let (components, spot) = match record {
        [] => return Ok((None, None)),
        [rest @ .., WITH_SPOT] if rest.len() % 4 == 0 => {
            let (components, spot) = rest.split_last_chunk::<8>().ok_or_else(damaged)?;
            (components, Some(Spot::from_bytes(*spot)))
        }
        components => (components, None),
    };
    let template = if components.is_empty() {
        None
    } else {
        Some(Template::from_bytes(components).ok_or_else(damaged)?)
    };
    Ok((template, spot))
}

/// Form of the record of a fingerprint's template.
const PRINT: u8 = 1;

/// A fingerprint's template as it is sealed, with what is needed to compare it and to make it again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrintRecord {
    /// None where nothing could be made of the image.
    pub(crate) template: Option<minutiae::Template>,
    pub(crate) position: Option<Position>,
    pub(crate) dpi: u16,
}

impl PrintRecord {
    /// Form, finger, resolution, and the minutiae.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let [low, high] = self.dpi.to_le_bytes();
        let mut record = vec![PRINT, self.position.map_or(0, Position::number), low, high];
        record.extend(self.template.as_ref().map(minutiae::Template::to_bytes).unwrap_or_default());
        record
    }

    /// What [`Self::to_bytes`] made.
    ///
    /// # Errors
    /// [`Error::Fault`] when it is damaged.
    pub(crate) fn from_bytes(record: &[u8]) -> Result<Self, Error> {
        let damaged = || Error::Fault("a fingerprint's template is damaged".into());
        let [PRINT, finger, low, high, rest @ ..] = record else { return Err(damaged()) };
        let template = match rest {
            [] => None,
            rest => Some(minutiae::Template::from_bytes(rest).ok_or_else(damaged)?),
        };
        let dpi = u16::from_le_bytes([*low, *high]);
        Ok(Self { template, position: Position::from_number(*finger), dpi })
    }
}

/// Keyed hash of an image: tells whether the same bytes came again.
pub(crate) fn digest(keys: &TenantKeys, image: &[u8]) -> [u8; 16] {
    keys.index().hash("image", image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_kept_with_and_without_the_place_of_its_face() {
        let template = Template::normalised(vec![1.0, 2.0, 2.0]).expect("a direction");
        let spot = Spot::from_bytes([1, 0, 2, 0, 30, 0, 40, 0]);
        for spot in [None, Some(spot)] {
            let record = template_record(Some(&template), spot);
            assert_eq!(read_template_record(&record), Ok((Some(template.clone()), spot)));
            assert_eq!(read_template_record(&template_record(None, spot)), Ok((None, spot)));
        }
        assert!(read_template_record(&[1, 2, 3]).is_err());
    }

    #[test]
    fn a_fingerprint_is_kept_with_its_finger_and_resolution() {
        let minutia = minutiae::Minutia { x: 5, y: 9, angle: 3, kind: minutiae::Kind::Ending, quality: 70 };
        for template in [None, Some(minutiae::Template::new(vec![minutia]))] {
            for position in [None, Position::from_number(4)] {
                let record = PrintRecord { template: template.clone(), position, dpi: 569 };
                assert_eq!(PrintRecord::from_bytes(&record.to_bytes()), Ok(record));
            }
        }
        assert!(PrintRecord::from_bytes(&[9, 0, 0, 0]).is_err());
        assert!(PrintRecord::from_bytes(&[1, 0, 0, 0, 7]).is_err());
    }
}
