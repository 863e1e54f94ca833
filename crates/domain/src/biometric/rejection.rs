//! Why an image was refused: closed codes, the figure that was measured and the limit it missed.

/// The kinds of refusal. The words are part of the public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectionCode {
    /// Not an image that is read, damaged, or with a hostile structure.
    ImageUndecodable,
    /// More pixels, a longer side or more bytes than allowed.
    ImageTooLarge,
    /// No face was found.
    FaceNotFound,
    /// More than one face of comparable size.
    MultipleFaces,
    /// The face has too few pixels.
    FaceTooSmall,
    /// The face is cut off by the border of the image.
    FaceCutOff,
    /// The face fills the image: there is not enough around it to judge liveness.
    FaceContextMissing,
    /// Out of focus or shaken.
    TooBlurry,
    /// Too little light.
    TooDark,
    /// Over-exposed: much of the face is white.
    TooBright,
    /// The head is turned too far.
    PoseTooFar,
    /// The same picture twice among frames that were taken one after another.
    FramesRepeated,
    /// The frames do not all show one person.
    FramesDiffer,
    /// No way of looking at it shows a face as the embedder knows faces.
    FaceUnclear,
    /// Neither an image nor a record of minutiae that can be read.
    FingerprintUndecodable,
    /// Too few minutiae are beyond doubt.
    FingerprintQualityTooLow,
}

impl RejectionCode {
    /// All codes.
    pub const ALL: [Self; 16] = [
        Self::ImageUndecodable,
        Self::ImageTooLarge,
        Self::FaceNotFound,
        Self::MultipleFaces,
        Self::FaceTooSmall,
        Self::FaceCutOff,
        Self::FaceContextMissing,
        Self::TooBlurry,
        Self::TooDark,
        Self::TooBright,
        Self::PoseTooFar,
        Self::FramesRepeated,
        Self::FramesDiffer,
        Self::FaceUnclear,
        Self::FingerprintUndecodable,
        Self::FingerprintQualityTooLow,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImageUndecodable => "image-undecodable",
            Self::ImageTooLarge => "image-too-large",
            Self::FaceNotFound => "face-not-found",
            Self::MultipleFaces => "multiple-faces",
            Self::FaceTooSmall => "face-too-small",
            Self::FaceCutOff => "face-cut-off",
            Self::FaceContextMissing => "face-context-missing",
            Self::TooBlurry => "too-blurry",
            Self::TooDark => "too-dark",
            Self::TooBright => "too-bright",
            Self::PoseTooFar => "pose-too-far",
            Self::FramesRepeated => "frames-repeated",
            Self::FramesDiffer => "frames-differ",
            Self::FaceUnclear => "face-unclear",
            Self::FingerprintUndecodable => "fingerprint-undecodable",
            Self::FingerprintQualityTooLow => "fingerprint-quality-too-low",
        }
    }

    /// What the person in front of the camera, or the client, should do next.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::ImageUndecodable => "send a complete JPEG, PNG, WebP, BMP or TIFF image",
            Self::ImageTooLarge => "scale the image down and send it again",
            Self::FaceNotFound => "show the whole face, upright and uncovered, in even light",
            Self::MultipleFaces => "make sure that only one person is in the picture",
            Self::FaceTooSmall => "move closer to the camera or send a larger image",
            Self::FaceCutOff => "keep the whole face inside the picture",
            Self::FaceContextMissing => {
                "move back, and do not crop: `measured` and `limit` are the shorter side of the picture, in heights of the face"
            }
            Self::TooBlurry => "hold still, clean the lens and focus on the face",
            Self::TooDark => "turn to the light",
            Self::TooBright => "take the light from the face, or expose the picture less",
            Self::PoseTooFar => "look straight into the camera",
            Self::FramesRepeated => "send frames as the camera took them, each of them once",
            Self::FramesDiffer => "make sure that the same person alone is in every frame",
            Self::FaceUnclear => {
                "send a sharp picture of an uncovered face in even light, neither over-exposed nor changed by a filter"
            }
            Self::FingerprintUndecodable => {
                "send a complete PNG, JPEG, BMP, TIFF, WSQ or JPEG 2000 image of one finger, an image record of ISO/IEC 19794-4:2005 or 2011 or ANSI 381-2004, or a minutiae record of ISO/IEC 19794-2:2005 or 2011 or ANSI 378-2004 or 2009"
            }
            Self::FingerprintQualityTooLow => {
                "clean finger and sensor, lay the finger flat and in the middle, press lightly, and try again or take another finger"
            }
        }
    }
}

/// A figure and the limit it missed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// As measured.
    pub measured: f64,
    /// The limit in force, in the same unit.
    pub limit: f64,
}

/// An image that was refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{}: {}", code.as_str(), code.hint())]
pub struct Rejection {
    /// The kind.
    pub code: RejectionCode,
    /// The figure behind it, where there is one.
    pub measure: Option<Measure>,
    /// What exactly is wrong, where that is known.
    pub reason: Option<&'static str>,
    /// Which of several frames it is about, counted from 1.
    pub frame: Option<u8>,
}

impl Rejection {
    /// A refusal without a figure.
    #[must_use]
    pub const fn new(code: RejectionCode) -> Self {
        Self { code, measure: None, reason: None, frame: None }
    }

    /// A refusal for a reason that is known.
    #[must_use]
    pub const fn because(code: RejectionCode, reason: &'static str) -> Self {
        Self { code, measure: None, reason: Some(reason), frame: None }
    }

    /// A refusal because `measured` missed `limit`.
    #[must_use]
    pub const fn measured(code: RejectionCode, measured: f64, limit: f64) -> Self {
        Self { code, measure: Some(Measure { measured, limit }), reason: None, frame: None }
    }

    /// The same, of one of several frames.
    #[must_use]
    pub const fn in_frame(self, frame: u8) -> Self {
        Self { frame: Some(frame), ..self }
    }
}
