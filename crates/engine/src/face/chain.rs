//! The chain of one worker: decode, detect, gate, judge liveness, align, measure, embed.

use std::sync::Arc;

use domain::biometric::{FaceQuality, LivenessScore, Rejection, RejectionCode};
use image::RgbImage;

use super::align::Similarity;
use super::decode::{Decoded, ImageLimits, decode};
use super::detect::{Effort, Eye, Face, detect};
use super::look::Look;
use super::quality::{Gates, check_look, check_place, measure};
use super::resample::{Planes, sample};
use super::spot::Spot;
use super::template::Template;
use super::view::View;
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
    /// Digests of what the file shows, and of what the stored file shows where that is another one; see [`super::decode::Decoded`].
    pub pictures: Vec<[u8; 32]>,
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
    pub(super) manifest: Arc<Manifest>,
    gates: Gates,
    limits: ImageLimits,
    pub(super) detector: Box<dyn Network>,
    embedder: Box<dyn Network>,
    liveness: Box<dyn Network>,
    /// Input planes, reused from image to image.
    pub(super) input: Vec<f32>,
    pub(super) grey: Vec<f32>,
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
            embedder: self.manifest.embedder.name().into(),
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

impl Chain {
    /// Analyses one image file.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] when the image does not do, [`EngineError::Fault`] when the runtime fails.
    pub fn analyse(&mut self, bytes: &[u8], want: Want) -> Result<Analysis, EngineError> {
        let Decoded { pixels, pictures, stored } = decode(bytes, &self.limits)?;
        let judged = matches!(want, Want::Liveness { .. });
        let gated = matches!(want, Want::Template | Want::Liveness { .. });
        let look = self.find(&pixels, want)?;
        if gated {
            check_place(&look.face, &look.view, &self.gates, judged)?;
            check_look(&look.quality, &self.gates, judged)?;
        }
        self.check_known(&look)?;
        let Look { view, face, quality, template, .. } = look;
        let liveness = match want {
            Want::Template | Want::Central | Want::Again(_) => None,
            Want::Liveness { .. } => Some(liveness::score(
                self.liveness.as_mut(),
                &self.manifest.liveness,
                &pixels,
                &view,
                &face,
                &mut self.input,
            )?),
        };
        let live = match (want, liveness) {
            (Want::Liveness { threshold }, Some(score)) => score.get() >= threshold,
            _ => true,
        };
        drop(pixels);
        let template = live.then_some(template);
        let face = view.in_image(&face);
        let quality = FaceQuality { roll: face.roll(), ..quality };
        Ok(Analysis { face, quality, liveness, template, image: Stored(stored), pictures })
    }

    /// Fills the embedder's input and measures the face in it.
    pub(super) fn align(
        &mut self,
        image: &RgbImage,
        view: &View,
        face: &Face,
    ) -> Result<FaceQuality, EngineError> {
        let embedder = &self.manifest.embedder;
        let (side, feed) = (embedder.side as usize, &embedder.feed);
        let map = Similarity::of(&face.landmarks, embedder.side);
        if !(map.scale().is_finite() && map.scale() > 1e-3) {
            return Err(Rejection::new(RejectionCode::FaceNotFound).into());
        }
        self.input.clear();
        self.input.resize(3 * side * side, 0.0);
        let mut planes =
            Planes { values: &mut self.input, columns: side, rows: side, stride: side, plane: side * side };
        sample(image, view, &map.of_corners(), feed, &mut planes);
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
    pub(super) fn embed(&mut self) -> Result<Template, EngineError> {
        let mut values = self.run_embedder()?;
        if self.manifest.embedder.mirror {
            let side = self.manifest.embedder.side as usize;
            self.input.chunks_exact_mut(side).for_each(<[f32]>::reverse);
            let mirrored = self.run_embedder()?;
            values.iter_mut().zip(mirrored).for_each(|(v, m)| *v += m);
        }
        let template = Template::normalised(values)
            .ok_or_else(|| RuntimeError("the embedder answered no number".into()))?;
        Ok(template.known(&self.manifest.embedder.known))
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
        let view = View::upright(&pixels);
        let mut eye = Eye {
            network: self.detector.as_mut(),
            detector: &self.manifest.detector,
            image: &pixels,
            input: &mut self.input,
        };
        let mut found = detect(&mut eye, &view, Effort::Search)?;
        found.sort_by(|a, b| b.height.total_cmp(&a.height));
        found.truncate(MOST_FACES);
        let mut faces = Vec::with_capacity(found.len());
        for face in found {
            // A face whose landmarks collapse cannot be measured: it is of no use to anybody.
            match self.align(&pixels, &view, &face) {
                Ok(quality) => faces.push((face, quality)),
                Err(EngineError::Rejected(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Detection { width: pixels.width(), height: pixels.height(), faces })
    }
}
