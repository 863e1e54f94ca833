//! The chain of one worker: decode, detect, gate, judge liveness, align, measure, embed.

use std::sync::Arc;

use domain::biometric::{FaceQuality, LivenessScore, Rejection, RejectionCode};
use image::RgbImage;
use sha2::{Digest as _, Sha256};

use super::align::{Similarity, warp};
use super::decode::{Decoded, ImageLimits, decode};
use super::detect::{Face, detect, look_closer};
use super::quality::{Gates, check_look, check_place, measure, nearest_to_centre, single, subject};
use super::spot::Spot;
use super::template::Template;
use super::{ModelIds, liveness};
use crate::error::EngineError;
use crate::models::{Colour, Manifest, Models, ModelsError};
use crate::runtime::{Network, Runtime, RuntimeError};

/// What a caller wants to know of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Want {
    /// A template, to enrol or to look for.
    Template,
    /// A template of the face nearest to the centre, whatever its quality: how files laid out as those of LFW are
    /// to be read.
    Central,
    /// A template of the face that was here when the image was enrolled, whatever its quality.
    Again(Spot),
    /// Liveness, and a template where the score reaches `threshold`.
    Liveness {
        /// On the published scale.
        threshold: f32,
    },
}

/// An image as it goes to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored(pub Vec<u8>);

/// What came out.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The face.
    pub face: Face,
    /// Its measures.
    pub quality: FaceQuality,
    /// How live it looks, where that was asked for.
    pub liveness: Option<LivenessScore>,
    /// The template; none for a face that is not live.
    pub template: Option<Template>,
    /// The image file without metadata.
    pub image: Stored,
    /// A digest of the decoded pixels, where liveness was judged: the same for every file that shows the same pixels.
    pub pixels: Option<[u8; 32]>,
}

/// The faces of an image.
#[derive(Clone, Debug)]
pub struct Detection {
    /// Width of the upright image, in pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The faces with their measures, the tallest first.
    pub faces: Vec<(Face, FaceQuality)>,
}

/// Most faces of one image that are measured: bounds the time a picture of a crowd takes.
const MOST_FACES: usize = 100;

/// Networks and buffers of one worker.
pub struct Chain {
    manifest: Arc<Manifest>,
    gates: Gates,
    limits: ImageLimits,
    detector: Box<dyn Network>,
    embedder: Box<dyn Network>,
    liveness: Box<dyn Network>,
    /// Input planes, reused from image to image.
    input: Vec<f32>,
    grey: Vec<f32>,
}

/// Weights, read and checked once and loaded by each worker.
pub(crate) struct Loaded {
    manifest: Arc<Manifest>,
    detector: Vec<u8>,
    embedder: Vec<u8>,
    liveness: Vec<u8>,
}

impl Loaded {
    pub(crate) fn read(models: &Models) -> Result<Self, ModelsError> {
        let manifest = models.manifest();
        Ok(Self {
            detector: models.read(&manifest.detector.weights)?,
            embedder: models.read(&manifest.embedder.weights)?,
            liveness: models.read(&manifest.liveness.weights)?,
            manifest: Arc::new(manifest.clone()),
        })
    }

    pub(crate) fn ids(&self) -> ModelIds {
        ModelIds {
            detector: self.manifest.detector.weights.id.as_str().into(),
            embedder: self.manifest.embedder.weights.id.as_str().into(),
            liveness: self.manifest.liveness.weights.id.as_str().into(),
        }
    }

    pub(crate) fn chain(
        &self,
        runtime: &dyn Runtime,
        gates: Gates,
        limits: ImageLimits,
    ) -> Result<Chain, RuntimeError> {
        Ok(Chain {
            manifest: Arc::clone(&self.manifest),
            gates,
            limits,
            detector: runtime.load(&self.detector)?,
            embedder: runtime.load(&self.embedder)?,
            liveness: runtime.load(&self.liveness)?,
            input: Vec::new(),
            grey: Vec::new(),
        })
    }
}

/// Most bytes of pixels that are hashed: of a larger picture every so many rows.
const HASHED: usize = 4 << 20;

/// SHA-256 of an image's size and of rows spread evenly over it. Two photographs differ in every row, by noise alone; two
/// files of the same pixels in none.
fn digest(pixels: &RgbImage) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(pixels.width().to_be_bytes());
    hash.update(pixels.height().to_be_bytes());
    let row = 3 * pixels.width().max(1) as usize;
    let every = pixels.as_raw().len().div_ceil(HASHED).max(1);
    pixels.as_raw().chunks(row).step_by(every).for_each(|row| hash.update(row));
    hash.finalize().into()
}

impl Chain {
    /// Analyses one image file.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] when the image does not do, [`EngineError::Fault`] when the runtime fails.
    pub fn analyse(&mut self, bytes: &[u8], want: Want) -> Result<Analysis, EngineError> {
        let Decoded { pixels, stored } = decode(bytes, &self.limits)?;
        let faces = detect(self.detector.as_mut(), &self.manifest.detector, &pixels, &mut self.input)?;
        let gated = matches!(want, Want::Template | Want::Liveness { .. });
        let face = match want {
            Want::Central => nearest_to_centre(&faces, &pixels)?,
            Want::Again(spot) => spot.find(&faces).ok_or(Rejection::new(RejectionCode::FaceNotFound))?,
            Want::Template => subject(&faces, &pixels)?,
            Want::Liveness { .. } => single(&faces)?,
        };
        let judged = matches!(want, Want::Liveness { .. });
        if gated {
            check_place(&face, &pixels, &self.gates, judged)?;
        }
        let face =
            look_closer(self.detector.as_mut(), &self.manifest.detector, &pixels, &face, &mut self.input)?;
        let quality = self.align(&pixels, &face)?;
        if gated {
            check_look(&quality, &self.gates, judged)?;
        }
        // The embedder's input is ready now; the liveness network gets a buffer of its own.
        let liveness = match want {
            Want::Template | Want::Central | Want::Again(_) => None,
            Want::Liveness { .. } => {
                let mut input = Vec::new();
                Some(liveness::score(
                    self.liveness.as_mut(),
                    &self.manifest.liveness,
                    &pixels,
                    &face,
                    &mut input,
                )?)
            }
        };
        let live = match (want, liveness) {
            (Want::Liveness { threshold }, Some(score)) => score.get() >= threshold,
            _ => true,
        };
        let digest = (judged && live).then(|| digest(&pixels));
        drop(pixels);
        let template = if live { Some(self.embed()?) } else { None };
        Ok(Analysis { face, quality, liveness, template, image: Stored(stored), pixels: digest })
    }

    /// Fills the embedder's input and measures the face in it.
    fn align(&mut self, pixels: &RgbImage, face: &Face) -> Result<FaceQuality, EngineError> {
        let embedder = &self.manifest.embedder;
        let (side, feed) = (embedder.side as usize, &embedder.feed);
        let map = Similarity::of(&face.landmarks, embedder.side);
        if !(map.scale().is_finite() && map.scale() > 1e-3) {
            return Err(Rejection::new(RejectionCode::FaceNotFound).into());
        }
        self.input.clear();
        self.input.resize(3 * side * side, 0.0);
        warp(pixels, map, side, feed, &mut self.input);
        let (first, rest) = self.input.split_at(side * side);
        let (second, third) = rest.split_at(side * side);
        let (red, blue) = if feed.colour == Colour::Rgb { (first, third) } else { (third, first) };
        let value = |v: f32| v / feed.scale + feed.mean;
        // ITU-R BT.601 luma.
        let luma =
            |((r, g), b): ((&f32, &f32), &f32)| 0.299 * value(*r) + 0.587 * value(*g) + 0.114 * value(*b);
        self.grey.clear();
        self.grey.extend(red.iter().zip(second).zip(blue).map(luma));
        Ok(measure(face, &self.grey, side))
    }

    /// The template of what [`Self::align`] prepared.
    fn embed(&mut self) -> Result<Template, EngineError> {
        let mut values = self.run_embedder()?;
        if self.manifest.embedder.mirror {
            let side = self.manifest.embedder.side as usize;
            self.input.chunks_exact_mut(side).for_each(<[f32]>::reverse);
            let mirrored = self.run_embedder()?;
            values.iter_mut().zip(mirrored).for_each(|(v, m)| *v += m);
        }
        Ok(Template::normalised(values)
            .ok_or_else(|| RuntimeError("the embedder answered no number".into()))?)
    }

    fn run_embedder(&mut self) -> Result<Vec<f32>, RuntimeError> {
        let side = self.manifest.embedder.side as usize;
        let mut values = Vec::new();
        self.embedder.run([1, 3, side, side], &self.input, &mut |_, out| values.extend_from_slice(out))?;
        if values.len() != self.manifest.embedder.dimensions {
            return Err(RuntimeError("the embedder's output has an unexpected length".into()));
        }
        Ok(values)
    }

    /// All faces of an image with their measures, the tallest first.
    ///
    /// # Errors
    /// As [`Self::analyse`], but an image without a face is an empty answer.
    pub fn detect(&mut self, bytes: &[u8]) -> Result<Detection, EngineError> {
        let Decoded { pixels, .. } = decode(bytes, &self.limits)?;
        let mut found = detect(self.detector.as_mut(), &self.manifest.detector, &pixels, &mut self.input)?;
        found.sort_by(|a, b| b.height.total_cmp(&a.height));
        found.truncate(MOST_FACES);
        let mut faces = Vec::with_capacity(found.len());
        for face in found {
            // A face whose landmarks collapse cannot be measured: it is of no use to anybody.
            match self.align(&pixels, &face) {
                Ok(quality) => faces.push((face, quality)),
                Err(EngineError::Rejected(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Detection { width: pixels.width(), height: pixels.height(), faces })
    }
}
