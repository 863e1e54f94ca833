//! Images in bodies: one of a face, frames of it in its place where liveness is judged, and what is compared or enrolled.

use domain::{FieldCode, Invalid};
use registry::{Capture, Presented, Proof, ToEnrol};

use super::fingerprint;
use crate::json::{Malformed, Members, base64, parse};
use crate::problem::{Problem, codes};

/// Decodes a member that is an image in base64.
pub(crate) fn decoded(text: &str) -> Result<Vec<u8>, Invalid> {
    base64::decode(text).map_err(|detail| Invalid::new(FieldCode::Base64, detail))
}

/// A body that is not JSON.
pub(crate) fn malformed(error: &Malformed) -> Problem {
    Problem::new(codes::MALFORMED_JSON).detail(error.to_string())
}

/// Takes what was taken of a face: `faceImage`, or in its place `images`; whatever is wrong with it is noted.
pub(crate) fn take_capture(members: &mut Members<'_>) -> Option<Capture> {
    let image = members.text("faceImage", decoded).into_set().map(Capture::Image);
    let given = members.has_value("images");
    let frames = members.texts("images", Capture::MOST, decoded).into_set();
    match (image, frames) {
        (Some(_), Some(_)) => {
            members.fault("images", Invalid::new(FieldCode::NotHere, "send `faceImage` or `images`"));
            None
        }
        (None, Some(frames)) if frames.len() >= Capture::FEWEST => Some(Capture::Frames(frames)),
        (None, Some(_)) => {
            if !members.has_fault("images") {
                let detail = format!(
                    "must have {} to {} frames; one image is `faceImage`",
                    Capture::FEWEST,
                    Capture::MOST
                );
                members.fault("images", Invalid::new(FieldCode::Length, detail));
            }
            None
        }
        // Frames that were given and are faulty are reported as such.
        (image, None) => image.filter(|_| !given),
    }
}

/// Whether a body, or its `biometricData`, has an image or frames.
pub(crate) fn has_capture(members: &Members<'_>) -> bool {
    ["faceImage", "images"]
        .iter()
        .any(|name| members.has_value(name) || members.has_value_in("biometricData", name))
}

/// Takes what was taken of a face, from the body or from `biometricData` as when creating.
fn take(members: &mut Members<'_>) -> Option<Capture> {
    let given = has_capture(members);
    let plain = take_capture(members);
    let nested = members.object("biometricData", |inner| {
        let capture = take_capture(inner);
        if inner.flag("livenessDetection") == Some(false) {
            inner.fault(
                "livenessDetection",
                Invalid::new(FieldCode::NotHere, "this route always checks liveness"),
            );
        }
        capture
    });
    match (plain, nested.into_set().flatten()) {
        (Some(_), Some(_)) => {
            members.fault("faceImage", Invalid::new(FieldCode::NotHere, "give the image once"));
            None
        }
        (None, None) => {
            // One that was given but faulty is reported as such already.
            if !given {
                members.fault(
                    "faceImage",
                    Invalid::new(FieldCode::Required, "is required, or `images` in its place"),
                );
            }
            None
        }
        (plain, nested) => plain.or(nested),
    }
}

/// What was taken of a face, of a body that holds nothing else.
pub(crate) fn read(bytes: &[u8]) -> Result<Capture, Problem> {
    let mut members = Members::of_body(parse(bytes).map_err(|e| malformed(&e))?)?;
    let capture = take(&mut members);
    finished(members, capture)
}

/// Takes the one face image of a body that must have one.
pub(crate) fn take_face(members: &mut Members<'_>) -> Option<Vec<u8>> {
    let given = members.has_value("faceImage");
    let image = members.text("faceImage", decoded).into_set();
    if !given {
        members.fault("faceImage", Invalid::new(FieldCode::Required, "is required"));
    }
    image
}

/// Takes what is to be compared: a face image, a fingerprint, or both.
pub(crate) fn take_presented(members: &mut Members<'_>) -> Presented {
    let given = members.has_value("faceImage") || members.has_value("fingerprint");
    let face = members.text("faceImage", decoded).into_set();
    let finger = fingerprint::take(members).into_set();
    if !given {
        members.fault("faceImage", Invalid::new(FieldCode::Required, "this or `fingerprint` is required"));
    }
    Presented { face, finger }
}

/// Takes `proof`: a face image or a fingerprint that shows whose a new fingerprint is.
pub(crate) fn take_proof(members: &mut Members<'_>) -> Option<Proof> {
    members.object("proof", |inner| Proof(take_presented(inner))).into_set()
}

/// Takes a sample to be enrolled: a face image or a fingerprint, one of the two.
pub(crate) fn take_sample(members: &mut Members<'_>) -> Option<ToEnrol> {
    match take_presented(members) {
        Presented { face: Some(_), finger: Some(_) } => {
            members.fault("fingerprint", Invalid::new(FieldCode::NotHere, "send one sample at a time"));
            None
        }
        Presented { face, finger } => face.map(ToEnrol::Face).or(finger.map(ToEnrol::Finger)),
    }
}

/// Ends the reading of a body: all faults at once, or what was required.
pub(crate) fn finished<T>(members: Members<'_>, required: Option<T>) -> Result<T, Problem> {
    members.finish()?;
    required.ok_or_else(|| Problem::new(codes::VALIDATION_FAILED))
}
