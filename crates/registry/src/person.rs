//! A person, opened: what the rules work on and what an answer shows.

use domain::{PersonId, SampleId, Status, Time, Verification};
use serde::{Deserialize, Serialize};

use crate::anchor::Anchor;
use crate::evidence::{Evidence, Quality};
use crate::finger::PrintInfo;
use crate::merge::Merged;
use crate::profile::Profile;

/// A sample, and a digest of its image that tells whether the same bytes came again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleRef {
    /// Sixteen bytes of the sample's identifier.
    id: [u8; 16],
    /// When it was taken in, in milliseconds since 1970.
    pub(crate) created_at: i64,
    /// Keyed hash of the bytes as stored.
    pub(crate) digest: [u8; 16],
    /// Whether it is evidence of a failed check only.
    pub(crate) evidence: bool,
    /// What is known of a fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) print: Option<PrintInfo>,
    /// Names under which its picture is noted once it may prove nothing more; see `proven.rs`.
    #[serde(default, skip_serializing_if = "no_pictures")]
    pub(crate) pictures: Pictures,
}

/// Up to two pictures: as it came, and as it is stored.
pub(crate) type Pictures = [Option<[u8; 16]>; 2];

const fn no_pictures(pictures: &Pictures) -> bool {
    matches!(pictures, [None, None])
}

impl SampleRef {
    pub(crate) fn new(id: SampleId, created_at: Time, digest: [u8; 16], evidence: bool) -> Self {
        Self {
            id: id.to_bytes(),
            created_at: created_at.millis(),
            digest,
            evidence,
            print: None,
            pictures: [None; 2],
        }
    }

    /// Its identifier.
    #[must_use]
    pub const fn id(&self) -> SampleId {
        SampleId::from_bytes(self.id)
    }

    /// When it was taken in.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        Time::from_millis(self.created_at)
    }

    /// What is known of a fingerprint.
    #[must_use]
    pub const fn print(&self) -> Option<&PrintInfo> {
        self.print.as_ref()
    }

    /// Whether it is kept as evidence of a failed check and never compared with.
    #[must_use]
    pub const fn is_evidence(&self) -> bool {
        self.evidence
    }
}

/// The biometric part of a person, images apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Biometrics {
    /// The face image shown as `faceImage`.
    pub face: Option<SampleRef>,
    /// Other enrolled faces, in the order they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_faces: Vec<SampleRef>,
    /// Model of the face's template; none for evidence.
    pub face_model: Option<String>,
    /// The fingerprint shown as `fingerprint`.
    pub fingerprint: Option<SampleRef>,
    /// Other enrolled fingerprints, in the order they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_fingerprints: Vec<SampleRef>,
    /// The last liveness score, on the published scale.
    pub liveness_score: Option<f32>,
    /// What was measured of the face.
    pub quality: Option<Quality>,
}

/// What is sealed of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) profile: Profile,
    pub(crate) biometrics: Biometrics,
    pub(crate) evidence: Option<Evidence>,
    /// What the verification rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) anchor: Option<Anchor>,
    /// Moments of recent failed liveness checks, in milliseconds: the brake survives a restart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) failures: Vec<i64>,
    /// Records of the same human that were taken in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) merged: Vec<Merged>,
}

/// A person.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Its identifier.
    pub id: PersonId,
    /// 1 on creation, one more with each change.
    pub version: u64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// Its verification, as stored.
    pub verification: Verification,
    /// The moment it was read: decides whether it has expired.
    pub read_at: Time,
    pub(crate) sealed: Sealed,
}

impl Person {
    /// The status at the moment it was read.
    #[must_use]
    pub fn status(&self) -> Status {
        self.verification.status(self.read_at)
    }

    /// Names, contact, document.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.sealed.profile
    }

    /// Samples, score, quality.
    #[must_use]
    pub const fn biometrics(&self) -> &Biometrics {
        &self.sealed.biometrics
    }

    /// Why it has its status.
    #[must_use]
    pub const fn evidence(&self) -> Option<&Evidence> {
        self.sealed.evidence.as_ref()
    }

    /// Whether there is a face to compare with.
    pub(crate) fn has_enrolled_face(&self) -> bool {
        let biometrics = &self.sealed.biometrics;
        biometrics.face.iter().chain(&biometrics.more_faces).any(|f| !f.is_evidence())
    }

    /// The enrolled fingerprints, the one that is shown first.
    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = &SampleRef> {
        let biometrics = &self.sealed.biometrics;
        biometrics.fingerprint.iter().chain(&biometrics.more_fingerprints)
    }

    /// Enrols a fingerprint: the first is the one that is shown.
    pub(crate) fn add_fingerprint(&mut self, print: SampleRef) {
        let biometrics = &mut self.sealed.biometrics;
        match biometrics.fingerprint {
            Some(_) => biometrics.more_fingerprints.push(print),
            None => biometrics.fingerprint = Some(print),
        }
    }

    /// Takes a fingerprint away; where it was the one that is shown, the next takes its place. Whether it was there.
    pub(crate) fn drop_fingerprint(&mut self, sample: SampleId) -> bool {
        let biometrics = &mut self.sealed.biometrics;
        if let Some(at) = biometrics.more_fingerprints.iter().position(|f| f.id() == sample) {
            biometrics.more_fingerprints.remove(at);
            return true;
        }
        let shown = biometrics.fingerprint.is_some_and(|f| f.id() == sample);
        if shown {
            let more = &mut biometrics.more_fingerprints;
            biometrics.fingerprint = (!more.is_empty()).then(|| more.remove(0));
        }
        shown
    }

    /// Records that were taken in, the oldest merge first.
    pub fn merged_ids(&self) -> impl Iterator<Item = PersonId> {
        self.sealed.merged.iter().map(Merged::id)
    }

    /// The strong entity tag.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(self.version, self.status())
    }

    /// The samples that exist, face first.
    pub fn samples(&self) -> impl Iterator<Item = (&'static str, &SampleRef)> {
        let biometrics = &self.sealed.biometrics;
        let face = biometrics.face.as_ref().map(|s| ("face", s));
        let more = biometrics.more_faces.iter().map(|s| ("face", s));
        face.into_iter().chain(more).chain(self.fingerprints().map(|s| ("fingerprint", s)))
    }
}

/// The strong entity tag of a version: marked when the person has expired, because that changes what is shown
/// without changing the version.
pub(crate) fn etag(version: u64, status: Status) -> String {
    let mark = if status == Status::Expired { "x" } else { "" };
    format!("\"{version}{mark}\"")
}
