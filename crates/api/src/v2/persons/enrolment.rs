//! Reading the body of a creation.

use domain::person::Change;
use domain::{FieldCode, Invalid, Time};
use registry::{Capture, Enrolment, NewPrint, OnDuplicate};

use super::profile;
use crate::json::{Json, Members, parse};
use crate::problem::Problem;
use crate::v2::collection_refs::{self, Refs};
use crate::v2::fingerprint;
use crate::v2::image::{self, decoded, malformed};

/// Which of the two creating routes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Route {
    Plain,
    Liveness,
}

/// Members of a person that only the server writes.
const READ_ONLY: [&str; 7] =
    ["id", "createdAt", "updatedAt", "version", "verification", "verifiedAt", "expiresAt"];

fn read_only(members: &mut Members<'_>, names: &[&str]) {
    for name in names {
        if members.take(name).is_some_and(|value| value != Json::Null) {
            members.fault(name, Invalid::new(FieldCode::ReadOnly, "is set by the server"));
        }
    }
}

#[derive(Default)]
struct Biometrics {
    face: Option<Capture>,
    fingerprint: Option<NewPrint>,
}

fn biometrics(members: &mut Members<'_>, route: Route) -> Biometrics {
    let face = match route {
        Route::Plain => members.text("faceImage", decoded).into_set().map(Capture::Image),
        Route::Liveness => image::take_capture(members),
    };
    if members.has_value("images") {
        let detail = "frames prove liveness: use POST /v2/persons/liveness, or send `faceImage`";
        members.take("images");
        members.fault("images", Invalid::new(FieldCode::NotHere, detail));
    }
    let fingerprint = fingerprint::take(members);
    match (members.flag("livenessDetection"), route) {
        (Some(true), Route::Plain) => members.fault(
            "livenessDetection",
            Invalid::new(FieldCode::NotHere, "use POST /v2/persons/liveness to check liveness"),
        ),
        (Some(false), Route::Liveness) => {
            members.fault(
                "livenessDetection",
                Invalid::new(FieldCode::NotHere, "this route always checks liveness"),
            );
        }
        _ => {}
    }
    read_only(members, &["livenessScore", "quality", "samples"]);
    Biometrics { face, fingerprint: fingerprint.into_set() }
}

/// Reads the body of `route`.
pub(super) fn read(bytes: &[u8], route: Route, now: Time) -> Result<(Enrolment, Refs), Problem> {
    let mut members = Members::of_body(parse(bytes).map_err(|e| malformed(&e))?)?;
    let given = (members.has_value("firstName"), members.has_value("lastName"));
    let patch = profile::read(&mut members, now);
    profile::require_a_name(&mut members, given);
    read_only(&mut members, &READ_ONLY);
    if let Change::Set(status) = members.text("verificationStatus", |text| Ok(text.to_owned()))
        && status != "pending"
    {
        members.fault(
            "verificationStatus",
            Invalid::new(FieldCode::ReadOnly, "can only be \"pending\" on creation"),
        );
    }
    let collections = collection_refs::read(&mut members, "collections");
    let on_duplicate = members.text("onDuplicate", |word| {
        OnDuplicate::parse(word)
            .ok_or_else(|| Invalid::new(FieldCode::Range, "must be reject, flag or allow"))
    });
    let has_face = image::has_capture(&members);
    let found = members.object("biometricData", |inner| biometrics(inner, route));
    let found = found.into_set().unwrap_or_default();
    if route == Route::Liveness && !has_face {
        members.fault_at(
            "/biometricData/faceImage",
            Invalid::new(FieldCode::Required, "is required, or `images` in its place"),
        );
    }
    members.finish()?;
    let (face, fingerprint, on_duplicate) = (found.face, found.fingerprint, on_duplicate.into_set());
    Ok((Enrolment { patch, face, fingerprint, on_duplicate }, collections))
}
