//! From the closed error kinds below to problems.

use axum::http::{HeaderValue, header};
use domain::biometric::{Rejection, RejectionCode};
use domain::{FieldCode, Scope};
use registry::{AccessError, Error};

use super::{Code, Fault, Problem, codes};

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let hint = rejection.code.hint();
        let detail = rejection.reason.map_or_else(|| hint.to_owned(), |reason| format!("{reason}; {hint}"));
        let problem = Self::new(code_of(rejection.code)).measure(rejection.measure);
        match rejection.frame {
            Some(frame) => problem.detail(format!("frame {frame}: {detail}")),
            None => problem.detail(detail),
        }
    }
}

const fn code_of(code: RejectionCode) -> Code {
    match code {
        RejectionCode::ImageUndecodable => codes::IMAGE_UNDECODABLE,
        RejectionCode::ImageTooLarge => codes::IMAGE_TOO_LARGE,
        RejectionCode::FaceNotFound => codes::FACE_NOT_FOUND,
        RejectionCode::MultipleFaces => codes::MULTIPLE_FACES,
        RejectionCode::FaceTooSmall => codes::FACE_TOO_SMALL,
        RejectionCode::FaceCutOff => codes::FACE_CUT_OFF,
        RejectionCode::FaceContextMissing => codes::FACE_CONTEXT_MISSING,
        RejectionCode::TooBlurry => codes::TOO_BLURRY,
        RejectionCode::TooDark => codes::TOO_DARK,
        RejectionCode::TooBright => codes::TOO_BRIGHT,
        RejectionCode::PoseTooFar => codes::POSE_TOO_FAR,
        RejectionCode::FramesRepeated => codes::FRAMES_REPEATED,
        RejectionCode::FramesDiffer => codes::FRAMES_DIFFER,
        RejectionCode::FaceUnclear => codes::FACE_UNCLEAR,
        RejectionCode::FingerprintUndecodable => codes::FINGERPRINT_UNDECODABLE,
        RejectionCode::FingerprintQualityTooLow => codes::FINGERPRINT_QUALITY_TOO_LOW,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::new(codes::NOT_FOUND),
            Error::Stale => Self::new(codes::PRECONDITION_FAILED),
            Error::ExternalIdTaken => Self::new(codes::EXTERNAL_ID_TAKEN),
            Error::FaceMismatch => Self::new(codes::FACE_MISMATCH),
            Error::Duplicate(_) => Self::new(codes::DUPLICATE_PERSON),
            Error::MergeWithItself => {
                Self::new(codes::VALIDATION_FAILED).detail("a person cannot be merged with itself")
            }
            Error::TooManyMerges => Self::new(codes::TOO_MANY_MERGES),
            Error::FingerprintMismatch => Self::new(codes::FINGERPRINT_MISMATCH),
            Error::NoFingerprintEnrolled => Self::new(codes::NO_FINGERPRINT_ENROLLED),
            Error::FingerprintsNotConfigured => Self::new(codes::FINGERPRINTS_NOT_CONFIGURED),
            Error::NoFaceEnrolled => Self::new(codes::NO_FACE_ENROLLED),
            Error::TooManySamples => Self::new(codes::TOO_MANY_SAMPLES),
            Error::GalleryLoading => Self::new(codes::GALLERY_LOADING).retry_after(1),
            Error::NoSuchCollection(id) => {
                Self::new(codes::VALIDATION_FAILED).detail(format!("there is no collection `{id}`"))
            }
            Error::TooManyCollections => {
                Self::new(codes::VALIDATION_FAILED).detail("a person can be in at most 50 collections")
            }
            Error::CollectionNameTaken => Self::new(codes::COLLECTION_NAME_TAKEN),
            Error::Illegal(illegal) => Self::new(codes::ILLEGAL_TRANSITION).detail(illegal.to_string()),
            Error::ReviewNeeded => AccessError::Missing(Scope::PersonsReview).into(),
            Error::ProofNeeded => Self::new(codes::PROOF_NEEDED),
            Error::LivenessReplayed => Self::new(codes::LIVENESS_REPLAYED),
            Error::AttemptLimit(Some(seconds)) => Self::new(codes::ATTEMPT_LIMIT).retry_after(seconds),
            Error::AttemptLimit(None) => Self::new(codes::ATTEMPT_LIMIT)
                .detail("too many comparisons have failed: only a token with the scope persons:review lifts this limit"),
            Error::NameSearchOff => Self::new(codes::INVALID_PARAMETER).errors(vec![Fault {
                pointer: None,
                parameter: Some("name".into()),
                code: FieldCode::NotHere.as_str(),
                detail: "persons cannot be found by name: the operator has turned it off (`persons.name_search`)".into(),
            }]),
            Error::NameTooShort => Self::new(codes::INVALID_PARAMETER).errors(vec![Fault {
                pointer: None,
                parameter: Some("name".into()),
                code: FieldCode::Length.as_str(),
                detail: "is too short to look up: fewer than three letters find whole words only, and nobody has this one".into(),
            }]),
            Error::NoName => {
                let fault = |name: &str| Fault {
                    pointer: Some(format!("/{name}")),
                    parameter: None,
                    code: FieldCode::Required.as_str(),
                    detail: "one of firstName and lastName is required".into(),
                };
                Self::new(codes::VALIDATION_FAILED).errors(vec![fault("firstName"), fault("lastName")])
            }
            Error::Rejected(rejection) => rejection.into(),
            Error::FacesNotConfigured => Self::new(codes::FACES_NOT_CONFIGURED),
            Error::TooMuchMetadata => {
                Self::new(codes::VALIDATION_FAILED).detail("`metadata` may have at most 50 pairs")
            }
            Error::LivenessBrake(seconds) => Self::new(codes::LIVENESS_BRAKE).retry_after(seconds),
            Error::KeyReused => Self::new(codes::IDEMPOTENCY_KEY_REUSED),
            Error::InProgress => Self::new(codes::IDEMPOTENCY_IN_PROGRESS).retry_after(1),
            Error::Busy => Self::new(codes::BUSY).retry_after(1),
            Error::DiskFull => Self::new(codes::DISK_FULL),
            Error::Unavailable(why) => Self::new(codes::UNAVAILABLE).retry_after(2).because(why),
            Error::Fault(why) => Self::new(codes::INTERNAL).because(why),
        }
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Invalid => Self::unauthorized(r#"Bearer error="invalid_token""#),
            AccessError::Missing(scope) => Self::new(codes::MISSING_SCOPE)
                .detail(format!("the token lacks the scope `{}`", scope.as_str())),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl Problem {
    /// 401 with its challenge (RFC 6750).
    pub(crate) fn unauthorized(challenge: &'static str) -> Self {
        Self::new(codes::UNAUTHORIZED).header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// Without weights, a route that needs liveness says so in its own words.
    pub(crate) fn for_liveness(error: Error) -> Self {
        match error {
            Error::FacesNotConfigured => Self::new(codes::LIVENESS_NOT_CONFIGURED),
            other => other.into(),
        }
    }
}
