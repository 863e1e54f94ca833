//! Parting two records again.

use domain::lifecycle::Cause;
use domain::{PersonId, SampleId, Status, Time, Verification};
use store::{Changes, PersonChange, SampleKind};

use super::record::{Merged, parted};
use crate::access::Caller;
use crate::error::Error;
use crate::history::{EventKind, Happened};
use crate::idempotency::{Idempotency, Ticket};
use crate::keys::nonce;
use crate::person::{Person, SampleRef};
use crate::place;
use crate::records::Opened;
use crate::registry::Registry;
use crate::update::Draft;

/// Attempts against other writers of the same person.
const ATTEMPTS: usize = 64;

impl Registry {
    /// Undoes the merge of `from` into `id`: `from` is there again as it was, with the samples that still exist, and `id`
    /// gives up what it had from it and has not changed since. Both keep the history up to here.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such merge, or what the store says.
    pub async fn unmerge(
        &self,
        caller: &Caller,
        id: PersonId,
        from: PersonId,
        key: Option<Idempotency>,
    ) -> Result<Person, Error> {
        let held = match self.ticket(caller, key).await? {
            Ticket::Again(person, _) => return Ok(*person),
            Ticket::First(held) => held,
        };
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let at =
                opened.person.sealed.merged.iter().rposition(|m| m.id() == from).ok_or(Error::NotFound)?;
            let draft = self.parted(caller, opened, at).await?;
            match self.commit_draft(caller, draft, None, held.as_ref()).await {
                // A collection that went in the meantime is left out the next time.
                Err(Error::Stale | Error::NoSuchCollection(_)) => {}
                result => return result,
            }
        }
        Err(Error::Busy)
    }

    async fn parted(&self, caller: &Caller, opened: Opened, at: usize) -> Result<Draft, Error> {
        let tenant = caller.tenant;
        let mut draft = Draft::of(opened, Changes::at(self.now()), true);
        let merged = draft.opened.person.sealed.merged.remove(at);
        let now = draft.changes.now;
        let mut restored = self.restored(caller, &draft.opened, &merged, now).await?;
        let mut there = Vec::new();
        for head in self.store.samples(tenant, draft.opened.person.id).await? {
            let Some((old, new)) = merged.samples.iter().find(|(_, new)| *new == head.id.to_bytes()) else {
                continue;
            };
            let (name, gone) = (SampleId::from_bytes(*old), SampleId::from_bytes(*new));
            if let Some((row, _)) = self.moved(tenant, &draft.opened, head, &restored, Some(name)).await? {
                draft.changes.samples.push(row);
                draft.give_up(gone);
                there.push(name);
            }
        }
        // What was removed or ran out meanwhile does not come back, and nobody stays proven without a face.
        if restored.person.keep_only(&there) {
            restored.person.sealed.anchor = None;
            let verification = restored.person.verification;
            if matches!(verification.status(now), Status::Verified | Status::Expired) {
                restored.person.verification = verification.after(Cause::FaceReplaced, now, 0)?;
            }
        }
        if draft.opened.person.has_lost_its_anchor() {
            draft.opened.person.sealed.anchor = None;
            if draft.was_proven() {
                draft.back_to_pending(now)?;
            }
        }
        for event in self.store.events(tenant, draft.opened.person.id).await? {
            if merged.events.contains(&event.id.to_bytes()) {
                let to = (restored.person.id, &restored.key);
                draft.changes.events.push(self.moved_event(tenant, (&draft.opened.key, event), to)?);
            }
        }
        let happened = Happened {
            kind: EventKind::Unmerged,
            status: restored.person.status().as_str(),
            liveness_score: restored.person.sealed.biometrics.liveness_score,
            evidence: restored.person.sealed.evidence.as_ref(),
        };
        let (person, key) = (restored.person.id, &restored.key);
        draft.changes.events.push(self.event(caller.author(), person, key, &happened, now)?);
        // The one that stays gives up first what only one person may have.
        let profile = parted(draft.opened.person.profile(), &merged.before, &merged.after)?;
        self.change_profile(&mut draft, profile)?;
        let index = restored.person.profile().index(restored.tenant_keys.index(), self.settings.name_search);
        let row = self.seal_row(tenant, &restored.person, &restored.key, restored.wrapped_key)?;
        draft.last = Some(PersonChange::Insert { row, index });
        draft.kinds.push(EventKind::Unmerged);
        Ok(draft)
    }

    /// The person that was taken in, as it was, under the key it had; outside collections that are gone.
    async fn restored(
        &self,
        caller: &Caller,
        beside: &Opened,
        merged: &Merged,
        now: Time,
    ) -> Result<Opened, Error> {
        let id = merged.id();
        let place = place::person_key(caller.tenant, id);
        let key = beside.key.unwrap_key(&place, merged.wrapped_key.clone())?;
        let wrapped_key = beside.tenant_keys.wrapping().wrap(nonce(&*self.random), &place, &key)?;
        let time = |t: Option<i64>| t.map(Time::from_millis);
        let status = Status::parse(&merged.status).unwrap_or(Status::Pending);
        let mut sealed = (*merged.sealed).clone();
        let mut collections = Vec::new();
        for collection in sealed.profile.collections() {
            if self.store.collection(caller.tenant, collection).await?.is_some() {
                collections.push(collection);
            }
        }
        sealed.profile.set_collections(collections);
        let person = Person {
            id,
            version: merged.version + 1,
            created_at: id.created_at(),
            updated_at: now,
            verification: Verification::from_stored(
                status,
                time(merged.verified_at),
                time(merged.expires_at),
            ),
            read_at: now,
            sealed,
        };
        Ok(Opened { person, key, wrapped_key, tenant_keys: beside.tenant_keys.clone() })
    }
}

impl Person {
    /// Whether the face its verification rests on is not there any more.
    fn has_lost_its_anchor(&self) -> bool {
        let face = self.sealed.anchor.as_ref().and_then(|a| a.face).map(SampleId::from_bytes);
        face.is_some_and(|face| self.enrolled_sample(face, SampleKind::Face).is_none())
    }

    /// Forgets samples that are not among these; whether the face its verification rests on went, or the last one.
    fn keep_only(&mut self, there: &[SampleId]) -> bool {
        let had_face = self.has_enrolled_face();
        let biometrics = &mut self.sealed.biometrics;
        let is_there = |sample: &SampleRef| there.contains(&sample.id());
        biometrics.more_faces.retain(is_there);
        if !biometrics.face.as_ref().is_some_and(is_there) {
            biometrics.face = (!biometrics.more_faces.is_empty()).then(|| biometrics.more_faces.remove(0));
            biometrics.quality = None;
        }
        biometrics.more_fingerprints.retain(is_there);
        if let Some(gone) = biometrics.fingerprint.filter(|f| !is_there(f)) {
            self.drop_fingerprint(gone.id());
        }
        if let Some(anchor) = &mut self.sealed.anchor {
            anchor.fingers.retain(|f| there.contains(&SampleId::from_bytes(*f)));
        }
        self.has_lost_its_anchor() || (had_face && !self.has_enrolled_face())
    }
}

impl Draft {
    /// A sample goes back to whom it came from.
    fn give_up(&mut self, sample: SampleId) {
        let person = &mut self.opened.person;
        let biometrics = &mut person.sealed.biometrics;
        biometrics.more_faces.retain(|f| f.id() != sample);
        if biometrics.face.is_some_and(|f| f.id() == sample) {
            biometrics.face = (!biometrics.more_faces.is_empty()).then(|| biometrics.more_faces.remove(0));
            biometrics.quality = None;
        }
        person.drop_fingerprint(sample);
        person.forget_finger(sample);
        self.changes.removed_samples.push((person.id, sample));
    }
}
