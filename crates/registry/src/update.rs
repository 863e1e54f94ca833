//! Changing a person.

use std::sync::Arc;

use domain::lifecycle::Cause;
use domain::person::{Change, Patch};
use domain::{PersonId, Status, Time};
use engine::face::Analysis;
use engine::finger::USUAL_DPI;
use store::{Changes, PersonChange, SampleKind};

use crate::access::Caller;
use crate::anchor::{Anchor, Proof, Shown, Voucher};
use crate::attempts::Shows;
use crate::duplicate::{Enrolling, Word};
use crate::error::Error;
use crate::evidence::{Evidence, Method};
use crate::finger::{BarePrint, NewPrint, Print};
use crate::history::{EventKind, Happened};
use crate::idempotency::{Held, Idempotency};
use crate::person::{Person, SampleRef};
use crate::profile::Profile;
use crate::records::{Opened, digest};
use crate::registry::Registry;
use crate::samples::{check_place, check_print_place};

/// The images of a body.
#[derive(Debug, Default)]
pub struct NewImages {
    /// Face image file.
    pub face: Change<Vec<u8>>,
    /// Fingerprint.
    pub fingerprint: Change<NewPrint>,
    /// What shows that a new fingerprint is the same person's.
    pub proof: Option<Proof>,
}

/// What a body asks to be changed, images apart.
#[derive(Debug, Default)]
pub struct Update {
    /// Personal members.
    pub patch: Patch,
    /// The status a reviewer wants, and why.
    pub review: Option<(Status, Option<String>)>,
    /// Whether the caller may decide a status.
    pub may_review: bool,
}

/// What a caller makes of the person as it is now.
pub enum Decision {
    /// Go on with the update.
    Apply(Box<Update>),
    /// Leave it.
    Leave,
}

/// Attempts against other writers of the same person.
const ATTEMPTS: usize = 64;

impl Registry {
    /// Changes a person as `decide` says after seeing it; `decide` may be asked again if another writer came
    /// first. A change that changes nothing is not written: version and times stay.
    ///
    /// # Errors
    /// What `decide` says, [`Error::NotFound`], [`Error::NoName`], [`Error::FaceMismatch`], [`Error::ExternalIdTaken`],
    /// [`Error::Illegal`], [`Error::FingerprintMismatch`], [`Error::ReviewNeeded`], [`Error::AttemptLimit`], or what the store
    /// says.
    pub async fn update<E: From<Error>>(
        &self,
        caller: &Caller,
        id: PersonId,
        images: NewImages,
        decide: impl Fn(&Person) -> Result<Decision, E>,
    ) -> Result<Person, E> {
        self.may_ask_blindly(caller).await?;
        let mut images = Incoming {
            face: images.face.map(Face::Raw),
            fingerprint: images.fingerprint.map(Finger::Raw),
            proof: images.proof,
        };
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let Decision::Apply(update) = decide(&opened.person)? else { return Ok(opened.person) };
            match self.apply(caller, opened, *update, &mut images).await {
                Err(Error::Stale) => {}
                Ok(person) => return Ok(person),
                Err(error) => return Err(self.not_an_oracle(caller, error).await?.into()),
            }
        }
        Err(Error::Busy.into())
    }

    async fn apply(
        &self,
        caller: &Caller,
        opened: Opened,
        update: Update,
        images: &mut Incoming,
    ) -> Result<Person, Error> {
        let before = opened.person.clone();
        let mut draft = Draft::of(opened, Changes::at(self.now()), update.may_review);

        let profile = before.profile().patched(&update.patch)?;
        if profile != *before.profile() {
            draft.kinds.push(EventKind::Updated);
            self.change_profile(&mut draft, profile)?;
        }
        self.change_face(caller, &mut draft, &mut images.face).await?;
        self.change_fingerprint(caller, &mut draft, images).await?;
        if let Some((to, reason)) = update.review {
            self.review(&mut draft, to, reason)?;
        }
        if draft.kinds.is_empty() {
            return Ok(before);
        }
        let word = |matched| if matched { Word::Enrolled } else { Word::Nobodys };
        let face = match &images.face {
            Change::Set(Face::Seen(analysis)) if draft.takes(SampleKind::Face) => {
                analysis.template.clone().map(|face| (Arc::new(face), word(draft.is_own_face)))
            }
            _ => None,
        };
        let finger = match &images.fingerprint {
            Change::Set(Finger::Seen(print)) if draft.takes(SampleKind::Fingerprint) => {
                self.probe_of(print).map(|finger| (finger, word(draft.is_own_finger)))
            }
            _ => None,
        };
        let enrolling = Enrolling::new(draft.opened.person.id, face, finger, self.settings.on_duplicate);
        self.commit_draft(caller, draft, Some(enrolling), None).await
    }

    /// Gives a person another profile. What was verified was somebody of this name: another one is not.
    pub(crate) fn change_profile(&self, draft: &mut Draft, profile: Profile) -> Result<(), Error> {
        if draft.was_proven() && profile.identity_differs(draft.opened.person.profile()) {
            draft.kinds.push(EventKind::IdentityChanged);
            if self.settings.identity_change_resets {
                draft.back_to_pending(draft.changes.now)?;
            }
        }
        draft.opened.person.sealed.profile = profile;
        Ok(())
    }

    /// Commits the next version of a person: as an enrolment where it brings a face nobody has compared yet.
    pub(crate) async fn commit_draft(
        &self,
        caller: &Caller,
        draft: Draft,
        enrolling: Option<Enrolling>,
        held: Option<&(Idempotency, Held)>,
    ) -> Result<Person, Error> {
        let Draft { opened, mut changes, kinds, anchor, profile, last, .. } = draft;
        let Opened { mut person, key, wrapped_key, tenant_keys } = opened;
        let (now, expected) = (changes.now, person.version);
        person.version = expected + 1;
        person.updated_at = now;
        person.read_at = now;
        for kind in kinds {
            let happened = Happened {
                kind,
                status: person.status().as_str(),
                liveness_score: person.sealed.biometrics.liveness_score,
                evidence: person.sealed.evidence.as_ref(),
            };
            changes.events.push(self.event(caller.author(), person.id, &key, &happened, now)?);
        }
        if let Some((request, _)) = held {
            changes.idempotency = Some(self.keep_answer(caller, *request, &person, &key, 201, now)?);
        }
        // What is enrolled beside an anchor, or is one now, proves nothing.
        if !changes.samples.is_empty() || person.sealed.anchor != anchor {
            let spent = self.spend_enrolled(caller.tenant, &tenant_keys, &person, now)?;
            changes.sealed.extend(spent);
        }
        let changed = *person.profile() != profile;
        let index = changed.then(|| person.profile().index(tenant_keys.index(), self.settings.name_search));
        let row = self.seal_row(caller.tenant, &person, &key, wrapped_key)?;
        changes.persons.push(PersonChange::Update { row, expected, index });
        changes.persons.extend(last);
        match enrolling {
            Some(enrolling) => drop(self.commit_enrolment(caller, enrolling, changes).await?),
            None => drop(self.commit(caller.tenant, changes).await?),
        }
        Ok(person)
    }

    async fn change_face(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        change: &mut Change<Face>,
    ) -> Result<(), Error> {
        let now = draft.changes.now;
        let present = draft.opened.person.sealed.biometrics.face;
        match (change, present) {
            (Change::Keep, _) | (Change::Clear, None) => return Ok(()),
            // What a status rests on goes only with a reviewer's word.
            (Change::Clear, Some(_)) if draft.is_bound() && !draft.may_review => {
                return Err(Error::ReviewNeeded);
            }
            (Change::Clear, Some(_)) => {
                draft.drop_faces();
                draft.opened.person.sealed.anchor = None;
            }
            (Change::Set(face), present) => {
                let same = |image: &[u8]| {
                    present.is_some_and(|p| p.digest == digest(&draft.opened.tenant_keys, image))
                };
                if let Face::Raw(image) = face {
                    if same(image) {
                        return Ok(());
                    }
                    *face = Face::Seen(Box::new(self.enrollable(std::mem::take(image)).await?));
                }
                let Face::Seen(analysis) = face else { return Ok(()) };
                if same(&analysis.image.0) {
                    return Ok(());
                }
                draft.is_own_face = self.check_new_face(caller, draft, analysis).await?;
                // The other faces of somebody anchored are the same person's; of others nobody has said so.
                if draft.opened.person.is_anchored() {
                    draft.shelve_face();
                    check_place(&draft.opened.person)?;
                } else {
                    draft.drop_faces();
                }
                let Opened { person, key, tenant_keys, .. } = &mut draft.opened;
                let (row, biometrics) =
                    self.face_sample(caller, person.id, (key, tenant_keys), analysis, false, now)?;
                let held = &mut person.sealed.biometrics;
                (held.face, held.face_model, held.quality) =
                    (biometrics.face, biometrics.face_model, biometrics.quality);
                draft.changes.samples.push(row);
            }
        }
        if draft.was_proven() {
            draft.back_to_pending(now)?;
        }
        draft.kinds.push(EventKind::FaceReplaced);
        Ok(())
    }

    /// A face can only take the place of one that a verification rests on, or rested on, where it is the same person's.
    /// Whether there was one to compare with.
    pub(crate) async fn check_new_face(
        &self,
        caller: &Caller,
        draft: &Draft,
        analysis: &Analysis,
    ) -> Result<bool, Error> {
        if !draft.opened.person.is_anchored() {
            return Ok(false);
        }
        let person = draft.opened.person.id;
        self.may_try(caller, Some(person)).await?;
        let template =
            analysis.template.as_ref().ok_or_else(|| Error::Fault("an analysis has no template".into()))?;
        let reference = self.reference_template(caller, &draft.opened, draft.may_review).await?;
        let Some(reference) = reference else { return Ok(false) };
        if !self.may_be_added(&reference, template)? {
            self.note_failed(caller, Some((person, Shows::FACE))).await?;
            return Err(Error::FaceMismatch);
        }
        Ok(true)
    }

    async fn change_fingerprint(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        images: &mut Incoming,
    ) -> Result<(), Error> {
        let present = draft.opened.person.sealed.biometrics.fingerprint;
        match &mut images.fingerprint {
            Change::Keep => return Ok(()),
            Change::Clear if present.is_none() => return Ok(()),
            Change::Clear => draft.clear_fingerprints()?,
            Change::Set(finger) => {
                let keys = &draft.opened.tenant_keys;
                let same = |finger: &Finger| {
                    let same =
                        |p: SampleRef| p.digest == digest(keys, finger.bytes()) && !finger.says_otherwise(p);
                    present.is_some_and(same)
                };
                if same(finger) {
                    return Ok(());
                }
                if let Finger::Raw(new) = finger {
                    // What is kept has no metadata; the client may send what it has sent before, with them.
                    *finger = Finger::Bare(new.clone().bare()?);
                    if same(finger) {
                        return Ok(());
                    }
                }
                if let Finger::Bare(bare) = finger {
                    *finger = Finger::Seen(self.bare_print(bare.clone()).await?);
                }
                let Finger::Seen(print) = finger else { return Ok(()) };
                let shown = Shown { may_review: draft.may_review, proof: images.proof.as_ref() };
                let probe = self.probe_of(print);
                let (voucher, used) =
                    self.speaks_for_finger(caller, &draft.opened, probe.as_ref(), &shown).await?;
                draft.changes.sealed.extend(used);
                draft.is_own_finger = voucher == Voucher::SameFinger;
                self.replace_fingerprint(caller, draft, print, voucher)?;
            }
        }
        draft.kinds.push(EventKind::Updated);
        Ok(())
    }

    /// Shows another fingerprint. One that a verification rests on stays beside it, unless a reviewer replaces it.
    fn replace_fingerprint(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        print: &Print,
        voucher: Voucher,
    ) -> Result<(), Error> {
        let now = draft.changes.now;
        let Opened { person, key, tenant_keys, .. } = &mut draft.opened;
        let (row, reference) = self.print_sample(caller, person.id, (key, tenant_keys), print, now)?;
        if let Some(shown) = person.sealed.biometrics.fingerprint.take() {
            if person.rests_on_finger(shown.id()) && voucher != Voucher::Reviewer {
                person.sealed.biometrics.more_fingerprints.insert(0, shown);
            } else {
                person.forget_finger(shown.id());
                draft.changes.removed_samples.push((person.id, shown.id()));
            }
        }
        check_print_place(person, &reference)?;
        person.sealed.biometrics.fingerprint = Some(reference);
        if voucher.is_independent() {
            person.vouch_for_finger(reference.id());
        }
        draft.changes.samples.push(row);
        Ok(())
    }

    fn review(&self, draft: &mut Draft, to: Status, reason: Option<String>) -> Result<(), Error> {
        let now = draft.changes.now;
        let person = &mut draft.opened.person;
        if person.verification.status(now) == to && !(to == Status::Pending && person.is_anchored()) {
            return Ok(());
        }
        person.verification =
            person.verification.after(Cause::Review { to }, now, self.settings.validity_seconds)?;
        match to {
            // Only a reviewer lets somebody else begin anew in this record.
            Status::Pending => person.sealed.anchor = None,
            Status::Verified => person.set_anchor(now, Method::Review),
            Status::Failed | Status::Expired => {}
        }
        person.sealed.evidence = Some(Evidence {
            frames: None,
            method: Method::Review,
            reasons: reason.into_iter().collect(),
            checked_at: now.millis(),
            threshold: None,
            models: None,
        });
        draft.kinds.push(EventKind::Reviewed);
        Ok(())
    }
}

/// Images on their way in.
struct Incoming {
    face: Change<Face>,
    fingerprint: Change<Finger>,
    proof: Option<Proof>,
}

/// A fingerprint, looked at once however often the update is tried.
enum Finger {
    Raw(NewPrint),
    Bare(BarePrint),
    Seen(Arc<Print>),
}

impl Finger {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Raw(new) => &new.bytes,
            Self::Bare(bare) => &bare.kept.bytes,
            Self::Seen(print) => &print.bytes,
        }
    }

    /// Whether the client says of a fingerprint what is not known of it: another finger, or another resolution.
    fn says_otherwise(&self, of: SampleRef) -> bool {
        let (position, dpi) = match self {
            Self::Raw(new) => (new.position, new.dpi),
            Self::Bare(bare) => (bare.position, bare.said_dpi()),
            Self::Seen(print) => (print.position(), Some(print.info.dpi)),
        };
        let (known, known_dpi) = of.print.map_or((None, USUAL_DPI), |p| (p.position(), p.dpi));
        position.is_some_and(|p| Some(p) != known) || dpi.is_some_and(|d| d != known_dpi)
    }
}

/// A face image, looked at once however often the update is tried.
enum Face {
    Raw(Vec<u8>),
    Seen(Box<Analysis>),
}

/// A person on its way to its next version.
pub(crate) struct Draft {
    pub(crate) opened: Opened,
    pub(crate) changes: Changes,
    pub(crate) kinds: Vec<EventKind>,
    /// The status it had.
    pub(crate) before: Status,
    /// What a verification rested on.
    anchor: Option<Anchor>,
    /// The profile it had: what its blind indexes are made of.
    profile: Profile,
    /// Whether the caller may decide a status.
    pub(crate) may_review: bool,
    /// Whether a new face matches the person's own.
    is_own_face: bool,
    /// Whether a new fingerprint matches the person's own.
    is_own_finger: bool,
    /// What is to be changed after this person.
    pub(crate) last: Option<PersonChange>,
}

impl Draft {
    /// The next version of a person, so far like the present one.
    pub(crate) fn of(opened: Opened, changes: Changes, may_review: bool) -> Self {
        let profile = opened.person.profile().clone();
        let anchor = opened.person.sealed.anchor.clone();
        let mut draft = Self {
            before: opened.person.verification.status(changes.now),
            opened,
            changes,
            kinds: Vec::new(),
            anchor,
            profile,
            may_review,
            is_own_face: false,
            is_own_finger: false,
            last: None,
        };
        draft.opened.person.read_at = draft.changes.now;
        draft
    }

    /// Whether it brings an enrolled sample of a kind.
    fn takes(&self, kind: SampleKind) -> bool {
        self.changes.samples.iter().any(|s| s.head.kind == kind && s.head.is_enrolled())
    }

    /// All faces go.
    pub(crate) fn drop_faces(&mut self) {
        self.drop_face();
        let person = &mut self.opened.person;
        let more = person.sealed.biometrics.more_faces.drain(..);
        self.changes.removed_samples.extend(more.map(|f| (person.id, f.id())));
    }

    /// Whether faces may go with a reviewer's word only: something was said of them, or rests on them.
    pub(crate) fn is_bound(&self) -> bool {
        self.before != Status::Pending || self.opened.person.is_anchored()
    }

    /// The face that is shown makes room for another. One that a verification rests on stays beside it.
    fn shelve_face(&mut self) {
        let shown = self.opened.person.sealed.biometrics.face;
        let rests_on = shown.filter(|f| self.opened.person.rests_on_face(f.id()));
        if let Some(face) = rests_on {
            let biometrics = &mut self.opened.person.sealed.biometrics;
            biometrics.more_faces.insert(0, face);
            (biometrics.face, biometrics.face_model, biometrics.quality, biometrics.liveness_score) =
                (None, None, None, None);
        } else {
            self.drop_face();
        }
    }

    /// All fingerprints go; where a verification rests on any of them, and no reviewer says so, it has to be proven again.
    fn clear_fingerprints(&mut self) -> Result<(), Error> {
        let fingers: Vec<_> = self.opened.person.fingerprints().map(SampleRef::id).collect();
        let rested = fingers.iter().any(|f| self.opened.person.rests_on_finger(*f));
        self.drop_fingerprints();
        fingers.into_iter().for_each(|finger| self.opened.person.forget_finger(finger));
        if rested && !self.may_review && self.was_proven() {
            self.back_to_pending(self.changes.now)?;
        }
        Ok(())
    }

    /// All fingerprints go.
    fn drop_fingerprints(&mut self) {
        let person = &mut self.opened.person;
        let biometrics = &mut person.sealed.biometrics;
        let all = biometrics.fingerprint.take().into_iter().chain(biometrics.more_fingerprints.drain(..));
        self.changes.removed_samples.extend(all.map(|f| (person.id, f.id())));
    }

    /// Whether a check had succeeded: then the face is what it rests on.
    pub(crate) const fn was_proven(&self) -> bool {
        matches!(self.before, Status::Verified | Status::Expired)
    }

    /// The present face goes, with what was said of it; evidence of a failed check stays for its time.
    fn drop_face(&mut self) {
        let person = &mut self.opened.person;
        let biometrics = &mut person.sealed.biometrics;
        let face = biometrics.face.take().filter(|f| !f.is_evidence());
        self.changes.removed_samples.extend(face.map(|f| (person.id, f.id())));
        (biometrics.face_model, biometrics.quality, biometrics.liveness_score) = (None, None, None);
    }

    /// What was verified is no longer what is there.
    pub(crate) fn back_to_pending(&mut self, now: Time) -> Result<(), Error> {
        let person = &mut self.opened.person;
        person.verification = person.verification.after(Cause::FaceReplaced, now, 0)?;
        person.sealed.evidence = None;
        Ok(())
    }
}
