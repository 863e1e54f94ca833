//! The samples of a person: several faces make a search surer than one.

use std::sync::Arc;

use domain::{PersonId, SampleId, Status};
use engine::face::Analysis;
use store::Changes;

use crate::access::Caller;
use crate::duplicate::Enrolling;
use crate::error::Error;
use crate::history::EventKind;
use crate::idempotency::{Held, Idempotency, Ticket};
use crate::person::{Person, SampleRef};
use crate::place;
use crate::records::Opened;
use crate::registry::Registry;
use crate::settings::OnDuplicate;
use crate::update::Draft;

/// Most face samples of a person.
pub(crate) const MOST_FACES: usize = 10;
/// Attempts against other writers of the same person.
const ATTEMPTS: usize = 64;

/// A sample, as it is shown.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is of.
    pub kind: &'static str,
    /// The sample.
    pub reference: SampleRef,
    /// Whether it is the one shown as the person's.
    pub primary: bool,
    /// Its image file, where that was asked for.
    pub image: Option<Vec<u8>>,
}

/// All samples of a person, faces first, without images.
fn all(person: &Person) -> Vec<Sample> {
    let biometrics = person.biometrics();
    let primary = |reference: &SampleRef| {
        [biometrics.face, biometrics.fingerprint].into_iter().flatten().any(|p| p.id() == reference.id())
    };
    person
        .samples()
        .map(|(kind, reference)| Sample {
            kind,
            reference: *reference,
            primary: primary(reference),
            image: None,
        })
        .collect()
}

impl Registry {
    /// The samples of a person.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn samples(&self, caller: &Caller, id: PersonId) -> Result<Vec<Sample>, Error> {
        Ok(all(&self.open_person(caller.tenant, id).await?.person))
    }

    /// One sample of a person, with its image.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the store says.
    pub async fn sample(&self, caller: &Caller, id: PersonId, sample: SampleId) -> Result<Sample, Error> {
        let opened = self.open_person(caller.tenant, id).await?;
        let mut found =
            all(&opened.person).into_iter().find(|s| s.reference.id() == sample).ok_or(Error::NotFound)?;
        let sealed = self.store.sample_image(caller.tenant, id, sample).await?.ok_or(Error::NotFound)?;
        found.image = Some(opened.key.open(&place::image(caller.tenant, id, sample), sealed)?);
        Ok(found)
    }

    /// Enrols another face of a person. It must be the person's, as far as can be told, unless a reviewer forces it;
    /// the first face of a person becomes the one that is shown.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::FaceMismatch`], [`Error::TooManySamples`], [`Error::Duplicate`],
    /// [`Error::Rejected`], or what the store says.
    pub async fn add_sample(
        &self,
        caller: &Caller,
        id: PersonId,
        image: Vec<u8>,
        force: bool,
        key: Option<Idempotency>,
    ) -> Result<(Person, Sample), Error> {
        let held = match self.ticket(caller, key).await? {
            Ticket::Again(person, _) => return newest(*person),
            Ticket::First(held) => held,
        };
        // Before the work of an analysis: whether there is such a person, and a place.
        check_place(&self.open_person(caller.tenant, id).await?.person)?;
        let analysis = self.enrollable(image).await?;
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            match self.take_sample(caller, opened, &analysis, force, held.as_ref()).await {
                Err(Error::Stale) => {}
                Ok(person) => return newest(person),
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    async fn take_sample(
        &self,
        caller: &Caller,
        opened: Opened,
        analysis: &Analysis,
        force: bool,
        held: Option<&(Idempotency, Held)>,
    ) -> Result<Person, Error> {
        check_place(&opened.person)?;
        let template =
            analysis.template.as_ref().ok_or_else(|| Error::Fault("an analysis has no template".into()))?;
        let enrolled = self.enrolled(caller, &opened).await?;
        if !enrolled.is_empty() && !force && !self.is_same(&enrolled, template)? {
            return Err(Error::FaceMismatch);
        }
        let mut draft = Draft::of(opened, Changes::at(self.now()), force);
        let Opened { person, key, tenant_keys, .. } = &mut draft.opened;
        let (row, new) =
            self.face_sample(caller, person.id, (key, tenant_keys), analysis, false, draft.changes.now)?;
        let biometrics = &mut person.sealed.biometrics;
        if biometrics.face.is_some_and(|f| !f.is_evidence()) {
            biometrics.more_faces.extend(new.face);
        } else {
            draft.changes.removed_samples.extend(biometrics.face.map(|f| (person.id, f.id())));
            (biometrics.face, biometrics.face_model, biometrics.quality) =
                (new.face, new.face_model, new.quality);
        }
        let id = person.id;
        if enrolled.is_empty() && draft.was_proven() {
            draft.back_to_pending(draft.changes.now)?;
        }
        draft.changes.samples.push(row);
        draft.kinds.push(EventKind::SampleAdded);
        let template = Arc::new(template.clone());
        // The face of somebody who has one already was compared with that.
        let on_duplicate = if enrolled.is_empty() { self.settings.on_duplicate } else { OnDuplicate::Allow };
        let enrolling = Enrolling { person: id, template: &template, on_duplicate };
        self.commit_draft(caller, draft, Some(enrolling), held).await
    }

    /// Removes a sample. The last face of a person who was checked goes with a reviewer's word only.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::ReviewNeeded`], or what the store says.
    pub async fn remove_sample(
        &self,
        caller: &Caller,
        id: PersonId,
        sample: SampleId,
        may_review: bool,
    ) -> Result<Person, Error> {
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let mut draft = Draft::of(opened, Changes::at(self.now()), may_review);
            draft.remove(sample)?;
            match self.commit_draft(caller, draft, None, None).await {
                Err(Error::Stale) => {}
                result => return result,
            }
        }
        Err(Error::Busy)
    }
}

/// Whether there is room for another face.
fn check_place(person: &Person) -> Result<(), Error> {
    let faces = person.samples().filter(|(kind, s)| *kind == "face" && !s.is_evidence()).count();
    if faces >= MOST_FACES { Err(Error::TooManySamples) } else { Ok(()) }
}

/// The face that was added last: the answer to the request that added it.
fn newest(person: Person) -> Result<(Person, Sample), Error> {
    let biometrics = person.biometrics();
    let newest = biometrics.more_faces.last().or(biometrics.face.as_ref()).map(SampleRef::id);
    let newest = all(&person).into_iter().find(|s| Some(s.reference.id()) == newest);
    newest.map(|sample| (person, sample)).ok_or(Error::NotFound)
}

impl Draft {
    /// Takes a sample away.
    fn remove(&mut self, sample: SampleId) -> Result<(), Error> {
        let now = self.changes.now;
        let person = &mut self.opened.person;
        let id = person.id;
        let biometrics = &mut person.sealed.biometrics;
        if let Some(at) = biometrics.more_faces.iter().position(|s| s.id() == sample) {
            biometrics.more_faces.remove(at);
        } else if biometrics.fingerprint.is_some_and(|f| f.id() == sample) {
            (biometrics.fingerprint, biometrics.fingerprint_kind) = (None, None);
        } else if biometrics.face.is_some_and(|f| f.id() == sample) {
            if biometrics.more_faces.is_empty() {
                if self.before != Status::Pending && !self.may_review {
                    return Err(Error::ReviewNeeded);
                }
                self.drop_faces();
                self.changes.removed_samples.retain(|(_, s)| *s != sample);
                if self.was_proven() {
                    self.back_to_pending(now)?;
                }
            } else {
                // The next one is shown in its place; what was measured was measured of the one that goes.
                (biometrics.face, biometrics.quality) = (Some(biometrics.more_faces.remove(0)), None);
            }
        } else {
            return Err(Error::NotFound);
        }
        self.changes.removed_samples.push((id, sample));
        self.kinds.push(EventKind::SampleRemoved);
        Ok(())
    }
}
