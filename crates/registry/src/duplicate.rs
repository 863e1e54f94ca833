//! The same human twice: refused, put on the review list, or allowed.

use std::sync::Arc;

use domain::biometric::MatchScore;
use domain::{DuplicateId, PersonId, Status, TenantId, Time};
use engine::face::Template;
use serde::{Deserialize, Serialize};
use store::{Changes, CommitError, Committed, Conflict, PairChange, PairRow};

use crate::access::Caller;
use crate::alike::Alike;
use crate::compare::Modality;
use crate::error::Error;
use crate::finger::FingerProbe;
use crate::idempotency::{Idempotency, Ticket};
use crate::identify::Among;
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;
use crate::search::{self, Entry, Modalities, Population, Statuses};
use crate::settings::OnDuplicate;

pub use store::PairDecision;

/// Most persons one enrolment is told to be alike to.
const MOST: usize = 20;
/// Most of those who are not proven now that are looked at.
const CROWD: usize = 100;
/// Rate of strangers from which somebody is looked at by both face and finger.
const SOMEWHAT: f64 = 1e-3;
/// Rate of strangers below which one of two modalities says something of its own.
const SAYS_SOMETHING: f64 = 1e-2;
/// Rounds of comparing with those who were enrolled meanwhile.
const ATTEMPTS: usize = 1_000;

/// What is kept of a pair.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sealed {
    score: f32,
    false_match_rate: f64,
    model: String,
    #[serde(default)]
    decided_at: Option<i64>,
    #[serde(default)]
    decided_by: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

/// A decision as it was answered.
#[derive(Serialize, Deserialize)]
struct Decided {
    decision: u8,
    at: i64,
    reason: Option<String>,
}

/// Two persons who may be one.
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicate {
    /// Its identifier.
    pub id: DuplicateId,
    /// The two.
    pub persons: [PersonId; 2],
    /// When it was noticed.
    pub created_at: Time,
    /// How alike they were then, on the published scale.
    pub score: f32,
    /// The part of strangers that are at least as alike.
    pub false_match_rate: f64,
    /// The model that said so.
    pub model: String,
    /// What was decided.
    pub decision: PairDecision,
    /// When.
    pub decided_at: Option<Time>,
    /// Why.
    pub reason: Option<String>,
}

/// Whose word it is that a sample is the person's it is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Nobody's but the client's, or it makes somebody proven.
    Nobodys,
    /// It matches what is enrolled of the person already, which was looked for when it came.
    Enrolled,
    /// A reviewer's, against what a comparison says.
    Reviewers,
}

/// A face, a fingerprint or both on their way into the galleries.
pub(crate) struct Enrolling {
    person: PersonId,
    face: Option<Arc<Template>>,
    finger: Option<FingerProbe>,
    on_duplicate: OnDuplicate,
}

impl Enrolling {
    /// The one rule for every way in which samples come: all are looked for among the others, but for those that match what is
    /// enrolled of the same person, and those of a presentation that failed, which are not handed over: they claim nothing. What
    /// a reviewer forces is not refused, for that is what the word is for; it is put before reviewers all the same.
    pub(crate) fn new(
        person: PersonId,
        face: Option<(Arc<Template>, Word)>,
        finger: Option<(FingerProbe, Word)>,
        policy: OnDuplicate,
    ) -> Self {
        let words = [face.as_ref().map(|(_, word)| *word), finger.as_ref().map(|(_, word)| *word)];
        let is_forced = words.contains(&Some(Word::Reviewers));
        let on_duplicate = match policy {
            OnDuplicate::Reject if is_forced => OnDuplicate::Flag,
            other => other,
        };
        let face = face.filter(|(_, word)| *word != Word::Enrolled).map(|(face, _)| face);
        let finger = finger.filter(|(_, word)| *word != Word::Enrolled).map(|(finger, _)| finger);
        Self { person, face, finger, on_duplicate }
    }

    const fn about(&self) -> Modalities {
        Modalities { face: self.face.is_some(), finger: self.finger.is_some() }
    }
}

/// Somebody who is alike.
struct Suspect {
    person: PersonId,
    alike: Alike,
    /// Who says so.
    model: String,
    /// Whether that is enough to refuse: a single finger is not, because the rates at which persons are taken for one lie below
    /// all that was observed of fingers (`observed` in the models' manifest).
    telling: bool,
}

impl Registry {
    /// Commits an enrolment once it is sure that face and finger are nobody else's, as far as the caller wants that: of any
    /// two enrolments of one human, wherever they come from, one is compared with the other.
    ///
    /// # Errors
    /// [`Error::Duplicate`], [`Error::GalleryLoading`], or what the store says.
    pub(crate) async fn commit_enrolment(
        &self,
        caller: &Caller,
        enrolling: Enrolling,
        mut changes: Changes,
    ) -> Result<Committed, Error> {
        let tenant = caller.tenant;
        // What a finger is called is the client's word: under another name it is still the same finger.
        let enrolling = Enrolling { finger: enrolling.finger.map(FingerProbe::of_any_name), ..enrolling };
        let about = enrolling.about();
        if enrolling.on_duplicate == OnDuplicate::Allow || !(about.face || about.finger) {
            return Ok(self.commit(tenant, changes).await?);
        }
        // First entered, then searched: whoever commits between the two is found by the search or in flight.
        let population = self.galleries()?.of(tenant);
        let (place, earlier) =
            population.in_flight.enter(enrolling.person, enrolling.face.clone(), enrolling.finger.clone());
        self.fresh(tenant, about).await?;
        let mut position = population.position().ok_or(Error::GalleryLoading)?;
        if population.lacks_templates(about) {
            return Err(Error::GalleryLoading);
        }
        let mut suspects = self.suspects(caller, &population, &enrolling).await?;
        suspects.extend(self.suspects_in_flight(&population, &enrolling, earlier).await?);
        let different = self.known_to_differ(tenant, enrolling.person).await?;
        for _ in 0..ATTEMPTS {
            suspects.retain(|s| s.person != enrolling.person && !different.contains(&s.person));
            self.weigh(tenant, &enrolling, &suspects, &mut changes).await?;
            changes.searched_up_to = Some(position);
            changes.compared_with = place.others();
            match self.commit(tenant, changes.clone()).await {
                Ok(committed) => {
                    // Only to spare the next search the work: it would catch up by itself.
                    let _ = self.catch_up(tenant, &population, committed.sequence).await;
                    place.enrolled();
                    return Ok(committed);
                }
                Err(CommitError::Conflict(Conflict::Enrolled { persons, up_to })) => {
                    self.catch_up(tenant, &population, up_to).await?;
                    // Somebody enrolled with newer models meanwhile is not comparable: the next attempt sees with those.
                    if population.lacks_templates(about) {
                        return Err(Error::GalleryLoading);
                    }
                    position = up_to;
                    suspects = self.alike_among(&population, &enrolling, &persons)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// All enrolled persons who are alike: those who are proven by themselves, so that no number of others hides them.
    async fn suspects(
        &self,
        caller: &Caller,
        population: &Population,
        enrolling: &Enrolling,
    ) -> Result<Vec<Suspect>, Error> {
        let limit = self.threshold(population, enrolling);
        // Where there are two to go by, whoever is somewhat alike by one may be so by both.
        let both = enrolling.about() == Modalities { face: true, finger: true };
        let least = if both { MatchScore::at_rate(limit.rate().max(SOMEWHAT)) } else { limit };
        // Somebody who was verified and has changed since is among those who are not proven now: of them more are looked at, so
        // that a crowd does not hide one.
        let among = [(Statuses::PROVEN, MOST), (Statuses::UNPROVEN, CROWD)].map(|(statuses, limit)| Among {
            least,
            limit,
            collections: None,
            statuses,
        });
        let mut subjects = Vec::new();
        if let Some(face) = &enrolling.face {
            let seen = self.seen_by_faces(population, face, &[&among[0], &among[1]]).await?;
            for (among, seen) in among.iter().zip(seen) {
                subjects.extend(self.checked(caller, among, seen).await?.into_iter().map(|c| c.person));
            }
        }
        if let Some(finger) = &enrolling.finger {
            // A finger alone refuses nobody: nothing is won by hiding one among others, and one pass is enough.
            let all = [Among { limit: CROWD, statuses: Statuses::ALL, ..among[0].clone() }];
            for among in if both { &among[..] } else { &all[..] } {
                let seen = self.seen_by_finger(population, finger, among).await?;
                subjects.extend(self.checked(caller, among, seen).await?.into_iter().map(|c| c.person));
            }
        }
        subjects.sort_unstable();
        subjects.dedup();
        self.alike_among(population, enrolling, &subjects)
    }

    /// The threshold from which two are taken for one.
    fn threshold(&self, population: &Population, enrolling: &Enrolling) -> MatchScore {
        self.threshold_of_duplicates(population.size(enrolling.about(), None))
    }

    /// Those of `earlier` who are alike and have been enrolled: for each such, its end is waited for.
    async fn suspects_in_flight(
        &self,
        population: &Population,
        enrolling: &Enrolling,
        earlier: Vec<Entry>,
    ) -> Result<Vec<Suspect>, Error> {
        let mut suspects = Vec::new();
        for entry in earlier {
            let person = entry.person;
            // Who gets a face now may have a finger in the gallery already, and the other way round.
            let subject = search::subject(person);
            let face = match &enrolling.face {
                Some(face) => match entry.cosine(face) {
                    Some(cosine) => Some(Alike::of(self.faces()?.calibration(), cosine, 1)),
                    None => self.face_of_subject(population, face, subject)?.map(|s| s.alike),
                },
                None => None,
            };
            let finger = match &enrolling.finger {
                Some(finger) => match entry.finger_score(finger) {
                    Some((score, foreign)) => Some(Alike::of(self.fingers()?.calibration(foreign), score, 1)),
                    None => self.finger_of_subject(population, finger, subject)?.map(|s| s.alike),
                },
                None => None,
            };
            let suspect = self.suspect(population, enrolling, person, (face, finger))?;
            if suspect.is_some() && entry.enrolled().await {
                suspects.extend(suspect);
            }
        }
        Ok(suspects)
    }

    /// Those of `persons` who are alike, as the galleries know them.
    fn alike_among(
        &self,
        population: &Population,
        enrolling: &Enrolling,
        persons: &[PersonId],
    ) -> Result<Vec<Suspect>, Error> {
        let mut suspects = Vec::new();
        for person in persons {
            let subject = search::subject(*person);
            let face = match &enrolling.face {
                Some(face) => self.face_of_subject(population, face, subject)?.map(|s| s.alike),
                None => None,
            };
            let finger = match &enrolling.finger {
                Some(finger) => self.finger_of_subject(population, finger, subject)?.map(|s| s.alike),
                None => None,
            };
            suspects.extend(self.suspect(population, enrolling, *person, (face, finger))?);
        }
        Ok(suspects)
    }

    /// Whether somebody is suspected, by how alike face and finger are.
    fn suspect(
        &self,
        population: &Population,
        enrolling: &Enrolling,
        person: PersonId,
        (face, finger): (Option<Alike>, Option<Alike>),
    ) -> Result<Option<Suspect>, Error> {
        let threshold = self.threshold(population, enrolling);
        // Together they tell something only where each does: else one finger would decide alone.
        let says = |alike: &Alike| alike.false_match_rate <= SAYS_SOMETHING;
        let both = face.zip(finger).filter(|(face, finger)| says(face) && says(finger));
        let both = both.map(|(face, finger)| face.fused(finger));
        let reaches = |alike: &Option<Alike>| alike.filter(|a| a.score >= threshold);
        let found = match (reaches(&both), reaches(&face), reaches(&finger)) {
            (Some(both), None, _) => Some((both, true, Modality::Both)),
            (_, Some(face), _) => Some((face, true, Modality::Face)),
            (None, None, Some(finger)) => Some((finger, false, Modality::Fingerprint)),
            (None, None, None) => None,
        };
        let Some((alike, telling, modality)) = found else { return Ok(None) };
        let models = self.models_of(modality)?;
        let names: Vec<String> = models.embedder.into_iter().chain(models.extractor).collect();
        Ok(Some(Suspect { person, alike, telling, model: names.join("+") }))
    }

    /// Persons of whom a reviewer has said that they are somebody else.
    async fn known_to_differ(&self, tenant: TenantId, person: PersonId) -> Result<Vec<PersonId>, Error> {
        let mut different = Vec::new();
        for row in self.store.pairs_of(tenant, person).await? {
            if row.decision != PairDecision::Different {
                continue;
            }
            // What stands in clear proves nothing: the decision counts where it is sealed.
            let opened = self.open_pair(tenant, row).await;
            if let Some((pair, ..)) = self.unless_damaged(tenant, person, opened)? {
                different.extend(pair.persons);
            }
        }
        Ok(different)
    }

    /// Refuses where a proven person is alike, or notes a pair for review. An unproven claim refuses nobody: else
    /// whoever comes first with a stranger's photograph would lock the stranger out.
    async fn weigh(
        &self,
        tenant: TenantId,
        enrolling: &Enrolling,
        suspects: &[Suspect],
        changes: &mut Changes,
    ) -> Result<(), Error> {
        for suspect in suspects {
            let Some(row) = self.store.person(tenant, suspect.person).await? else { continue };
            // A status that was set by hand refuses nobody.
            let opened = self.open_row(tenant, row, changes.now).await;
            let Some(opened) = self.unless_damaged(tenant, suspect.person, opened)? else { continue };
            let status = opened.person.status();
            // Who was verified once stays so for this: else a changed name would make room for a second record.
            let proven = opened.person.is_anchored() || matches!(status, Status::Verified | Status::Expired);
            // A presentation that failed claims nothing.
            if status == Status::Failed && !proven {
                continue;
            }
            if proven && suspect.telling && enrolling.on_duplicate == OnDuplicate::Reject {
                return Err(Error::Duplicate(suspect.person));
            }
            // However many are alike, each is looked at; the review list takes so many.
            if changes.pairs.len() >= MOST {
                continue;
            }
            let pair = self.pair(tenant, enrolling.person, suspect, changes.now).await?;
            changes.pairs.push(PairChange::Insert(pair));
        }
        Ok(())
    }

    async fn pair(
        &self,
        tenant: TenantId,
        person: PersonId,
        suspect: &Suspect,
        now: Time,
    ) -> Result<PairRow, Error> {
        let mut row = PairRow {
            id: DuplicateId::new(now, &*self.random),
            persons: [person.min(suspect.person), person.max(suspect.person)],
            created_at: now,
            decision: PairDecision::Open,
            version: 1,
            sealed: Vec::new(),
        };
        let sealed = Sealed {
            score: suspect.alike.score.get(),
            false_match_rate: suspect.alike.false_match_rate,
            model: suspect.model.clone(),
            decided_at: None,
            decided_by: None,
            reason: None,
        };
        row.sealed = self.seal_pair(tenant, &row, &sealed).await?;
        Ok(row)
    }

    /// The pairs of a person that is taken into another, as that other's: of what was found by a sample, the decision included,
    /// nothing is lost when the sample becomes somebody else's.
    pub(crate) async fn pairs_taken_over(
        &self,
        tenant: TenantId,
        (from, to): (PersonId, PersonId),
        now: Time,
    ) -> Result<Vec<PairChange>, Error> {
        let mut taken = Vec::new();
        for row in self.store.pairs_of(tenant, from).await? {
            let opened = self.open_pair(tenant, row).await;
            let Some((_, sealed, row)) = self.unless_damaged(tenant, from, opened)? else { continue };
            let Some(other) = row.persons.into_iter().find(|person| *person != from && *person != to) else {
                continue;
            };
            let id = DuplicateId::new(now, &*self.random);
            let persons = [to.min(other), to.max(other)];
            let mut moved = PairRow { id, persons, created_at: now, version: 1, sealed: Vec::new(), ..row };
            moved.sealed = self.seal_pair(tenant, &moved, &sealed).await?;
            taken.push(PairChange::Insert(moved));
        }
        Ok(taken)
    }

    async fn seal_pair(&self, tenant: TenantId, row: &PairRow, sealed: &Sealed) -> Result<Vec<u8>, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let plain = serde_json::to_vec(sealed)?;
        Ok(keys.records().seal(nonce(&*self.random), &place::pair(tenant, row), &plain)?)
    }

    async fn open_pair(&self, tenant: TenantId, row: PairRow) -> Result<(Duplicate, Sealed, PairRow), Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let plain = keys.records().open(&place::pair(tenant, &row), row.sealed.clone())?;
        let sealed: Sealed = serde_json::from_slice(&plain)?;
        let duplicate = Duplicate {
            id: row.id,
            persons: row.persons,
            created_at: row.id.created_at(),
            score: sealed.score,
            false_match_rate: sealed.false_match_rate,
            model: sealed.model.clone(),
            decision: row.decision,
            decided_at: sealed.decided_at.map(Time::from_millis),
            reason: sealed.reason.clone(),
        };
        Ok((duplicate, sealed, row))
    }

    /// Pairs with a decision, newest first, from the first before `before` on, and whether more follow.
    ///
    /// # Errors
    /// What the store says.
    pub async fn duplicates(
        &self,
        caller: &Caller,
        decision: PairDecision,
        before: Option<DuplicateId>,
        limit: u32,
    ) -> Result<(Vec<Duplicate>, bool), Error> {
        let mut rows = self.store.pairs(caller.tenant, decision, before, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let mut duplicates = Vec::with_capacity(rows.len());
        for row in rows {
            let [person, _] = row.persons;
            let opened = self.open_pair(caller.tenant, row).await;
            duplicates.extend(self.unless_damaged(caller.tenant, person, opened)?.map(|(pair, ..)| pair));
        }
        Ok((duplicates, more))
    }

    /// Decides of a pair; deciding anew replaces what was decided.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::KeyReused`], [`Error::InProgress`], or what the store says.
    pub async fn decide_duplicate(
        &self,
        caller: &Caller,
        id: DuplicateId,
        decision: PairDecision,
        reason: Option<String>,
        key: Option<Idempotency>,
    ) -> Result<Duplicate, Error> {
        let held = match self.ticket_of::<Decided>(caller, key).await? {
            Ticket::Again(decided, _) => return self.as_decided(caller, id, decided).await,
            Ticket::First(held) => held,
        };
        for _ in 0..ATTEMPTS {
            let row = self.store.pair(caller.tenant, id).await?.ok_or(Error::NotFound)?;
            let (_, mut sealed, mut row) = self.open_pair(caller.tenant, row).await?;
            let mut changes = Changes::at(self.now());
            let now = changes.now;
            sealed.decided_at = Some(now.millis());
            sealed.decided_by = Some(caller.token.to_string());
            sealed.reason.clone_from(&reason);
            let expected = row.version;
            (row.decision, row.version) = (decision, expected + 1);
            row.sealed = self.seal_pair(caller.tenant, &row, &sealed).await?;
            changes.pairs.push(PairChange::Update { row: row.clone(), expected });
            if let Some((request, _)) = held {
                let decided = Decided { decision: decision as u8, at: now.millis(), reason: reason.clone() };
                changes.idempotency = Some(self.keep_answer_of(caller, request, &decided, 200, now).await?);
            }
            match self.commit(caller.tenant, changes).await {
                Ok(_) => return Ok(self.open_pair(caller.tenant, row).await?.0),
                Err(CommitError::Conflict(Conflict::Pair(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// A pair as an earlier decision left it.
    async fn as_decided(
        &self,
        caller: &Caller,
        id: DuplicateId,
        decided: Decided,
    ) -> Result<Duplicate, Error> {
        let row = self.store.pair(caller.tenant, id).await?.ok_or(Error::NotFound)?;
        let (mut pair, ..) = self.open_pair(caller.tenant, row).await?;
        pair.decision = PairDecision::from_number(decided.decision)
            .ok_or_else(|| Error::Fault("a kept decision is none".into()))?;
        (pair.decided_at, pair.reason) = (Some(Time::from_millis(decided.at)), decided.reason);
        Ok(pair)
    }
}
