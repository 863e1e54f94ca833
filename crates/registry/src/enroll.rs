//! Creating a person: plainly, or with a liveness check that decides its status.

use std::sync::Arc;

use domain::lifecycle::Cause;
use domain::person::Patch;
use domain::{PersonId, Scope, Status, Time, Verification};
use engine::face::{Analysis, Spot};
use store::{Changes, PersonChange, SampleKind, SampleRow, SampleState};
use vault::{Key, TenantKeys};

use crate::access::Caller;
use crate::capture::{Capture, Judged};
use crate::duplicate::{Enrolling, Word};
use crate::error::Error;
use crate::evidence::Method;
use crate::finger::{NewPrint, Print};
use crate::history::{EventKind, Happened};
use crate::idempotency::{Held, Idempotency, Ticket};
use crate::keys::nonce;
use crate::person::{Biometrics, Person, Sealed};
use crate::place;
use crate::profile::Profile;
use crate::proven::{pictures_of_face, pictures_of_judged};
use crate::read::Images;
use crate::records::{NewSample, template_record};
use crate::registry::Registry;
use crate::settings::OnDuplicate;

/// What a body asks to be created. A name is present: whoever parsed it saw to that.
#[derive(Debug)]
pub struct Enrolment {
    /// Personal members.
    pub patch: Patch,
    /// Its face; several frames only where liveness is judged.
    pub face: Option<Capture>,
    /// Fingerprint.
    pub fingerprint: Option<NewPrint>,
    /// What happens when the person is enrolled already, where the body says.
    pub on_duplicate: Option<OnDuplicate>,
}

/// A person, and whether the answer is a repetition.
#[derive(Debug)]
pub struct Outcome {
    /// As created.
    pub person: Person,
    /// Its images.
    pub images: Pictures,
}

/// Where the images of an answer come from.
#[derive(Debug)]
pub enum Pictures {
    /// They are at hand.
    Here(Images),
    /// They are in the store.
    Stored,
    /// Nowhere: the answer is a repetition, and shows none.
    Withheld,
}

/// A face that was looked at.
enum Seen {
    /// To be enrolled, and nothing is claimed.
    Plain(Analysis),
    /// Its liveness was judged: so.
    Judged(Judged, bool),
}

impl Seen {
    const fn analysis(&self) -> &Analysis {
        match self {
            Self::Plain(analysis) | Self::Judged(Judged { analysis, .. }, _) => analysis,
        }
    }

    const fn has_failed(&self) -> bool {
        matches!(self, Self::Judged(_, false))
    }
}

impl Registry {
    /// Creates a `pending` person. A face is analysed and enrolled; no liveness is claimed.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::ExternalIdTaken`], [`Error::ReviewNeeded`], [`Error::FacesNotConfigured`], or what the store
    /// says.
    pub async fn create(
        &self,
        caller: &Caller,
        mut new: Enrolment,
        key: Option<Idempotency>,
    ) -> Result<Outcome, Error> {
        let held = match self.ticket(caller, key).await? {
            Ticket::Again(person, _) => return Ok(Outcome { person: *person, images: Pictures::Withheld }),
            Ticket::First(held) => held,
        };
        self.check_policy(caller, &new)?;
        self.may_ask_blindly(caller).await?;
        let seen = match new.face.take() {
            Some(Capture::Image(image)) => Some(Seen::Plain(self.enrollable(image).await?)),
            Some(Capture::Frames(_)) => {
                return Err(Error::Fault("frames prove liveness, which this does not judge".into()));
            }
            None => None,
        };
        let print = self.print_of(new.fingerprint.take()).await?;
        self.insert(caller, new, seen, print, held).await
    }

    async fn print_of(&self, new: Option<NewPrint>) -> Result<Option<Arc<Print>>, Error> {
        match new {
            Some(new) => Ok(Some(self.print(new).await?)),
            None => Ok(None),
        }
    }

    /// Creates a person and judges the liveness of its face: `verified` or `failed`.
    ///
    /// A failed check still answers with a person, and reveals nothing about others: no duplicate is looked for.
    ///
    /// # Errors
    /// As [`Self::create`], [`Error::AttemptLimit`], [`Error::LivenessReplayed`].
    pub async fn create_with_liveness(
        &self,
        caller: &Caller,
        mut new: Enrolment,
        face: Capture,
        key: Option<Idempotency>,
    ) -> Result<Outcome, Error> {
        let held = match self.ticket(caller, key).await? {
            Ticket::Again(person, _) => return Ok(Outcome { person: *person, images: Pictures::Withheld }),
            Ticket::First(held) => held,
        };
        self.check_policy(caller, &new)?;
        self.may_try(caller, None).await?;
        new.face = None;
        let judged = self.judge(face).await?;
        let live = self.is_live(judged.score);
        let seen = Seen::Judged(judged, live);
        let print = self.print_of(new.fingerprint.take()).await?;
        if !live {
            self.note_failed(caller, None).await?;
        }
        self.insert(caller, new, Some(seen), print, held).await
    }

    /// A request may ask for more care than the tenant does; for less only with a reviewer's word.
    fn check_policy(&self, caller: &Caller, new: &Enrolment) -> Result<(), Error> {
        let looser = new.on_duplicate.is_some_and(|asked| asked.is_looser_than(self.settings.on_duplicate));
        if looser && !caller.may(Scope::PersonsReview) { Err(Error::ReviewNeeded) } else { Ok(()) }
    }

    async fn insert(
        &self,
        caller: &Caller,
        new: Enrolment,
        seen: Option<Seen>,
        print: Option<Arc<Print>>,
        held: Option<(Idempotency, Held)>,
    ) -> Result<Outcome, Error> {
        let tenant = caller.tenant;
        let tenant_keys = self.keys.of(&*self.store, tenant).await?;
        let now = self.now();
        let id = PersonId::new(now, &*self.random);
        let key = Key::from_bytes(self.random.bytes());
        let wrapped_key =
            tenant_keys.wrapping().wrap(nonce(&*self.random), &place::person_key(tenant, id), &key)?;
        let mut changes = Changes::at(now);
        let mut person = blank(id, now, Profile::default().patched(&new.patch)?);

        if let Some(seen) = &seen {
            changes.samples.push(self.add_face(caller, &mut person, (&key, &tenant_keys), seen, now)?);
        }
        // A presentation that failed claims nothing: its finger is stored, and not looked for among others.
        let failed = seen.as_ref().is_some_and(Seen::has_failed);
        let mut finger = None;
        if let Some(print) = &print {
            let (row, reference) = self.print_sample(caller, id, (&key, &tenant_keys), print, now)?;
            person.add_fingerprint(reference);
            changes.samples.push(row);
            finger = self.probe_of(print).filter(|_| !failed);
        }
        if let Some(Seen::Judged(judged, true)) = &seen {
            person.set_anchor(now, Method::PassiveLiveness);
            let pictures = pictures_of_judged(&tenant_keys, judged);
            changes.sealed.extend(self.proven(tenant, &tenant_keys, pictures, now)?);
            changes.sealed.extend(self.spend_enrolled(tenant, &tenant_keys, &person, now)?);
        }
        let kind = match person.status() {
            Status::Verified => EventKind::Verified,
            Status::Failed => EventKind::Failed,
            Status::Pending | Status::Expired => EventKind::Created,
        };
        let happened = Happened {
            kind,
            status: person.status().as_str(),
            liveness_score: person.sealed.biometrics.liveness_score,
            evidence: person.sealed.evidence.as_ref(),
        };
        changes.events.push(self.event(caller.author(), id, &key, &happened, now)?);
        if let Some((request, _)) = &held {
            changes.idempotency = Some(self.keep_answer(caller, *request, &person, &key, 201, now)?);
        }
        let index = person.sealed.profile.index(tenant_keys.index(), self.settings.name_search);
        let row = self.seal_row(tenant, &person, &key, wrapped_key)?;
        changes.persons.push(PersonChange::Insert { row, index });
        let (face, template) = match seen {
            Some(seen) => {
                let failed = seen.has_failed();
                let (Seen::Plain(analysis) | Seen::Judged(Judged { analysis, .. }, _)) = seen;
                let template = analysis.template.filter(|_| !failed);
                (Some(analysis.image.0), template.map(Arc::new))
            }
            None => (None, None),
        };
        let on_duplicate = new.on_duplicate.unwrap_or(self.settings.on_duplicate);
        let nobodys = |finger| (finger, Word::Nobodys);
        let template = template.map(|face| (face, Word::Nobodys));
        let enrolling = Enrolling::new(id, template, finger.map(nobodys), on_duplicate);
        if let Err(error) = self.commit_enrolment(caller, enrolling, changes).await {
            return Err(self.not_an_oracle(caller, error).await?);
        }
        // What was just stored is shown as it came: reading it back could fail, and the person is there all the same.
        let images = Images { face, fingerprint: print.map(|p| p.bytes.clone()) };
        Ok(Outcome { person, images: Pictures::Here(images) })
    }

    /// Puts a face into a new person; where liveness was judged, that decides the status.
    fn add_face(
        &self,
        caller: &Caller,
        person: &mut Person,
        keys: (&Key, &TenantKeys),
        seen: &Seen,
        now: Time,
    ) -> Result<SampleRow, Error> {
        let (row, biometrics) =
            self.face_sample(caller, person.id, keys, seen.analysis(), seen.has_failed(), now)?;
        person.sealed.biometrics = biometrics;
        if let Seen::Judged(Judged { frames, .. }, live) = *seen {
            let cause = if live { Cause::LivenessPassed } else { Cause::LivenessFailed };
            person.verification = person.verification.after(cause, now, self.settings.validity_seconds)?;
            person.sealed.evidence = Some(self.liveness_evidence(live, frames, now)?);
        }
        Ok(row)
    }

    /// The sample of an analysed face and the biometric members it leads to.
    pub(crate) fn face_sample(
        &self,
        caller: &Caller,
        person: PersonId,
        keys: (&Key, &TenantKeys),
        analysis: &Analysis,
        evidence: bool,
        now: Time,
    ) -> Result<(SampleRow, Biometrics), Error> {
        let embedder = self.faces()?.ids().embedder.to_string();
        let model = if evidence { "" } else { embedder.as_str() };
        let sample = NewSample {
            kind: SampleKind::Face,
            state: if evidence { SampleState::Evidence } else { SampleState::Enrolled },
            image: &analysis.image.0,
            model,
            template: analysis
                .template
                .as_ref()
                .filter(|_| !evidence)
                .map(|t| template_record(Some(t), Some(Spot::of(&analysis.face)))),
        };
        let (row, mut reference) = self.seal_sample(caller.tenant, person, keys, sample, now)?;
        reference.pictures = pictures_of_face(keys.1, analysis);
        let biometrics = Biometrics {
            face: Some(reference),
            face_model: (!evidence).then(|| embedder.clone()),
            liveness_score: analysis.liveness.map(domain::biometric::LivenessScore::get),
            quality: Some(analysis.quality.into()),
            ..Biometrics::default()
        };
        Ok((row, biometrics))
    }
}

fn blank(id: PersonId, now: Time, profile: Profile) -> Person {
    Person {
        id,
        version: 1,
        created_at: now,
        updated_at: now,
        verification: Verification::PENDING,
        read_at: now,
        sealed: Sealed {
            profile,
            biometrics: Biometrics::default(),
            evidence: None,
            anchor: None,
            failures: Vec::new(),
            merged: Vec::new(),
        },
    }
}
