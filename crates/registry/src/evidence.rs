//! Why a person has the status it has, and what was measured of its face.

use domain::biometric::FaceQuality;
use serde::{Deserialize, Serialize};

use crate::face::Models;

/// How a status came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// One image or several frames, judged by the liveness network.
    PassiveLiveness,
    /// A person decided.
    Review,
}

/// The evidence for the present status. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How.
    pub method: Method,
    /// Why not, in words of the interface; empty on success. For a review, the reviewer's reason.
    pub reasons: Vec<String>,
    /// When.
    pub checked_at: i64,
    /// Threshold in force on the published scale, where a score decided.
    pub threshold: Option<f32>,
    /// Models behind the score.
    pub models: Option<Models>,
    /// How many frames were judged, where there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u8>,
}

impl Evidence {
    /// What the way it was taken says; nothing of what a person decided.
    #[must_use]
    pub const fn assurance(&self) -> Option<Assurance> {
        match self.method {
            Method::PassiveLiveness => Some(Assurance::of(self.frames)),
            Method::Review => None,
        }
    }
}

/// How much the way in which a face was taken says against a forgery, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// An uploaded file: nothing is known of the camera.
    None,
    /// Several frames of one face: an attack has to look alive in nearly all of them.
    Frames,
}

impl Assurance {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::None, Self::Frames];

    pub(crate) const fn of(frames: Option<u8>) -> Self {
        if frames.is_some() { Self::Frames } else { Self::None }
    }

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Frames => "frames",
        }
    }
}

/// What was measured of a face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The worst part, 0-1.
    pub overall: f32,
    /// Height of the face, in pixels.
    pub face_height: f32,
    /// Detector confidence, 0-1.
    pub detection: f32,
    /// Sharpness, in grey levels.
    pub sharpness: f32,
    /// Mean luma, 0-255.
    pub brightness: f32,
    /// Turn of the head, in degrees.
    pub yaw: f32,
    /// Tilt of the head, in degrees.
    pub roll: f32,
}

impl From<FaceQuality> for Quality {
    fn from(q: FaceQuality) -> Self {
        // Two decimals say all there is to say, and survive any JSON library unchanged.
        // Adding zero makes a negative zero positive: no client tells them apart.
        let round = |v: f32| (v * 100.0).round() / 100.0 + 0.0;
        Self {
            overall: round(q.overall()),
            face_height: round(q.face_height),
            detection: round(q.detection),
            sharpness: round(q.sharpness),
            brightness: round(q.brightness),
            yaw: round(q.yaw),
            roll: round(q.roll),
        }
    }
}
