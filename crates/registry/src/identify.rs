//! 1:N: who is it?

use std::sync::Arc;

use domain::biometric::{MatchScore, search_rate};
use domain::{CollectionId, PersonId, SampleId, Scope, Status, Time};
use engine::face::Template;

use crate::access::Caller;
use crate::alike::{Alike, Precision, Wanted};
use crate::compare::{Modality, Presented};
use crate::error::Error;
use crate::face::Models;
use crate::finger::{FingerProbe, PrintInfo};
use crate::person::{Person, SampleRef};
use crate::registry::Registry;
use crate::search::{self, Modalities, Population, Statuses};

/// Members of collections, up to so many, whom a search is compared with one by one: else a collection of one would be a way
/// round the limits of a comparison.
const FEW: usize = 10;

/// Whom to look for, and among whom.
#[derive(Clone, Debug)]
pub struct Question {
    /// A face, a fingerprint, or both.
    pub presented: Presented,
    /// Most candidates.
    pub limit: usize,
    /// How sure.
    pub wanted: Wanted,
    /// Only members of at least one of these.
    pub collections: Option<Vec<CollectionId>>,
    /// Only persons of these statuses.
    pub statuses: Statuses,
}

/// Somebody it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Identified {
    /// Who.
    pub person: PersonId,
    /// How alike.
    pub alike: Alike,
    /// Whether the score reaches the threshold.
    pub matches: bool,
    /// The person's status now.
    pub status: Status,
    /// The enrolled sample that is most alike.
    pub sample: SampleId,
    /// How exactly the score is shown.
    pub precision: Precision,
}

/// The answer to "who is it?".
#[derive(Clone, Debug, PartialEq)]
pub struct SearchAnswer {
    /// Most alike first; empty when it is nobody.
    pub candidates: Vec<Identified>,
    /// Persons it was compared with.
    pub gallery_size: usize,
    /// The probability that somebody who is not enrolled finds a candidate at the threshold.
    pub false_positive_rate: f64,
    /// The threshold a match is judged by.
    pub threshold: MatchScore,
    /// How the fingerprint was read, where one was presented.
    pub fingerprint: Option<PrintInfo>,
    /// The models.
    pub models: Models,
}

impl Registry {
    /// Looks for a face, a fingerprint or both among all that are enrolled.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::FacesNotConfigured`], [`Error::FingerprintsNotConfigured`], [`Error::GalleryLoading`],
    /// [`Error::NoSuchCollection`], [`Error::Busy`].
    pub async fn search(&self, caller: &Caller, question: Question) -> Result<SearchAnswer, Error> {
        self.may_try(caller, None).await?;
        for id in question.collections.iter().flatten() {
            if self.store.collection(caller.tenant, *id).await?.is_none() {
                return Err(Error::NoSuchCollection(*id));
            }
        }
        let Presented { face, finger } = question.presented;
        let face = match face {
            Some(image) => Some(self.template_of(image).await?),
            None => None,
        };
        let (finger, fingerprint) = match finger {
            Some(print) => {
                let (probe, info) = self.finger_probe(print).await?;
                (Some(probe), Some(info))
            }
            None => (None, None),
        };
        let about = Modalities { face: face.is_some(), finger: finger.is_some() };
        let population = self.fresh(caller.tenant, about).await?;
        let inside: Option<Vec<u128>> =
            question.collections.map(|all| all.into_iter().map(search::collection_key).collect());
        let gallery_size = population.size(about, inside.as_deref());
        // The least score to be listed may be below what counts as a match, never the other way round.
        let own = self.threshold_of_search(Wanted::Default, gallery_size);
        let (threshold, least) = match question.wanted {
            Wanted::Score(least) => (own, Self::asked_threshold(caller, least, own)),
            wanted => {
                let asked = self.threshold_of_search(wanted, gallery_size);
                let threshold = Self::asked_threshold(caller, asked, own);
                (threshold, threshold)
            }
        };
        let among = Among { least, limit: question.limit, collections: inside, statuses: question.statuses };
        let (seen, modality) = match (&face, &finger) {
            (Some(face), Some(finger)) => {
                (self.seen_by_both(&population, face, finger, &among).await?, Modality::Both)
            }
            (None, Some(finger)) => {
                (self.seen_by_finger(&population, finger, &among).await?, Modality::Fingerprint)
            }
            (Some(face), None) => (self.seen_by_face(&population, face, &among).await?, Modality::Face),
            (None, None) => return Err(Error::Fault("nothing was presented".into())),
        };
        let mut candidates = self.checked(caller, &among, seen).await?;
        for candidate in &mut candidates {
            candidate.matches = candidate.alike.score >= threshold;
            candidate.precision = Self::precision(caller, &candidate.alike, [own, threshold]);
        }
        let few = among.collections.is_some() && gallery_size <= FEW;
        self.count_search(caller, &candidates, own, few).await?;
        Ok(SearchAnswer {
            candidates,
            gallery_size,
            false_positive_rate: search_rate(threshold.rate(), gallery_size),
            threshold,
            fingerprint,
            models: self.models_of(modality)?,
        })
    }

    /// A search that names somebody below the tenant's own threshold tells a token how near it came: that is a failed
    /// comparison. One that names nobody tells nothing, unless it was about a few: that is a comparison with each of them.
    async fn count_search(
        &self,
        caller: &Caller,
        candidates: &[Identified],
        own: MatchScore,
        few: bool,
    ) -> Result<(), Error> {
        // Somebody who matches hides nobody else: else a decoy would make every other answer free.
        let tells = candidates.iter().any(|c| c.alike.score < own) || (few && candidates.is_empty());
        if tells && !caller.may(Scope::PersonsReview) {
            self.note_failed(caller, None).await?;
        }
        Ok(())
    }

    /// The template of the one face in an image.
    pub(crate) async fn template_of(&self, image: Vec<u8>) -> Result<Template, Error> {
        let analysis = self.enrollable(image).await?;
        analysis.template.ok_or_else(|| Error::Fault("an analysis has no template".into()))
    }

    /// Whom the gallery of faces finds; all questions in one pass.
    pub(crate) async fn seen_by_faces(
        &self,
        population: &Population,
        template: &Template,
        asked: &[&Among],
    ) -> Result<Vec<Vec<Seen>>, Error> {
        let (now, calibration) = (self.now(), self.faces()?.calibration());
        let question = |among: &&Among| {
            Ok(gallery::Question {
                probe: search::probe(template)?,
                // The gallery takes off what those who are enrolled are known less well; the probe's is the same for all.
                threshold: self.cosine_for(among.least)? + template.discount(),
                // Persons with several samples are judged a little more strictly: the order may change at the end.
                limit: among.limit + SPARE,
                collections: among.collections.clone(),
                accepts: Some(among.accepts(now)),
            })
        };
        let questions = asked.iter().map(question).collect::<Result<_, Error>>()?;
        let found = self.galleries()?.ask(population, questions).await?;
        let seen = |c: gallery::Candidate| Seen {
            subject: c.subject,
            sample: c.sample,
            alike: Alike::of(calibration, c.score() - template.discount(), c.comparisons()),
        };
        Ok(found.into_iter().map(|found| found.into_iter().map(seen).collect()).collect())
    }

    async fn seen_by_face(
        &self,
        population: &Population,
        template: &Template,
        among: &Among,
    ) -> Result<Vec<Seen>, Error> {
        Ok(self.seen_by_faces(population, template, &[among]).await?.pop().unwrap_or_default())
    }

    /// Whom the gallery of fingerprints finds.
    pub(crate) async fn seen_by_finger(
        &self,
        population: &Population,
        finger: &FingerProbe,
        among: &Among,
    ) -> Result<Vec<Seen>, Error> {
        let question = minutiae::gallery::Question {
            thresholds: self.prints_for(among.least)?,
            limit: among.limit + SPARE,
            collections: among.collections.clone(),
            accepts: Some(among.accepts(self.now())),
            ..self.about(finger)
        };
        let found = self.galleries()?.ask_fingers(population, question).await?;
        found.into_iter().map(|c| self.seen_print(c)).collect()
    }

    /// A question about a fingerprint, of everybody.
    fn about(&self, finger: &FingerProbe) -> minutiae::gallery::Question {
        minutiae::gallery::Question {
            probe: Arc::clone(&finger.probe),
            foreign: finger.foreign,
            position: finger.position,
            thresholds: [0.0; 2],
            limit: usize::MAX,
            collections: None,
            accepts: None,
        }
    }

    fn seen_print(&self, c: minutiae::gallery::Candidate) -> Result<Seen, Error> {
        let alike = Alike::of(self.fingers()?.calibration(c.foreign), c.score, 1).among(c.comparisons);
        Ok(Seen { subject: c.subject, sample: c.sample, alike })
    }

    /// How alike one enrolled person is, by face.
    pub(crate) fn face_of_subject(
        &self,
        population: &Population,
        template: &Template,
        subject: u128,
    ) -> Result<Option<Seen>, Error> {
        let calibration = self.faces()?.calibration();
        let found = population.gallery().compare(&search::probe(template)?, subject);
        Ok(found.map(|c| Seen {
            subject,
            sample: c.sample,
            alike: Alike::of(calibration, c.score() - template.discount(), c.comparisons()),
        }))
    }

    /// How alike one enrolled person is, by fingerprint.
    pub(crate) fn finger_of_subject(
        &self,
        population: &Population,
        finger: &FingerProbe,
        subject: u128,
    ) -> Result<Option<Seen>, Error> {
        let found = population.fingers().compare(&self.about(finger), subject);
        found.map(|c| self.seen_print(c)).transpose()
    }

    /// Whom face and fingerprint find together: whoever is among the best by either is judged by both. One who has only one of
    /// the two is judged by that.
    async fn seen_by_both(
        &self,
        population: &Population,
        face: &Template,
        finger: &FingerProbe,
        among: &Among,
    ) -> Result<Vec<Seen>, Error> {
        let loose = Among { least: MatchScore::LEAST, limit: among.limit.max(WIDE), ..among.clone() };
        let by_face = self.seen_by_face(population, face, &loose).await?;
        let by_finger = self.seen_by_finger(population, finger, &loose).await?;
        let mut subjects: Vec<u128> = by_face.iter().chain(&by_finger).map(|s| s.subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let of = |all: &[Seen], subject: u128| all.iter().find(|s| s.subject == subject).copied();
        let mut seen = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let face = match of(&by_face, subject) {
                Some(seen) => Some(seen),
                None => self.face_of_subject(population, face, subject)?,
            };
            let finger = match of(&by_finger, subject) {
                Some(seen) => Some(seen),
                None => self.finger_of_subject(population, finger, subject)?,
            };
            seen.extend(together(face, finger));
        }
        seen.sort_by(|a, b| a.alike.false_match_rate.total_cmp(&b.alike.false_match_rate));
        Ok(seen)
    }

    /// Candidates from the galleries, checked against what is sealed: the gallery says who is alike, the record what they are
    /// and which samples are theirs. A record that does not open is nobody's.
    pub(crate) async fn checked(
        &self,
        caller: &Caller,
        among: &Among,
        seen: Vec<Seen>,
    ) -> Result<Vec<Identified>, Error> {
        let now = self.now();
        let mut candidates = Vec::new();
        // A few more than asked for: some may turn out to be of another status.
        for seen in seen.into_iter().filter(|s| s.alike.score >= among.least).take(among.limit + SPARE) {
            let person = PersonId::from_bytes(seen.subject.to_be_bytes());
            let Some(row) = self.store.person(caller.tenant, person).await? else { continue };
            let opened = self.open_row(caller.tenant, row, now).await;
            let Some(opened) = self.unless_damaged(caller.tenant, person, opened)? else { continue };
            let opened = opened.person;
            if !among.statuses.contains(opened.status()) || !among.holds(&opened) {
                continue;
            }
            let is_it = |s: &&SampleRef| search::sample_key(s.id()) == seen.sample && !s.is_evidence();
            let Some(sample) = opened.samples().map(|(_, s)| s).find(is_it) else {
                continue;
            };
            candidates.push(Identified {
                person,
                alike: seen.alike,
                matches: true,
                status: opened.status(),
                sample: sample.id(),
                precision: Precision::Exact,
            });
        }
        candidates.sort_by(|a, b| b.alike.score.get().total_cmp(&a.alike.score.get()));
        candidates.truncate(among.limit);
        Ok(candidates)
    }
}

/// What is seen of a person by face and by finger, put together; the sample is that of the more telling of the two.
pub(crate) fn together(face: Option<Seen>, finger: Option<Seen>) -> Option<Seen> {
    match (face, finger) {
        (Some(face), Some(finger)) => {
            let telling =
                if face.alike.false_match_rate <= finger.alike.false_match_rate { face } else { finger };
            Some(Seen { alike: face.alike.fused(finger.alike), ..telling })
        }
        // One alone vouches for so much and no more, beside persons who are known by both.
        (one, other) => one.or(other).map(|seen| Seen { alike: seen.alike.alone(), ..seen }),
    }
}

/// Candidates beyond the limit that are looked at.
const SPARE: usize = 5;

/// Persons that each of two modalities brings forward to be judged by both.
const WIDE: usize = 100;

/// Among whom is looked, and how sure one wants to be.
#[derive(Clone)]
pub(crate) struct Among {
    pub(crate) least: MatchScore,
    pub(crate) limit: usize,
    pub(crate) collections: Option<Vec<u128>>,
    pub(crate) statuses: Statuses,
}

impl Among {
    /// Whether a person is in one of the collections that are asked about.
    fn holds(&self, person: &Person) -> bool {
        let inside = |all: &Vec<u128>| {
            person.profile().collections().any(|own| all.contains(&search::collection_key(own)))
        };
        self.collections.as_ref().is_none_or(inside)
    }

    fn accepts(&self, now: Time) -> Arc<dyn Fn(u32) -> bool + Send + Sync> {
        let statuses = self.statuses;
        Arc::new(move |tag| statuses.may_contain(tag, now))
    }
}

/// Somebody a gallery has found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) subject: u128,
    pub(crate) sample: u64,
    pub(crate) alike: Alike,
}
