//! 1:1: is it this person? Are these two one? And which faces are there at all?

use domain::PersonId;
use engine::face::{Detection, Template};

use crate::access::Caller;
use crate::alike::{Alike, Verdict, Wanted};
use crate::error::Error;
use crate::evidence::Quality;
use crate::face::Models;
use crate::records::Opened;
use crate::registry::Registry;
use crate::remake::Held;

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

impl Registry {
    /// Compares an image with the enrolled faces of a person; nothing is stored.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NoFaceEnrolled`], [`Error::Rejected`], [`Error::FacesNotConfigured`].
    pub async fn verify(
        &self,
        caller: &Caller,
        id: PersonId,
        image: Vec<u8>,
        wanted: Wanted,
    ) -> Result<(Verdict, Models), Error> {
        let enrolled = self.enrolled_of(caller, id).await?;
        let template = self.template_of(image).await?;
        let alike = self.alike(&enrolled, &template)?;
        Ok((Verdict::of(alike, self.threshold_of_one(wanted)), self.models()?))
    }

    /// The templates that are enrolled of a person. Who is erased or changed between two reads is not called faceless.
    async fn enrolled_of(&self, caller: &Caller, id: PersonId) -> Result<Vec<Template>, Error> {
        for _ in 0..ATTEMPTS {
            let opened = self.open_person(caller.tenant, id).await?;
            let enrolled = self.enrolled(caller, &opened).await?;
            if !enrolled.is_empty() {
                return Ok(enrolled);
            }
            let now = self.store.person(caller.tenant, id).await?.ok_or(Error::NotFound)?;
            if now.version == opened.person.version {
                return Err(Error::NoFaceEnrolled);
            }
        }
        Err(Error::Busy)
    }

    /// The templates of the model in force that are enrolled of a person; those that are missing are made.
    pub(crate) async fn enrolled(&self, caller: &Caller, opened: &Opened) -> Result<Vec<Template>, Error> {
        let mut enrolled = Vec::new();
        for sample in self.store.samples(caller.tenant, opened.person.id).await? {
            if !sample.is_enrolled_face() {
                continue;
            }
            match self.held(caller.tenant, &opened.key, sample)? {
                Held::Template(template) => enrolled.push(template),
                Held::Nothing => {}
                Held::NotYet(missing) => {
                    enrolled.extend(self.remake(caller.tenant, &opened.key, missing).await?);
                }
            }
        }
        Ok(enrolled)
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
