//! The chain of one worker: decode, scale, cut out, find minutiae, judge.

use std::sync::Arc;

use domain::biometric::{Rejection, RejectionCode};
use fprint_mindtct::{GrayImage, detect_minutiae};
use minutiae::{Minutia, Template, record};

use super::foreground::{Window, window};
use super::picture::{Grey, decode};
use super::quality::Quality;
use super::scale::to_usual;
use super::{Gate, Impression, Kind, LEAST_DPI, MOST_DPI, Sent, USUAL_DPI, network};
use crate::error::EngineError;
use crate::models::Fingerprints;
use crate::runtime::{Network, memory};

/// What a fingerprint may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest side of an image, in pixels.
    pub side: usize,
    /// Most pixels of an image.
    pub pixels: usize,
    /// Most pixels times passes of a progressive JPEG.
    pub work: usize,
    /// Longest side of what is analysed, in pixels of 500 dpi: time and memory grow with its square.
    pub window: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { side: 4_000, pixels: 8_000_000, work: 160_000_000, window: 640 }
    }
}

/// What one worker finds minutiae with.
pub(super) struct Chain {
    pub(super) models: Arc<Fingerprints>,
    /// None where the built-in program does it.
    pub(super) network: Option<Box<dyn Network>>,
    pub(super) limits: Limits,
    pub(super) input: Vec<f32>,
}

impl Chain {
    /// The template of what was sent.
    pub(super) fn extract(&mut self, sent: &Sent, gate: Gate) -> Result<Impression, EngineError> {
        let undecodable = || Rejection::new(RejectionCode::FingerprintUndecodable);
        let kind = Kind::of(&sent.bytes).ok_or_else(undecodable)?;
        let impression = match kind {
            Kind::Minutiae => self.of_record(&sent.bytes)?,
            image => {
                let dpi = sent.dpi.clamp(LEAST_DPI, MOST_DPI);
                let picture = decode(&sent.bytes, image, &self.limits)?;
                let digest = picture.digest();
                let picture = to_usual(picture, dpi)?;
                Impression { picture: Some(digest), ..self.of_picture(&picture, image)? }
            }
        };
        if gate == Gate::Quality {
            impression.quality.check()?;
        }
        Ok(impression)
    }

    /// A template that the client has made: taken as it is, and never judged as one of ours.
    fn of_record(&self, bytes: &[u8]) -> Result<Impression, EngineError> {
        let refused =
            |bad: record::BadRecord| Rejection::because(RejectionCode::FingerprintUndecodable, bad.reason());
        let record = record::read(bytes).map_err(refused)?;
        let count = record.template.minutiae().len();
        Ok(Impression {
            template: record.template,
            extractor: self.models.foreign.id.as_str().into(),
            quality: Quality::of(count, count),
            position: record.position,
            notes: record.notes,
            kind: Kind::Minutiae,
            picture: None,
        })
    }

    fn of_picture(&mut self, picture: &Grey, kind: Kind) -> Result<Impression, EngineError> {
        let (minutiae, strong, extractor) = match (window(picture, self.limits.window), &mut self.network) {
            (Some(window), Some(found)) => {
                let model = &self.models.network;
                let minutiae = network::find(found.as_mut(), model, picture, window, &mut self.input);
                // It has taken a few hundred megabytes, which would stay with an idle server.
                memory::trim();
                let minutiae = minutiae?;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a part of 1 in percent"
                )]
                let strong = (model.strong * 100.0) as u8;
                (minutiae, strong, &model.weights.id)
            }
            (Some(window), None) => {
                let model = &self.models.built_in;
                (by_program(picture, window), model.strong, &model.id)
            }
            (None, network) => {
                let id = if network.is_some() {
                    &self.models.network.weights.id
                } else {
                    &self.models.built_in.id
                };
                (Vec::new(), u8::MAX, id)
            }
        };
        let quality = Quality::of(minutiae.iter().filter(|m| m.quality >= strong).count(), minutiae.len());
        let template = Template::new(minutiae);
        Ok(Impression {
            template,
            extractor: extractor.as_str().into(),
            quality,
            position: None,
            notes: record::Notes::default(),
            kind,
            picture: None,
        })
    }
}

/// Minutiae by the built-in program. It works on a window of its own, with the origin below and angles that point the other way.
fn by_program(picture: &Grey, window: Window) -> Vec<Minutia> {
    let rows = picture.pixels.chunks_exact(picture.width).skip(window.y).take(window.height);
    let pixels: Vec<u8> = rows.flat_map(|row| &row[window.x..window.x + window.width]).copied().collect();
    // Too small for it to look at: it finds nothing.
    let Ok(image) = GrayImage::new(&pixels, window.width, window.height, USUAL_DPI) else {
        return Vec::new();
    };
    let place = |at: i32, from: usize| u16::try_from(at).ok()?.checked_add(u16::try_from(from).ok()?);
    let minutia = |m: &fprint_mindtct::Minutia| {
        let y = i32::try_from(window.height).ok()? - 1 - m.y;
        let angle = (m.theta + 180).rem_euclid(360) * 256 / 360;
        Some(Minutia {
            x: place(m.x, window.x)?,
            y: place(y, window.y)?,
            angle: u8::try_from(angle).ok()?,
            kind: minutiae::Kind::Other,
            quality: u8::try_from(m.quality.clamp(1, 100)).ok()?,
        })
    };
    detect_minutiae(image).iter().filter_map(minutia).collect()
}
