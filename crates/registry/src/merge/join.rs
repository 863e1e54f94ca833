//! Taking one record into another.

use domain::{EventId, PersonId, SampleId, TenantId, Time};
use store::{Changes, EventRow, PersonChange, SampleHead, SampleKind, SampleRow, SampleState, Slot};
use vault::Key;

use super::record::{Merged, joined, too_many};
use crate::access::Caller;
use crate::error::Error;
use crate::history::EventKind;
use crate::idempotency::{Idempotency, Ticket};
use crate::keys::nonce;
use crate::person::{Person, SampleRef};
use crate::place;
use crate::records::Opened;
use crate::registry::Registry;
use crate::remake::open_template;
use crate::samples::{MOST_FACES, check_print_place};
use crate::update::Draft;

/// Attempts against other writers of the same persons.
const ATTEMPTS: usize = 64;

impl Registry {
    /// Takes the record `from` into that of `id`: faces, fingerprint, history, and the members `id` lacks. Two faces that
    /// do not match are joined only by force. `from` is gone afterwards, until [`Self::unmerge`].
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::MergeWithItself`], [`Error::FaceMismatch`], [`Error::TooManySamples`],
    /// [`Error::TooMuchMetadata`], [`Error::TooManyMerges`], or what the store says.
    pub async fn merge(
        &self,
        caller: &Caller,
        id: PersonId,
        from: PersonId,
        force: bool,
        key: Option<Idempotency>,
    ) -> Result<Person, Error> {
        if id == from {
            return Err(Error::MergeWithItself);
        }
        let held = match self.ticket(caller, key).await? {
            Ticket::Again(person, _) => return Ok(*person),
            Ticket::First(held) => held,
        };
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let other = self.open_person(caller.tenant, from).await?;
            if !force && self.has_other_face(caller, &opened, &other).await? {
                return Err(Error::FaceMismatch);
            }
            let draft = self.joined(caller, opened, other).await?;
            match self.commit_draft(caller, draft, None, held.as_ref()).await {
                Err(Error::Stale) => {}
                result => return result,
            }
        }
        Err(Error::Busy)
    }

    async fn has_other_face(&self, caller: &Caller, one: &Opened, other: &Opened) -> Result<bool, Error> {
        if self.faces.is_none() {
            return Ok(false);
        }
        let Some(reference) = self.reference_template(caller, one, true).await? else { return Ok(false) };
        let has_face = other.person.has_enrolled_face();
        let (one, other) = ([reference], self.enrolled(caller, other).await?);
        // A face that cannot be compared is nobody's word that it is the same.
        if has_face && other.is_empty() {
            return Ok(true);
        }
        let differs = |face| self.is_same(&one, face).map(|same| !same);
        other.iter().map(differs).try_fold(false, |any, d| d.map(|d| any | d))
    }

    /// The next version of `opened`, with `other` in it.
    async fn joined(&self, caller: &Caller, opened: Opened, other: Opened) -> Result<Draft, Error> {
        let tenant = caller.tenant;
        let mut draft = Draft::of(opened, Changes::at(self.now()), true);
        let place = place::person_key(tenant, other.person.id);
        let mut merged = Merged {
            id: other.person.id.to_bytes(),
            at: draft.changes.now.millis(),
            version: other.person.version,
            status: other.person.verification.stored().as_str().to_owned(),
            verified_at: other.person.verification.verified_at().map(Time::millis),
            expires_at: other.person.verification.expires_at().map(Time::millis),
            wrapped_key: draft.opened.key.wrap(nonce(&*self.random), &place, &other.key)?,
            sealed: Box::new(other.person.sealed.clone()),
            before: draft.opened.person.profile().clone(),
            after: joined(draft.opened.person.profile(), other.person.profile())?,
            samples: Vec::new(),
            events: Vec::new(),
        };
        if merged.after.metadata.len() > domain::person::MAX_PAIRS {
            return Err(Error::TooMuchMetadata);
        }
        for head in self.store.samples(tenant, other.person.id).await? {
            // What is sealed with the person says what a sample is, not what stands beside it in clear.
            if !other.person.says_of(&head) {
                self.note_damage(tenant, other.person.id, "a sample is not what the record says");
                return Err(Error::Fault("a sample of the other person is damaged".into()));
            }
            let Some(row) = self.moved(tenant, &other, head, &draft.opened, None).await? else { continue };
            merged.samples.push((row.1.to_bytes(), row.0.head.id.to_bytes()));
            let had_face = draft.opened.person.has_enrolled_face();
            draft.adopt(&row.0.head, reference(&other.person, row.1))?;
            // A face that nobody has compared with the person proves nothing.
            if draft.was_proven() && !had_face && draft.opened.person.has_enrolled_face() {
                draft.back_to_pending(draft.changes.now)?;
            }
            draft.changes.samples.push(row.0);
        }
        for event in self.store.events(tenant, other.person.id).await? {
            merged.events.push(event.id.to_bytes());
            let (to, key) = (draft.opened.person.id, &draft.opened.key);
            draft.changes.events.push(self.moved_event(tenant, (&other.key, event), (to, key))?);
        }
        let persons = (other.person.id, draft.opened.person.id);
        draft.changes.pairs.extend(self.pairs_taken_over(tenant, persons, draft.changes.now).await?);
        let (id, expected) = (other.person.id, other.person.version);
        draft.changes.persons.push(PersonChange::Erase { id, expected });
        draft.changes.sealed.push(self.no_attempts_of(tenant, id).await?);
        self.change_profile(&mut draft, merged.after.clone())?;
        draft.opened.person.sealed.merged.push(merged);
        if too_many(&draft.opened.person.sealed.merged) {
            return Err(Error::TooManyMerges);
        }
        draft.kinds.push(EventKind::Merged);
        Ok(draft)
    }

    /// A sample of one person, sealed anew for another; with what it was called. `None` when its image is gone.
    pub(super) async fn moved(
        &self,
        tenant: TenantId,
        from: &Opened,
        head: SampleHead,
        to: &Opened,
        name: Option<SampleId>,
    ) -> Result<Option<(SampleRow, SampleId)>, Error> {
        let (owner, old) = (from.person.id, head.id);
        let Some(image) = self.store.sample_image(tenant, owner, old).await? else { return Ok(None) };
        let image = from.key.open(&place::image(tenant, owner, old), image)?;
        let (person, id) =
            (to.person.id, name.unwrap_or_else(|| SampleId::new(head.created_at, &*self.random)));
        let seal = |place: &[u8], plain: &[u8]| to.key.seal(nonce(&*self.random), place, plain);
        let mut moved = SampleHead { id, person, template: None, remade: None, ..head.clone() };
        if let Some(plain) = open_template(tenant, &from.key, &head, Slot::First)? {
            let place = place::sample_template(tenant, &moved, Slot::First, &head.model);
            moved.template = Some(seal(&place, &plain)?);
        }
        if let (Some(plain), Some((model, _))) =
            (open_template(tenant, &from.key, &head, Slot::Second)?, &head.remade)
        {
            let place = place::sample_template(tenant, &moved, Slot::Second, model);
            moved.remade = Some((model.clone(), seal(&place, &plain)?));
        }
        let image = seal(&place::image(tenant, person, id), &image)?.into();
        let head = moved;
        Ok(Some((SampleRow { head, image }, old)))
    }

    /// An entry of one person's history, sealed anew for another.
    pub(super) fn moved_event(
        &self,
        tenant: TenantId,
        (from, row): (&Key, EventRow),
        (person, key): (PersonId, &Key),
    ) -> Result<EventRow, Error> {
        let id: EventId = row.id;
        let plain = from.open(&place::event(tenant, row.person, id), row.sealed)?;
        let sealed = key.seal(nonce(&*self.random), &place::event(tenant, person, id), &plain)?;
        Ok(EventRow { id, person, at: row.at, sealed })
    }
}

/// What a person keeps of a sample; none for one that it does not show.
fn reference(person: &Person, id: SampleId) -> Option<SampleRef> {
    person.samples().map(|(_, s)| *s).find(|s| s.id() == id)
}

impl Draft {
    /// Shows a sample that was taken in, where there is a place for it.
    fn adopt(&mut self, head: &SampleHead, was: Option<SampleRef>) -> Result<(), Error> {
        let Some(was) = was else { return Ok(()) };
        let mut renamed = SampleRef::new(head.id, was.created_at(), was.digest, was.is_evidence());
        (renamed.print, renamed.pictures) = (was.print, was.pictures);
        let biometrics = &mut self.opened.person.sealed.biometrics;
        match (head.kind, head.state) {
            (SampleKind::Face, SampleState::Enrolled) => {
                let enrolled = biometrics.face.is_some_and(|f| !f.is_evidence());
                if biometrics.more_faces.len() + usize::from(enrolled) >= MOST_FACES {
                    return Err(Error::TooManySamples);
                }
                if enrolled {
                    biometrics.more_faces.push(renamed);
                } else {
                    let evidence = biometrics.face.replace(renamed);
                    (biometrics.face_model, biometrics.quality) = (Some(head.model.clone()), None);
                    let id = self.opened.person.id;
                    self.changes.removed_samples.extend(evidence.map(|e| (id, e.id())));
                }
            }
            (SampleKind::Fingerprint, SampleState::Enrolled) => {
                check_print_place(&self.opened.person, &renamed)?;
                self.opened.person.add_fingerprint(renamed);
            }
            _ => {}
        }
        Ok(())
    }
}
