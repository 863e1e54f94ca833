//! The samples of a person: several faces make a search surer than one.

use std::sync::Arc;

use domain::{PersonId, SampleId, Scope};
use engine::face::Analysis;
use store::{Changes, SampleKind};

use crate::access::Caller;
use crate::anchor::{Proof, Shown, Voucher};
use crate::attempts::Shows;
use crate::duplicate::{Enrolling, Word};
use crate::error::Error;
use crate::finger::{EnrolledPrint, NewPrint, Print, PrintInfo};
use crate::history::EventKind;
use crate::idempotency::{Held, Idempotency, Ticket};
use crate::person::{Person, SampleRef};
use crate::place;
use crate::records::Opened;
use crate::registry::Registry;
use crate::remake::HeldPrint;
use crate::update::Draft;

/// Most face samples of a person.
pub(crate) const MOST_FACES: usize = 10;
/// Most fingerprints of a person: three impressions of ten fingers.
const MOST_FINGERPRINTS: usize = 30;
/// Most impressions of one finger.
const MOST_IMPRESSIONS: usize = 3;
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
    /// A fingerprint's template as a record of ISO/IEC 19794-2:2005, where the sample was asked for and has one.
    pub template: Option<Vec<u8>>,
    /// Who found its minutiae.
    pub extractor: Option<String>,
}

/// A sample to be enrolled.
#[derive(Debug)]
pub enum ToEnrol {
    /// A face image file.
    Face(Vec<u8>),
    /// A fingerprint.
    Finger(NewPrint),
}

impl ToEnrol {
    const fn kind(&self) -> SampleKind {
        match self {
            Self::Face(_) => SampleKind::Face,
            Self::Finger(_) => SampleKind::Fingerprint,
        }
    }
}

/// A sample that was looked at.
enum Taken {
    Face(Box<Analysis>),
    Finger(Arc<Print>),
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
            template: None,
            extractor: None,
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
        if found.kind == "fingerprint" {
            let heads = self.store.samples(caller.tenant, id).await?;
            if let Some(head) = heads.into_iter().find(|h| h.id == sample && self.fingers.is_some()) {
                let foreign = head.model.clone();
                if let HeldPrint::Record(record, is_foreign) =
                    self.held_print(caller.tenant, &opened.key, &head)?
                {
                    let quality = found.reference.print.and_then(|info| info.quality).unwrap_or_default();
                    let written = |t| minutiae::record::to_iso2005(&t, record.position, quality);
                    found.template = record.template.map(written);
                    let own = self.fingers()?.id().to_owned();
                    found.extractor = Some(if is_foreign { foreign } else { own });
                }
            }
        }
        Ok(found)
    }

    /// Enrols another face or fingerprint of a person. It must be the person's, as far as can be told, unless a reviewer
    /// forces it; a finger of somebody who was verified comes with a proof, or matches one that is enrolled; the first of its
    /// kind becomes the one that is shown.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::FaceMismatch`], [`Error::FingerprintMismatch`], [`Error::TooManySamples`],
    /// [`Error::Duplicate`], [`Error::Rejected`], [`Error::ReviewNeeded`], [`Error::ProofNeeded`], [`Error::AttemptLimit`], or
    /// what the store says.
    pub async fn add_sample(
        &self,
        caller: &Caller,
        id: PersonId,
        new: ToEnrol,
        proof: Option<Proof>,
        force: bool,
        key: Option<Idempotency>,
    ) -> Result<(Person, Sample), Error> {
        let held = match self.ticket(caller, key).await? {
            Ticket::Again(person, _) => return newest(*person, new.kind()),
            Ticket::First(held) => held,
        };
        self.may_ask_blindly(caller).await?;
        let kind = new.kind();
        // Before the work of an analysis: whether there is such a person, and a place.
        let person = self.open_person(caller.tenant, id).await?.person;
        let taken = match new {
            ToEnrol::Face(image) => {
                check_place(&person)?;
                Taken::Face(Box::new(self.enrollable(image).await?))
            }
            ToEnrol::Finger(print) => {
                if person.fingerprints().count() >= MOST_FINGERPRINTS {
                    return Err(Error::TooManySamples);
                }
                Taken::Finger(self.print(print).await?)
            }
        };
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let added = match &taken {
                Taken::Face(analysis) => {
                    self.take_sample(caller, opened, analysis, force, held.as_ref()).await
                }
                Taken::Finger(print) => {
                    self.take_print(caller, opened, print, (proof.as_ref(), force), held.as_ref()).await
                }
            };
            match added {
                Err(Error::Stale) => {}
                Ok(person) => return newest(person, kind),
                Err(error) => return Err(self.not_an_oracle(caller, error).await?),
            }
        }
        Err(Error::Busy)
    }

    /// Enrols another impression; of a finger that is enrolled it must be the same, and where a verification rests on what
    /// is enrolled something must speak for it.
    async fn take_print(
        &self,
        caller: &Caller,
        opened: Opened,
        print: &Print,
        (proof, force): (Option<&Proof>, bool),
        held: Option<&(Idempotency, Held)>,
    ) -> Result<Person, Error> {
        let probe = self.probe_of(print);
        let shown = Shown { may_review: force, proof };
        let (voucher, used) = self.speaks_for_finger(caller, &opened, probe.as_ref(), &shown).await?;
        let nobodys = if force { Word::Reviewers } else { Word::Nobodys };
        let mut word = if voucher == Voucher::SameFinger { Word::Enrolled } else { nobodys };
        if let (Some(probe), Some(position), false) = (&probe, print.position(), force) {
            let enrolled = self.enrolled_prints(caller, &opened).await?;
            let same: Vec<EnrolledPrint> =
                enrolled.into_iter().filter(|e| e.position == Some(position)).collect();
            if !same.is_empty() {
                word = Word::Enrolled;
                self.may_try(caller, Some(opened.person.id)).await?;
                if !self.is_same_finger(&same, probe)? {
                    self.note_failed(caller, Some((opened.person.id, Shows::FINGER))).await?;
                    return Err(Error::FingerprintMismatch);
                }
            }
        }
        let mut draft = Draft::of(opened, Changes::at(self.now()), force);
        draft.changes.sealed.extend(used);
        let Opened { person, key, tenant_keys, .. } = &mut draft.opened;
        let (row, reference) =
            self.print_sample(caller, person.id, (key, tenant_keys), print, draft.changes.now)?;
        check_print_place(person, &reference)?;
        person.add_fingerprint(reference);
        if voucher.is_independent() {
            person.vouch_for_finger(reference.id());
        }
        let person = person.id;
        draft.changes.samples.push(row);
        draft.kinds.push(EventKind::SampleAdded);
        let finger = probe.map(|finger| (finger, word));
        let enrolling = Enrolling::new(person, None, finger, self.settings.on_duplicate);
        self.commit_draft(caller, draft, Some(enrolling), held).await
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
        let person = opened.person.id;
        let may_review = force || caller.may(Scope::PersonsReview);
        let reference = self.reference_template(caller, &opened, may_review).await?;
        let known = reference.is_some();
        let matches = match &reference {
            Some(reference) => {
                if !force {
                    self.may_try(caller, Some(person)).await?;
                }
                Some(self.may_be_added(reference, template)?)
            }
            None => None,
        };
        let word = match matches {
            Some(true) => Word::Enrolled,
            _ if force => Word::Reviewers,
            Some(false) => {
                self.note_failed(caller, Some((person, Shows::FACE))).await?;
                return Err(Error::FaceMismatch);
            }
            None => Word::Nobodys,
        };
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
        if !known && draft.was_proven() {
            draft.back_to_pending(draft.changes.now)?;
        }
        draft.changes.samples.push(row);
        draft.kinds.push(EventKind::SampleAdded);
        let face = Some((Arc::new(template.clone()), word));
        let enrolling = Enrolling::new(id, face, None, self.settings.on_duplicate);
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
pub(crate) fn check_place(person: &Person) -> Result<(), Error> {
    let faces = person.samples().filter(|(kind, s)| *kind == "face" && !s.is_evidence()).count();
    if faces >= MOST_FACES { Err(Error::TooManySamples) } else { Ok(()) }
}

/// Whether there is room for another fingerprint: so many of one finger, and so many in all.
pub(crate) fn check_print_place(person: &Person, print: &SampleRef) -> Result<(), Error> {
    let position = |s: &SampleRef| s.print.as_ref().and_then(PrintInfo::position);
    let of_it =
        person.fingerprints().filter(|s| position(s).is_some() && position(s) == position(print)).count();
    let full = person.fingerprints().count() >= MOST_FINGERPRINTS || of_it >= MOST_IMPRESSIONS;
    if full { Err(Error::TooManySamples) } else { Ok(()) }
}

/// The sample that was added last: the answer to the request that added it.
fn newest(person: Person, kind: SampleKind) -> Result<(Person, Sample), Error> {
    let biometrics = person.biometrics();
    let newest = match kind {
        SampleKind::Face => biometrics.more_faces.last().or(biometrics.face.as_ref()),
        SampleKind::Fingerprint => biometrics.more_fingerprints.last().or(biometrics.fingerprint.as_ref()),
    };
    let newest = newest.map(SampleRef::id);
    let newest = all(&person).into_iter().find(|s| Some(s.reference.id()) == newest);
    newest.map(|sample| (person, sample)).ok_or(Error::NotFound)
}

impl Draft {
    /// Takes a sample away.
    fn remove(&mut self, sample: SampleId) -> Result<(), Error> {
        let now = self.changes.now;
        let person = &mut self.opened.person;
        let id = person.id;
        let rests_on_finger = person.rests_on_finger(sample);
        if person.drop_fingerprint(sample) {
            person.forget_finger(sample);
            self.changes.removed_samples.push((id, sample));
            self.kinds.push(EventKind::SampleRemoved);
            if rests_on_finger && !self.may_review && self.was_proven() {
                self.back_to_pending(now)?;
            }
            return Ok(());
        }
        let rests_on_face = person.rests_on_face(sample);
        if rests_on_face && !self.may_review {
            return Err(Error::ReviewNeeded);
        }
        let biometrics = &mut person.sealed.biometrics;
        if let Some(at) = biometrics.more_faces.iter().position(|s| s.id() == sample) {
            biometrics.more_faces.remove(at);
        } else if biometrics.face.is_some_and(|f| f.id() == sample) {
            if biometrics.more_faces.is_empty() {
                if self.is_bound() && !self.may_review {
                    return Err(Error::ReviewNeeded);
                }
                self.opened.person.sealed.anchor = None;
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
        // A reviewer has taken away what the verification rested on: from now on it is what is shown.
        let shown = self.opened.person.sealed.biometrics.face.map(|f| f.id().to_bytes());
        if let Some(anchor) = self.opened.person.sealed.anchor.as_mut().filter(|_| rests_on_face) {
            anchor.face = shown;
        }
        self.changes.removed_samples.push((id, sample));
        self.kinds.push(EventKind::SampleRemoved);
        Ok(())
    }
}
