//! A picture proves something once. Whoever may read a person's pictures could send them back: so what is enrolled of somebody
//! who was verified proves nothing either.

use domain::{TenantId, Time};
use engine::face::Analysis;
use store::{SealedChange, SealedKind};
use vault::TenantKeys;

use crate::capture::Judged;
use crate::error::Error;
use crate::finger::Print;
use crate::person::{Person, Pictures};
use crate::registry::Registry;
use crate::sealed::Small;

/// The name under which a picture is noted.
fn name(keys: &TenantKeys, picture: &[u8; 32]) -> [u8; 16] {
    keys.index().hash("proven image", picture)
}

/// The names of what a face image shows, and of what is stored of it.
pub(crate) fn pictures_of_face(keys: &TenantKeys, analysis: &Analysis) -> Pictures {
    let mut names = analysis.pictures.iter().map(|picture| name(keys, picture));
    [names.next(), names.next()]
}

/// The names of all that was judged of a face: each frame proves something once.
pub(crate) fn pictures_of_judged(keys: &TenantKeys, judged: &Judged) -> Vec<[u8; 16]> {
    judged.analysis.pictures.iter().chain(&judged.others).map(|picture| name(keys, picture)).collect()
}

/// The name of what an image of a finger shows; none for a record of minutiae, which is no image.
pub(crate) fn pictures_of_print(keys: &TenantKeys, print: &Print) -> Pictures {
    let picture = print.impression.as_ref().and_then(|i| i.picture);
    [picture.map(|picture| name(keys, &picture)), None]
}

impl Registry {
    /// Notes that pictures prove something now: no other proof can rest on the same pixels for as long as this one counts.
    ///
    /// # Errors
    /// [`Error::Fault`] where nothing is known of the pictures.
    pub(crate) fn proven(
        &self,
        tenant: TenantId,
        keys: &TenantKeys,
        pictures: impl IntoIterator<Item = [u8; 16]>,
        now: Time,
    ) -> Result<Vec<SealedChange>, Error> {
        let noted = self.noted(pictures, now).map(|record| self.seal_small(tenant, keys, &record, None));
        let noted = noted.collect::<Result<Vec<_>, _>>()?;
        if noted.is_empty() { Err(Error::Fault("nothing is known of a picture".into())) } else { Ok(noted) }
    }

    /// Notes that what is enrolled of somebody who was verified proves nothing more.
    ///
    /// # Errors
    /// When sealing fails.
    pub(crate) fn spend_enrolled(
        &self,
        tenant: TenantId,
        keys: &TenantKeys,
        person: &Person,
        now: Time,
    ) -> Result<Vec<SealedChange>, Error> {
        let enrolled = person.samples().filter(|(_, s)| person.is_anchored() && !s.is_evidence());
        let records = enrolled.flat_map(|(_, sample)| self.noted(sample.pictures.into_iter().flatten(), now));
        records
            .map(|record| match self.seal_small(tenant, keys, &record, None)? {
                SealedChange::Insert(row) => Ok(SealedChange::Put(row)),
                other => Ok(other),
            })
            .collect()
    }

    fn noted(
        &self,
        pictures: impl IntoIterator<Item = [u8; 16]>,
        now: Time,
    ) -> impl Iterator<Item = Small<'static>> {
        let expires_at = Some(now.plus_seconds(self.settings.validity_seconds));
        pictures.into_iter().map(move |key| Small {
            kind: SealedKind::ProvenImage,
            key,
            expires_at,
            plain: b"",
        })
    }
}
