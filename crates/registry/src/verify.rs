//! Verifying a person again: is it alive, and is it still the same face?

use std::sync::Arc;

use domain::lifecycle::Cause;
use domain::{PersonId, Scope, Status, Time};
use engine::face::Analysis;
use store::{Changes, PersonChange};

use crate::access::Caller;
use crate::attempts::Shows;
use crate::capture::{Capture, Judged};
use crate::duplicate::{Enrolling, Word};
use crate::enroll::{Outcome, Pictures};
use crate::error::Error;
use crate::finger::EnrolledPrint;
use crate::history::{EventKind, Happened};
use crate::idempotency::{Held, Idempotency, Ticket};
use crate::person::Person;
use crate::proven::pictures_of_judged;
use crate::records::Opened;
use crate::registry::Registry;

/// Attempts against other writers of the same person.
const ATTEMPTS: usize = 64;

impl Registry {
    /// Judges a new image of a person. Live and the same face: `verified`, with new dates; the first face of a
    /// person without one is enrolled. Not live: `failed`, except that a verified person stays as it is.
    ///
    /// # Errors
    /// What `check` says of the person, [`Error::NotFound`], [`Error::Rejected`], [`Error::FaceMismatch`] (nothing changed),
    /// [`Error::AttemptLimit`], [`Error::LivenessReplayed`], [`Error::ReviewNeeded`],
    /// [`Error::LivenessBrake`], [`Error::FacesNotConfigured`], or what the store says.
    pub async fn reverify<E: From<Error>>(
        &self,
        caller: &Caller,
        id: PersonId,
        capture: Capture,
        key: Option<Idempotency>,
        check: impl Fn(&Person) -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let held = match self.ticket(caller, key).await? {
            Ticket::Again(person, _) => return Ok(Outcome { person: *person, images: Pictures::Withheld }),
            Ticket::First(held) => held,
        };
        let opened = self.open_person(caller.tenant, id).await?;
        let tried = self.may_try(caller, Some(id)).await?;
        self.brake(&opened.person.sealed.failures, self.now())?;
        let judged = self.judge(capture).await?;
        let live = self.is_live(judged.score);
        if !live {
            // Of the token too: else a new person for each attempt would go round the pause of one.
            self.note_failed(caller, None).await?;
        }
        let mut opened = Some(opened);
        for _ in 0..ATTEMPTS {
            let opened = match opened.take() {
                Some(first) => first,
                None => self.open_person(caller.tenant, id).await?,
            };
            check(&opened.person)?;
            match self.conclude(caller, opened, &judged, live, held.as_ref()).await {
                Err(Error::Stale) => {}
                Err(Error::FaceMismatch) => {
                    self.note_failed(caller, Some((id, Shows::FACE))).await?;
                    return Err(Error::FaceMismatch.into());
                }
                Ok(outcome) => {
                    if live {
                        self.note_passed(caller, tried, Shows::FACE).await;
                    }
                    return Ok(outcome);
                }
                Err(error) => return Err(self.not_an_oracle(caller, error).await?.into()),
            }
        }
        Err(Error::Busy.into())
    }

    /// Refuses while too many checks have failed of late. Counts live with the person: they survive a restart
    /// and hold on every node.
    fn brake(&self, failures: &[i64], now: Time) -> Result<(), Error> {
        let s = &self.settings;
        let (Some(first), Some(last)) = (failures.first(), failures.last()) else { return Ok(()) };
        let burst = failures.len() >= s.brake_failures && last - first <= s.brake_window_seconds * 1_000;
        let end = last + s.brake_pause_seconds * 1_000;
        if burst && now.millis() < end {
            return Err(Error::LivenessBrake(u64::try_from((end - now.millis() + 999) / 1_000).unwrap_or(1)));
        }
        Ok(())
    }

    async fn conclude(
        &self,
        caller: &Caller,
        mut opened: Opened,
        judged: &Judged,
        live: bool,
        held: Option<&(Idempotency, Held)>,
    ) -> Result<Outcome, Error> {
        let (tenant, analysis) = (caller.tenant, &judged.analysis);
        let mut changes = Changes::at(self.now());
        let now = changes.now;
        // Again: other attempts may have failed while this one was judged.
        self.brake(&opened.person.sealed.failures, now)?;
        if let (true, Some(template)) = (live, &analysis.template) {
            let may_review = caller.may(Scope::PersonsReview);
            let reference = self.reference_template(caller, &opened, may_review).await?;
            if let Some(reference) = reference
                && !self.is_same(&[reference], template)?
            {
                return Err(Error::FaceMismatch);
            }
        }
        let before = opened.person.status();
        // What came with a presentation that failed was not looked for among others yet.
        let finger = match (live, before) {
            (true, Status::Failed) if self.fingers.is_some() => {
                self.enrolled_prints(caller, &opened).await?.first().map(EnrolledPrint::probe)
            }
            _ => None,
        };
        let enrolled = opened.person.biometrics().face.is_some_and(|f| !f.is_evidence());
        // A face that proves nothing new is not stored: the enrolled one stays, a failed one never replaces it.
        // Nor does it take from somebody who was verified what was proven: anybody with a picture of a picture could do that.
        let stays = !live && (before == Status::Verified || opened.person.is_anchored());
        if !enrolled && !stays {
            self.take_face(caller, &mut opened, analysis, !live, &mut changes)?;
        }
        let Opened { mut person, key, wrapped_key, tenant_keys } = opened;
        let expected = person.version;
        if !stays {
            let cause = if live { Cause::LivenessPassed } else { Cause::LivenessFailed };
            person.verification = person.verification.after(cause, now, self.settings.validity_seconds)?;
        }
        let evidence = self.liveness_evidence(live, judged.frames, now)?;
        let score = analysis.liveness.map(domain::biometric::LivenessScore::get);
        if live {
            person.sealed.failures.clear();
        } else {
            person.sealed.failures.push(now.millis());
            let spare = person.sealed.failures.len().saturating_sub(self.settings.brake_failures);
            person.sealed.failures.drain(..spare);
        }
        if live {
            person.renew_anchor(now, evidence.method);
            let pictures = pictures_of_judged(&tenant_keys, judged);
            changes.sealed.extend(self.proven(tenant, &tenant_keys, pictures, now)?);
            changes.sealed.extend(self.spend_enrolled(tenant, &tenant_keys, &person, now)?);
        }
        if !stays {
            person.sealed.biometrics.liveness_score = score;
            person.sealed.evidence = Some(evidence.clone());
        }
        // Also a failed check of a verified person is a new version: the attempts are counted with the person.
        person.updated_at = now;
        person.version += 1;
        person.read_at = now;
        let kind = match (live, stays) {
            (true, _) => EventKind::Verified,
            (false, true) => EventKind::LivenessFailed,
            (false, false) => EventKind::Failed,
        };
        let happened = Happened {
            kind,
            status: person.status().as_str(),
            liveness_score: score,
            evidence: Some(&evidence),
        };
        changes.events.push(self.event(caller.author(), person.id, &key, &happened, now)?);
        if let Some((request, _)) = held {
            changes.idempotency = Some(self.keep_answer(caller, *request, &person, &key, 200, now)?);
        }
        let row = self.seal_row(tenant, &person, &key, wrapped_key)?;
        changes.persons.push(PersonChange::Update { row, expected, index: None });
        // Also somebody with a face becomes proven only when nobody else is proven by the same face.
        let proven = matches!(before, Status::Verified | Status::Expired);
        let face = analysis.template.clone().filter(|_| live && !(enrolled && proven));
        let face = face.map(|face| (Arc::new(face), Word::Nobodys));
        let finger = finger.map(|finger| (finger, Word::Nobodys));
        let enrolling = Enrolling::new(person.id, face, finger, self.settings.on_duplicate);
        self.commit_enrolment(caller, enrolling, changes).await?;
        Ok(Outcome { person, images: Pictures::Stored })
    }

    /// Stores the face of a person without an enrolled one; earlier evidence makes room.
    fn take_face(
        &self,
        caller: &Caller,
        opened: &mut Opened,
        analysis: &Analysis,
        evidence: bool,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let Opened { person, key, tenant_keys, .. } = opened;
        changes.removed_samples.extend(person.biometrics().face.map(|f| (person.id, f.id())));
        let (row, new) =
            self.face_sample(caller, person.id, (key, tenant_keys), analysis, evidence, changes.now)?;
        let biometrics = &mut person.sealed.biometrics;
        (biometrics.face, biometrics.face_model, biometrics.quality) =
            (new.face, new.face_model, new.quality);
        changes.samples.push(row);
        Ok(())
    }
}
