//! 1:1: is it this person? Are these two one? And which faces are there at all?

use domain::{PersonId, Status};
use engine::face::{Detection, Template};
use store::{SampleHead, SampleKind};

use crate::access::Caller;
use crate::alike::{Alike, Precision, Verdict, Wanted};
use crate::attempts::Shows;
use crate::error::Error;
use crate::evidence::Quality;
use crate::face::Models;
use crate::finger::{EnrolledPrint, NewPrint, PrintInfo};
use crate::records::Opened;
use crate::registry::Registry;
use crate::remake::Held;
use crate::search::Statuses;

/// The answer to a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Of the most alike.
    pub best: Verdict,
    /// One for each image of the gallery.
    pub results: Vec<Verdict>,
    /// The models.
    pub models: Models,
}

/// A face that was found; lengths in pixels of the upright image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectedFace {
    /// Left edge, upper edge, width and height; may reach outside the image.
    pub rectangle: [f32; 4],
    /// Eye on the left of the image, eye on the right, nose tip, left and right corner of the mouth.
    pub landmarks: [[f32; 2]; 5],
    /// What was measured.
    pub quality: Quality,
}

/// The faces of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// Width of the upright image.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The faces, the tallest first.
    pub faces: Vec<DetectedFace>,
    /// The models.
    pub models: Models,
}

/// Attempts to read a person whom others are changing.
const ATTEMPTS: usize = 8;

/// What is presented to be compared or looked for: a face, a fingerprint, or both.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    /// Face image file.
    pub face: Option<Vec<u8>>,
    /// Fingerprint.
    pub finger: Option<NewPrint>,
}

/// What an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// A face.
    Face,
    /// A fingerprint.
    Fingerprint,
    /// Both together.
    Both,
}

impl Modality {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Fingerprint => "fingerprint",
            Self::Both => "face+fingerprint",
        }
    }
}

/// How alike one of two things is that were presented.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Which.
    pub of: Modality,
    /// How alike.
    pub alike: Alike,
    /// How exactly that is shown.
    pub precision: Precision,
}

/// The answer to "is it this person?", and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Of all that was presented.
    pub verdict: Verdict,
    /// What that was.
    pub modality: Modality,
    /// Where it was both: how alike each was.
    pub parts: Vec<Part>,
    /// How the fingerprint was read, where one was presented.
    pub fingerprint: Option<PrintInfo>,
    /// The models.
    pub models: Models,
    /// What the person is now.
    pub status: Status,
    /// How exactly scores are shown.
    pub precision: Precision,
}

impl Registry {
    /// Compares a face, a fingerprint or both with what is enrolled of a person; nothing is stored but that it failed, where
    /// it did. Whatever threshold is asked for, a comparison below the tenant's own counts as failed. A person of another
    /// status than `statuses` matches nobody.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NoFaceEnrolled`], [`Error::NoFingerprintEnrolled`], [`Error::Rejected`],
    /// [`Error::AttemptLimit`], [`Error::FacesNotConfigured`], [`Error::FingerprintsNotConfigured`].
    pub async fn verify(
        &self,
        caller: &Caller,
        id: PersonId,
        presented: Presented,
        wanted: Wanted,
        statuses: Statuses,
    ) -> Result<Verified, Error> {
        let own = self.threshold_of_one(Wanted::Default);
        let threshold = Self::asked_threshold(caller, self.threshold_of_one(wanted), own);
        let tried = self.may_try(caller, Some(id)).await?;
        let mut status = None;
        let mut alike_of = |found: (Status, Alike)| {
            status = Some(found.0);
            found.1
        };
        let face = match presented.face {
            Some(image) => Some(alike_of(self.face_of(caller, id, image).await?)),
            None => None,
        };
        let (finger, fingerprint) = match presented.finger {
            Some(print) => {
                let (found, info) = self.finger_of(caller, id, print).await?;
                (Some(alike_of(found)), Some(info))
            }
            None => (None, None),
        };
        // Each part is shown as exactly as it would be alone: else the one that is known would let the other be climbed.
        let part = |of: Modality, alike: Alike| Part {
            of,
            alike,
            precision: Self::precision(caller, &alike, [own, threshold]),
        };
        let (alike, modality, parts) = match (face, finger) {
            (Some(face), Some(finger)) => {
                let parts = vec![part(Modality::Face, face), part(Modality::Fingerprint, finger)];
                (face.fused(finger), Modality::Both, parts)
            }
            (Some(face), None) => (face, Modality::Face, Vec::new()),
            (None, Some(finger)) => (finger, Modality::Fingerprint, Vec::new()),
            (None, None) => return Err(Error::Fault("nothing was presented".into())),
        };
        let status = status.ok_or_else(|| Error::Fault("nothing was presented".into()))?;
        let shows = Shows::of(face.is_some(), finger.is_some());
        if alike.score >= own {
            self.note_passed(caller, tried, shows).await;
        } else {
            self.note_failed(caller, Some((id, shows))).await?;
        }
        let models = self.models_of(modality)?;
        let mut verdict = Verdict::of(alike, threshold);
        verdict.matches &= statuses.contains(status);
        let precision = Self::precision(caller, &alike, [own, threshold]);
        Ok(Verified { verdict, modality, parts, fingerprint, models, status, precision })
    }

    /// The models an answer rests on.
    pub(crate) fn models_of(&self, modality: Modality) -> Result<Models, Error> {
        match modality {
            Modality::Face => self.models(),
            Modality::Fingerprint => self.finger_models(),
            Modality::Both => Ok(self.models()?.and(self.finger_models()?)),
        }
    }

    async fn face_of(&self, caller: &Caller, id: PersonId, image: Vec<u8>) -> Result<(Status, Alike), Error> {
        let (status, enrolled) = self.enrolled_of(caller, id).await?;
        let template = self.template_of(image).await?;
        Ok((status, self.alike(&enrolled, &template)?))
    }

    async fn finger_of(
        &self,
        caller: &Caller,
        id: PersonId,
        print: NewPrint,
    ) -> Result<((Status, Alike), PrintInfo), Error> {
        let (status, enrolled) = match self.enrolled_prints_of(caller, id).await {
            // Whether there is such a person comes before what could be said of one.
            Err(Error::NoFingerprintEnrolled) if self.fingers.is_none() => {
                Err(Error::FingerprintsNotConfigured)
            }
            other => other,
        }?;
        let (probe, info) = self.finger_probe(print).await?;
        let alike = self.alike_print(&enrolled, &probe)?.ok_or(Error::NoFingerprintEnrolled)?;
        Ok(((status, alike), info))
    }

    /// The fingerprints that are enrolled of a person; whoever is changed between two reads is read again.
    async fn enrolled_prints_of(
        &self,
        caller: &Caller,
        id: PersonId,
    ) -> Result<(Status, Vec<EnrolledPrint>), Error> {
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let enrolled = self.enrolled_prints(caller, &opened).await?;
            if !enrolled.is_empty() {
                return Ok((opened.person.status(), enrolled));
            }
            if self.is_unchanged(caller, &opened).await? {
                return Err(Error::NoFingerprintEnrolled);
            }
        }
        Err(Error::Busy)
    }

    /// The templates that are enrolled of a person. Who is erased or changed between two reads is not called faceless.
    async fn enrolled_of(&self, caller: &Caller, id: PersonId) -> Result<(Status, Vec<Template>), Error> {
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let enrolled = self.enrolled(caller, &opened).await?;
            if !enrolled.is_empty() {
                return Ok((opened.person.status(), enrolled));
            }
            if self.is_unchanged(caller, &opened).await? {
                return Err(Error::NoFaceEnrolled);
            }
        }
        Err(Error::Busy)
    }

    /// Whether a person is still as it was read.
    async fn is_unchanged(&self, caller: &Caller, read: &Opened) -> Result<bool, Error> {
        let now = self.store.person(caller.tenant, read.person.id).await?.ok_or(Error::NotFound)?;
        Ok(now.version == read.person.version)
    }

    /// The templates of the model in force that are enrolled of a person; those that are missing are made.
    pub(crate) async fn enrolled(&self, caller: &Caller, opened: &Opened) -> Result<Vec<Template>, Error> {
        let mut enrolled = Vec::new();
        for sample in self.store.samples(caller.tenant, opened.person.id).await? {
            // What is sealed with the person says which samples are enrolled, not what stands beside them in clear.
            if opened.person.enrolled_sample(sample.id, SampleKind::Face).is_none() {
                continue;
            }
            enrolled.extend(self.template_in_force(caller, opened, &sample).await?);
        }
        Ok(enrolled)
    }

    /// A face's template of the model in force, made again where it is missing; none where nothing can be made of its image.
    pub(crate) async fn template_in_force(
        &self,
        caller: &Caller,
        opened: &Opened,
        face: &SampleHead,
    ) -> Result<Option<Template>, Error> {
        match self.held(caller.tenant, &opened.key, face)? {
            Held::Template(template) => Ok(Some(template)),
            Held::Nothing => Ok(None),
            Held::NotYet(missing) => self.remake(caller.tenant, &opened.key, missing).await,
        }
    }

    /// How alike a face and a person's templates are: by the nearest of them, or their mean where that is nearer.
    pub(crate) fn alike(&self, enrolled: &[Template], template: &Template) -> Result<Alike, Error> {
        let against =
            |e: &Template| e.cosine(template).ok_or_else(|| Error::Fault("templates differ".into()));
        let mut best = enrolled.iter().map(against).try_fold(-1.0f32, |best, c| c.map(|c| best.max(c)))?;
        let mut comparisons = enrolled.len();
        if let Some(mean) = Template::mean(enrolled).filter(|_| enrolled.len() > 1) {
            best = best.max(against(&mean)?);
            comparisons += 1;
        }
        Ok(Alike::of(self.faces()?.calibration(), best, comparisons))
    }

    /// Compares an image with others; nothing is stored. The faults of an image name its place: 0 is the probe.
    ///
    /// # Errors
    /// The place and [`Error::Rejected`], [`Error::FacesNotConfigured`], [`Error::Busy`].
    pub async fn compare(
        &self,
        probe: Vec<u8>,
        gallery: Vec<Vec<u8>>,
        wanted: Wanted,
    ) -> Result<Compared, (usize, Error)> {
        let probe = self.template_of(probe).await.map_err(|e| (0, e))?;
        let threshold = self.threshold_of_one(wanted);
        let mut results = Vec::with_capacity(gallery.len());
        for (i, image) in gallery.into_iter().enumerate() {
            let at = |error| (i + 1, error);
            let template = self.template_of(image).await.map_err(at)?;
            let alike = self.alike(&[template], &probe).map_err(at)?;
            results.push(Verdict::of(alike, threshold));
        }
        let best = results.iter().copied().max_by(|a, b| a.alike.score.get().total_cmp(&b.alike.score.get()));
        let best = best.ok_or_else(|| (0, Error::Fault("an empty gallery".into())))?;
        Ok(Compared { best, results, models: self.models().map_err(|e| (0, e))? })
    }

    /// Finds all faces in an image; nothing is stored.
    ///
    /// # Errors
    /// [`Error::Rejected`] for what is no image, [`Error::FacesNotConfigured`], [`Error::Busy`].
    pub async fn detect(&self, image: Vec<u8>) -> Result<Detected, Error> {
        let Detection { width, height, faces } = self.faces()?.detect(image).await?;
        let faces = faces.into_iter().map(|(face, quality)| DetectedFace {
            rectangle: [face.x, face.y, face.width, face.height],
            landmarks: face.landmarks,
            quality: quality.into(),
        });
        Ok(Detected { width, height, faces: faces.collect(), models: self.models()? })
    }
}
