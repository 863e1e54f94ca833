//! 1:N: who is it?

use std::sync::Arc;

use domain::biometric::{MatchScore, search_rate};
use domain::{CollectionId, PersonId, SampleId, Status, Time, Verification};
use engine::face::Template;

use crate::access::Caller;
use crate::alike::{Alike, Wanted};
use crate::error::Error;
use crate::face::Models;
use crate::registry::Registry;
use crate::search::{self, Population, Statuses};

/// Whom to look for, and among whom.
#[derive(Clone, Debug)]
pub struct Question {
    /// Face image file.
    pub image: Vec<u8>,
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
    /// The enrolled face that is most alike.
    pub sample: SampleId,
}

/// The answer to "who is it?".
#[derive(Clone, Debug, PartialEq)]
pub struct SearchAnswer {
    /// Most alike first; empty when it is nobody.
    pub candidates: Vec<Identified>,
    /// Persons the face was compared with.
    pub gallery_size: usize,
    /// The probability that somebody who is not enrolled finds a candidate at the threshold.
    pub false_positive_rate: f64,
    /// The threshold a match is judged by.
    pub threshold: MatchScore,
    /// The models.
    pub models: Models,
}

impl Registry {
    /// Looks for the one face in an image among all enrolled ones.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::FacesNotConfigured`], [`Error::GalleryLoading`], [`Error::NoSuchCollection`],
    /// [`Error::Busy`].
    pub async fn search(&self, caller: &Caller, question: Question) -> Result<SearchAnswer, Error> {
        for id in question.collections.iter().flatten() {
            if self.store.collection(caller.tenant, *id).await?.is_none() {
                return Err(Error::NoSuchCollection(*id));
            }
        }
        let template = self.template_of(question.image).await?;
        let population = self.fresh(caller.tenant).await?;
        let inside: Option<Vec<u128>> =
            question.collections.map(|all| all.into_iter().map(search::collection_key).collect());
        let gallery_size = population.gallery().population(inside.as_deref());
        // The least score to be listed may be below what counts as a match, never the other way round.
        let (threshold, least) = match question.wanted {
            Wanted::Score(least) => {
                let threshold = self.threshold_of_search(Wanted::Default, gallery_size);
                (threshold, least)
            }
            wanted => {
                let threshold = self.threshold_of_search(wanted, gallery_size);
                (threshold, threshold)
            }
        };
        let asked = Asked {
            template: &template,
            least,
            limit: question.limit,
            collections: inside,
            statuses: question.statuses,
        };
        let mut candidates = self.candidates(caller, &population, &[asked]).await?.pop().unwrap_or_default();
        candidates.iter_mut().for_each(|c| c.matches = c.alike.score >= threshold);
        Ok(SearchAnswer {
            candidates,
            gallery_size,
            false_positive_rate: search_rate(threshold.rate(), gallery_size),
            threshold,
            models: self.models()?,
        })
    }

    /// The template of the one face in an image.
    pub(crate) async fn template_of(&self, image: Vec<u8>) -> Result<Template, Error> {
        let analysis = self.enrollable(image).await?;
        analysis.template.ok_or_else(|| Error::Fault("an analysis has no template".into()))
    }

    /// Candidates from the gallery, checked against the records: the gallery says who is alike, the store what they are.
    /// All questions are answered in one pass over the gallery.
    pub(crate) async fn candidates(
        &self,
        caller: &Caller,
        population: &Population,
        asked: &[Asked<'_>],
    ) -> Result<Vec<Vec<Identified>>, Error> {
        let now = self.now();
        let questions = asked.iter().map(|asked| self.question(asked, now)).collect::<Result<_, _>>()?;
        let found = self.galleries()?.ask(population, questions).await?;
        let mut all = Vec::with_capacity(found.len());
        for (asked, found) in asked.iter().zip(found) {
            all.push(self.checked(caller, asked, found, now).await?);
        }
        Ok(all)
    }

    fn question(&self, asked: &Asked<'_>, now: Time) -> Result<gallery::Question, Error> {
        let statuses = asked.statuses;
        Ok(gallery::Question {
            probe: search::probe(asked.template)?,
            threshold: self.cosine_for(asked.least)?,
            // Persons with several samples are judged a little more strictly: the order may change at the end.
            limit: asked.limit + SPARE,
            collections: asked.collections.clone(),
            accepts: Some(Arc::new(move |tag| statuses.may_contain(tag, now))),
        })
    }

    async fn checked(
        &self,
        caller: &Caller,
        asked: &Asked<'_>,
        found: Vec<gallery::Candidate>,
        now: Time,
    ) -> Result<Vec<Identified>, Error> {
        let calibration = self.faces()?.calibration();
        let mut candidates = Vec::new();
        for found in found {
            let alike = Alike::of(calibration, found.score(), found.comparisons());
            if alike.score < asked.least {
                continue;
            }
            let person = PersonId::from_bytes(found.subject.to_be_bytes());
            let Some(row) = self.store.person(caller.tenant, person).await? else { continue };
            let status = Verification::from_stored(row.status, row.verified_at, row.expires_at).status(now);
            if !asked.statuses.contains(status) {
                continue;
            }
            let heads = self.store.samples(caller.tenant, person).await?;
            let Some(sample) = heads.iter().find(|h| search::sample_key(h.id) == found.sample) else {
                continue;
            };
            candidates.push(Identified { person, alike, matches: true, status, sample: sample.id });
        }
        candidates.sort_by(|a, b| b.alike.score.get().total_cmp(&a.alike.score.get()));
        candidates.truncate(asked.limit);
        Ok(candidates)
    }
}

/// Candidates beyond the limit that are looked at.
const SPARE: usize = 5;

/// A question to a gallery, in terms of persons.
pub(crate) struct Asked<'a> {
    pub(crate) template: &'a Template,
    pub(crate) least: MatchScore,
    pub(crate) limit: usize,
    pub(crate) collections: Option<Vec<u128>>,
    pub(crate) statuses: Statuses,
}
