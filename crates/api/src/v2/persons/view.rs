//! How a person is shown: the object of the Persons API, and what was added to it.

use std::collections::BTreeMap;

use domain::Time;
use registry::{Evidence, Images, Models, Person, Position, PrintInfo, Quality, ReadingNotes};
use serde::Serialize;

use crate::json::base64;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonView<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_birth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nationality: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    collections: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    merged_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biometric_data: Option<BiometricView>,
    verification_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<VerificationView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    created_at: String,
    updated_at: String,
    version: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BiometricView {
    #[serde(skip_serializing_if = "Option::is_none")]
    face_image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness_score: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<QualityView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    samples: Vec<SampleView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampleView {
    id: String,
    kind: &'static str,
    state: &'static str,
    created_at: String,
    #[serde(flatten)]
    print: Option<PrintView>,
}

/// What is known of a fingerprint.
#[derive(Serialize)]
pub(crate) struct PrintView {
    #[serde(skip_serializing_if = "Option::is_none")]
    finger: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dpi: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// For an impression that does, where another would do better.
const ADVICE: &str =
    "little of the finger can be seen: another impression, clean and flat, will match more surely";

impl From<&PrintInfo> for PrintView {
    fn from(info: &PrintInfo) -> Self {
        Self {
            finger: info.position().map(Position::as_str),
            dpi: info.dpi(),
            quality: info.quality(),
            advice: info.is_poor().then_some(ADVICE),
            notes: in_words(info.notes()),
        }
    }
}

/// What was put up with or believed when a fingerprint was read.
fn in_words(notes: ReadingNotes) -> Vec<String> {
    let minutiae = |count: u8| if count == 1 { "1 minutia".to_owned() } else { format!("{count} minutiae") };
    let left_out = (notes.left_out > 0).then(|| {
        format!(
            "{} left out of the record: outside its image, or of an impossible direction",
            minutiae(notes.left_out)
        )
    });
    let of_no_kind = (notes.of_no_kind > 0).then(|| {
        format!("{} of a kind that does not exist, kept as of no known kind", minutiae(notes.of_no_kind))
    });
    let unknown_finger =
        notes.unknown_finger.then(|| "the record's number of the finger is none: not known".to_owned());
    let dpi_of_file = notes
        .dpi_of_file
        .then(|| "the resolution is what the image file says; `dpi` overrides it".to_owned());
    [left_out, of_no_kind, unknown_finger, dpi_of_file].into_iter().flatten().collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationView<'a> {
    method: registry::Method,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_assurance: Option<&'static str>,
    reasons: &'a [String],
    checked_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<ModelsView<'a>>,
}

#[derive(Serialize)]
pub(crate) struct ModelsView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    detector: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedder: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extractor: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QualityView {
    overall: f32,
    face_height: f32,
    detection: f32,
    sharpness: f32,
    brightness: f32,
    yaw: f32,
    roll: f32,
}

impl<'a> From<&'a Models> for ModelsView<'a> {
    fn from(m: &'a Models) -> Self {
        Self {
            detector: m.detector.as_deref(),
            embedder: m.embedder.as_deref(),
            liveness: m.liveness.as_deref(),
            extractor: m.extractor.as_deref(),
        }
    }
}

impl From<&Quality> for QualityView {
    fn from(q: &Quality) -> Self {
        let &Quality { overall, face_height, detection, sharpness, brightness, yaw, roll } = q;
        Self { overall, face_height, detection, sharpness, brightness, yaw, roll }
    }
}

impl<'a> From<&'a Evidence> for VerificationView<'a> {
    fn from(e: &'a Evidence) -> Self {
        Self {
            method: e.method,
            capture_assurance: e.assurance().map(registry::Assurance::as_str),
            reasons: &e.reasons,
            checked_at: Time::from_millis(e.checked_at).to_string(),
            threshold: e.threshold,
            models: e.models.as_ref().map(ModelsView::from),
        }
    }
}

fn biometrics(person: &Person, images: &Images) -> BiometricView {
    let biometrics = person.biometrics();
    let samples = person.samples().map(|(kind, sample)| SampleView {
        id: sample.id().to_string(),
        kind,
        state: if sample.is_evidence() { "evidence" } else { "enrolled" },
        created_at: sample.created_at().to_string(),
        print: sample.print().map(PrintView::from),
    });
    BiometricView {
        face_image: images.face.as_deref().map(base64::encode),
        fingerprint: images.fingerprint.as_deref().map(base64::encode),
        liveness_score: biometrics.liveness_score,
        quality: biometrics.quality.as_ref().map(QualityView::from),
        samples: samples.collect(),
    }
}

impl<'a> PersonView<'a> {
    /// With its biometric part: a person on its own always has one.
    pub(crate) fn whole(person: &'a Person, images: &Images) -> Self {
        Self { biometric_data: Some(biometrics(person, images)), ..Self::brief(person) }
    }

    /// Without its biometric part, as in a list.
    pub(crate) fn brief(person: &'a Person) -> Self {
        let profile = person.profile();
        Self {
            id: person.id.to_string(),
            external_id: profile.external_id.as_deref(),
            first_name: profile.first_name.as_deref(),
            last_name: profile.last_name.as_deref(),
            email: profile.email.as_deref(),
            phone: profile.phone.as_deref(),
            date_of_birth: profile.date_of_birth.as_deref(),
            document_type: profile.document_type.as_deref(),
            document_number: profile.document_number.as_deref(),
            nationality: profile.nationality.as_deref(),
            gender: profile.gender.as_deref(),
            metadata: &profile.metadata,
            collections: profile.collections().map(|c| c.to_string()).collect(),
            merged_ids: person.merged_ids().map(|id| id.to_string()).collect(),
            biometric_data: None,
            verification_status: person.status().as_str(),
            verification: person.evidence().map(VerificationView::from),
            verified_at: person.verification.verified_at().map(|t| t.to_string()),
            expires_at: person.verification.expires_at().map(|t| t.to_string()),
            created_at: person.created_at.to_string(),
            updated_at: person.updated_at.to_string(),
            version: person.version,
        }
    }
}
