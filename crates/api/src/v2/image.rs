//! The body of routes that take one face image: `{faceImage}`, or inside `biometricData` as when creating.

use domain::person::Change;
use domain::{FieldCode, Invalid};
use registry::{Presented, Proof, ToEnrol};

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

/// Takes the image of a body, as `faceImage` or inside `biometricData`; whatever is wrong with it is noted.
pub(crate) fn take(members: &mut Members<'_>) -> Option<Vec<u8>> {
    let given = members.has_value("faceImage") || members.has_value_in("biometricData", "faceImage");
    let plain = members.text("faceImage", decoded);
    let nested = members.object("biometricData", |inner| {
        let image = inner.text("faceImage", decoded);
        if inner.flag("livenessDetection") == Some(false) {
            inner.fault(
                "livenessDetection",
                Invalid::new(FieldCode::NotHere, "this route always checks liveness"),
            );
        }
        image
    });
    let nested = nested.into_set().unwrap_or_default();
    match (plain, nested) {
        (Change::Set(image), Change::Keep | Change::Clear)
        | (Change::Keep | Change::Clear, Change::Set(image)) => Some(image),
        (Change::Set(_), Change::Set(_)) => {
            members.fault("faceImage", Invalid::new(FieldCode::NotHere, "give the image once"));
            None
        }
        _ => {
            // One that was given but faulty is reported as such already.
            if !given {
                members.fault("faceImage", Invalid::new(FieldCode::Required, "is required"));
            }
            None
        }
    }
}

/// The image of a body that holds nothing else.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut members = Members::of_body(parse(bytes).map_err(|e| malformed(&e))?)?;
    let image = take(&mut members);
    finished(members, image)
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
