//! A face engine that is told what it sees: for tests of the rules that need hundreds of faces, or exact likenesses.

use std::sync::Arc;

use domain::biometric::{Calibration, FaceQuality, LivenessScore, Rejection, RejectionCode};
use engine::EngineError;
use engine::face::{Analysis, Detection, Face, ModelIds, Stored, Template, Want};
use engine::models::Known;
use engine::worker::{Analyst, Faces, Meaning};

/// Components of the templates.
const DIMENSIONS: usize = 128;
/// Images that may wait.
const PLACES: usize = 64;
/// What an image of [`face`] begins with.
const MARK: &[u8] = b"supplied face ";
/// What the image of somebody who is not alive ends with.
const STILL: &[u8] = b" still";

/// An image of somebody: the same `who` is the same person, `take` another photograph, which differs by `noise`.
#[must_use]
pub fn face(who: u64, take: u64, noise: f32) -> Vec<u8> {
    [MARK, format!("{who} {take} {noise}").as_bytes()].concat()
}

/// The same of a picture of a picture: nobody alive.
#[must_use]
pub fn not_live(who: u64, take: u64, noise: f32) -> Vec<u8> {
    [&face(who, take, noise), STILL].concat()
}

/// Another file that shows the same pixels.
#[must_use]
pub fn rewrapped(image: &[u8], note: &str) -> Vec<u8> {
    [image, b"#", note.as_bytes()].concat()
}

/// What of a file is the picture.
fn picture(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == b'#').next().unwrap_or_default()
}

/// A picture on the way from one person to another: 0 shows the first, 1 the second.
#[must_use]
pub fn blend(from: u64, to: u64, part: f32) -> Vec<u8> {
    [MARK, format!("{from} 0 0 {to} {part}").as_bytes()].concat()
}

/// The engine.
#[must_use]
pub fn engine() -> Faces {
    engine_named("supplied-1")
}

/// An engine whose embedder has this name; templates of different names have nothing in common.
#[must_use]
pub fn engine_named(embedder: &str) -> Faces {
    made(embedder, PLACES, None)
}

/// An engine whose threads hold on to something for as long as they run.
#[must_use]
pub fn engine_holding(held: &Arc<()>) -> Faces {
    made("supplied-1", PLACES, Some(held))
}

/// An engine before which so many images may wait.
#[must_use]
pub fn engine_with(places: usize) -> Faces {
    made("supplied-1", places, None)
}

fn made(embedder: &str, places: usize, held: Option<&Arc<()>>) -> Faces {
    let seed =
        embedder.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let meaning = Meaning {
        ids: ModelIds { detector: "supplied".into(), embedder: embedder.into(), liveness: "supplied".into() },
        dimensions: DIMENSIONS,
        known: Known::default(),
        calibration: Calibration::new(&[(-1.0, 1.0), (0.0, 0.5), (0.3, 1e-2), (0.6, 1e-6)], 1e-6)
            .expect("a calibration"),
    };
    let analyst = || Supplied { seed, _held: held.cloned() };
    Faces::employ(vec![analyst(), analyst()], places, meaning, "supplied").expect("threads")
}

struct Supplied {
    seed: u64,
    _held: Option<Arc<()>>,
}

/// Numbers from −1 to 1, the same every time for one seed.
fn numbers(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut number = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..DIMENSIONS).map(|_| number()).collect()
}

impl Supplied {
    fn template(&self, bytes: &[u8]) -> Result<Template, EngineError> {
        let undecodable = || EngineError::from(Rejection::new(RejectionCode::ImageUndecodable));
        let picture = picture(bytes);
        let text = picture
            .strip_suffix(STILL)
            .unwrap_or(picture)
            .strip_prefix(MARK)
            .and_then(|t| std::str::from_utf8(t).ok())
            .ok_or_else(undecodable)?;
        let words: Vec<_> = text.split(' ').collect();
        let (who, take, noise, toward) = match words[..] {
            [who, take, noise] => (who, take, noise, None),
            [who, take, noise, to, part] => (who, take, noise, Some((to, part))),
            _ => return Err(undecodable()),
        };
        let (who, take): (u64, u64) =
            (who.parse().map_err(|_| undecodable())?, take.parse().map_err(|_| undecodable())?);
        let noise: f32 = noise.parse().map_err(|_| undecodable())?;
        if let Some((to, part)) = toward {
            let to: u64 = to.parse().map_err(|_| undecodable())?;
            let part: f32 = part.parse().map_err(|_| undecodable())?;
            let both = numbers(who ^ self.seed).into_iter().zip(numbers(to ^ self.seed));
            let mixed = both.map(|(a, b)| (1.0 - part) * a + part * b).collect();
            return Template::normalised(mixed).ok_or_else(undecodable);
        }
        let other = numbers(who.wrapping_mul(1_000_003) ^ take.wrapping_mul(7_919) ^ 0xabcd ^ self.seed);
        let mixed = numbers(who ^ self.seed).iter().zip(other).map(|(a, b)| a + noise * b).collect();
        Template::normalised(mixed).ok_or_else(undecodable)
    }
}

impl Analyst for Supplied {
    fn analyse(&mut self, bytes: &[u8], want: Want) -> Result<Analysis, EngineError> {
        let template = self.template(bytes)?;
        let face = Face { x: 0.0, y: 0.0, width: 90.0, height: 120.0, score: 0.9, landmarks: [[0.0; 2]; 5] };
        let quality = FaceQuality {
            face_height: 120.0,
            detection: 0.9,
            sharpness: 20.0,
            brightness: 120.0,
            yaw: 0.0,
            roll: 0.0,
        };
        let score = if picture(bytes).ends_with(STILL) { 0.1 } else { 0.9 };
        let liveness = matches!(want, Want::Liveness { .. }).then(|| LivenessScore::new(score));
        // Of a file that is no image, its bytes stand for its pixels.
        let mut pixels = [0u8; 32];
        picture(bytes)
            .iter()
            .enumerate()
            .for_each(|(i, byte)| pixels[i % 32] = pixels[i % 32].wrapping_mul(31) ^ byte);
        let image = Stored(bytes.to_vec());
        Ok(Analysis { face, quality, liveness, template: Some(template), image, pictures: vec![pixels] })
    }

    fn detect(&mut self, bytes: &[u8]) -> Result<Detection, EngineError> {
        let seen = self.analyse(bytes, Want::Template)?;
        Ok(Detection { width: 100, height: 100, faces: vec![(seen.face, seen.quality)] })
    }
}

/// The JSON body of a person with a face.
#[must_use]
pub fn body(name: &str, image: &[u8]) -> serde_json::Value {
    use base64::Engine as _;
    let image = base64::prelude::BASE64_STANDARD.encode(image);
    serde_json::json!({ "firstName": name, "lastName": "Doe", "biometricData": { "faceImage": image } })
}

/// The JSON body of a probe.
#[must_use]
pub fn probe(image: &[u8]) -> serde_json::Value {
    use base64::Engine as _;
    serde_json::json!({ "faceImage": base64::prelude::BASE64_STANDARD.encode(image) })
}

/// An engine for [`crate::Setup`].
#[must_use]
pub fn setup() -> crate::Setup {
    crate::Setup { faces: Some(engine()), ..crate::Setup::default() }
}

/// Everything a test shares between tasks.
pub async fn app() -> Arc<crate::App> {
    Arc::new(crate::App::with(setup()).await)
}
