//! Reading one person.

use domain::PersonId;
use store::SampleKind;

use crate::access::Caller;
use crate::error::Error;
use crate::person::{Person, SampleRef};
use crate::place;
use crate::records::Opened;
use crate::registry::Registry;

/// The images of a person, as stored.
#[derive(Debug, Default)]
pub struct Images {
    /// Face image file.
    pub face: Option<Vec<u8>>,
    /// Fingerprint, as sent.
    pub fingerprint: Option<Vec<u8>>,
}

/// A person as it was read, with what opens its images.
pub struct Found(Opened);

impl Found {
    /// The person.
    #[must_use]
    pub const fn person(&self) -> &Person {
        &self.0.person
    }
}

impl Registry {
    /// A person, without images.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn get(&self, caller: &Caller, id: PersonId) -> Result<Person, Error> {
        Ok(self.open_person(caller.tenant, id).await?.person)
    }

    /// A person whose images may be wanted next.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn find(&self, caller: &Caller, id: PersonId) -> Result<Found, Error> {
        self.open_person(caller.tenant, id).await.map(Found)
    }

    /// A person who was found, with its images.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn with_images(&self, caller: &Caller, found: Found) -> Result<(Person, Images), Error> {
        let mut opened = found.0;
        // A sample may be replaced between the two reads; then the person is read again.
        for _ in 0..4 {
            if let Some(images) = self.images_of(caller, &opened).await? {
                return Ok((opened.person, images));
            }
            opened = self.open_person(caller.tenant, opened.person.id).await?;
        }
        Err(Error::Busy)
    }

    /// The images that belong to a state of a person; one that was replaced meanwhile is left out.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn images(&self, caller: &Caller, person: &Person) -> Result<Images, Error> {
        let mut opened = self.open_person(caller.tenant, person.id).await?;
        opened.person = person.clone();
        Ok(self.images_of(caller, &opened).await?.unwrap_or_default())
    }

    /// The images of a person who is listed; one that is damaged is left out, and reported.
    ///
    /// # Errors
    /// As [`Registry::images`], but for damage.
    pub async fn images_if_whole(&self, caller: &Caller, person: &Person) -> Result<Images, Error> {
        let images = self.images(caller, person).await;
        Ok(self.unless_damaged(caller.tenant, person.id, images)?.unwrap_or_default())
    }

    /// The images of a person; `None` when one is gone meanwhile.
    pub(crate) async fn images_of(&self, caller: &Caller, opened: &Opened) -> Result<Option<Images>, Error> {
        let biometrics = opened.person.biometrics();
        let mut images = Images::default();
        for (kind, sample) in
            [(SampleKind::Face, &biometrics.face), (SampleKind::Fingerprint, &biometrics.fingerprint)]
        {
            let Some(sample) = sample else { continue };
            let Some(image) = self.image(caller, opened, sample).await? else { return Ok(None) };
            match kind {
                SampleKind::Face => images.face = Some(image),
                SampleKind::Fingerprint => images.fingerprint = Some(image),
            }
        }
        Ok(Some(images))
    }

    async fn image(
        &self,
        caller: &Caller,
        opened: &Opened,
        sample: &SampleRef,
    ) -> Result<Option<Vec<u8>>, Error> {
        let (tenant, person) = (caller.tenant, opened.person.id);
        let Some(sealed) = self.store.sample_image(tenant, person, sample.id()).await? else {
            return Ok(None);
        };
        Ok(Some(opened.key.open(&place::image(tenant, person, sample.id()), sealed)?))
    }
}
