//! Forgetting what was kept for a time only.

use domain::{PersonId, SampleId, TenantId, Time};
use store::{Changes, CommitError, Conflict, PersonChange};

use crate::error::Error;
use crate::history::{By, EventKind, Happened};
use crate::records::Opened;
use crate::registry::Registry;

/// Images removed in one go.
const BATCH: u32 = 100;

impl Registry {
    /// Removes images of failed checks that are older than the retention, and answers how many went. A person that
    /// changes meanwhile is left for the next time.
    ///
    /// # Errors
    /// What the store says.
    pub async fn retire_evidence(&self) -> Result<usize, Error> {
        let before = self.now().plus_seconds(-self.settings.evidence_seconds);
        let mut removed = 0;
        for (tenant, person, sample) in self.store.evidence_before(before, BATCH).await? {
            let gone = self.remove_evidence(tenant, person, sample, before).await;
            match self.unless_damaged(tenant, person, gone) {
                Ok(gone) => removed += usize::from(gone.is_some()),
                Err(Error::Stale | Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    async fn remove_evidence(
        &self,
        tenant: TenantId,
        id: PersonId,
        sample: SampleId,
        before: Time,
    ) -> Result<(), Error> {
        let Opened { mut person, key, wrapped_key, .. } = self.open_person(tenant, id).await?;
        // What stands in clear beside a sample proves nothing: an enrolled face must not go because it is called evidence.
        let named = person.samples().map(|(_, s)| *s).find(|s| s.id() == sample);
        if named.is_some_and(|s| !s.is_evidence() || s.created_at() >= before) {
            return Err(Error::Fault("a sample is called evidence and is none".into()));
        }
        let mut changes = Changes::at(self.now());
        let (now, expected) = (changes.now, person.version);
        let biometrics = &mut person.sealed.biometrics;
        if biometrics.face.is_some_and(|face| face.id() == sample) {
            (biometrics.face, biometrics.quality) = (None, None);
        }
        person.version += 1;
        person.updated_at = now;
        let happened = Happened {
            kind: EventKind::EvidenceRemoved,
            status: person.status().as_str(),
            liveness_score: None,
            evidence: None,
        };
        changes.events.push(self.event((tenant, By::Server), id, &key, &happened, now)?);
        changes.removed_samples.push((id, sample));
        let row = self.seal_row(tenant, &person, &key, wrapped_key)?;
        changes.persons.push(PersonChange::Update { row, expected, index: None });
        match self.commit(tenant, changes).await {
            Err(CommitError::Conflict(Conflict::Version(_))) => Err(Error::Stale),
            other => Ok(other.map(drop)?),
        }
    }
}
