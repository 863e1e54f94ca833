//! What a verification rests on: which face and which fingers were there when it was proven. Kept through every later
//! change, so that no chain of small steps leads from the one who was verified to somebody else.

use domain::biometric::MatchScore;
use domain::{SampleId, Status, Time};
use engine::face::Template;
use serde::{Deserialize, Serialize};
use store::{SampleHead, SampleKind, SampleState, SealedChange};

use crate::access::Caller;
use crate::alike::Alike;
use crate::attempts::Shows;
use crate::capture::{Capture, Judged};
use crate::compare::Presented;
use crate::error::Error;
use crate::evidence::Method;
use crate::finger::{EnrolledPrint, FingerProbe};
use crate::person::{Person, SampleRef};
use crate::proven::{pictures_of_judged, pictures_of_print};
use crate::records::{Opened, digest};
use crate::registry::Registry;

/// The samples a verification rests on. Only a reviewer or erasure takes it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Anchor {
    /// Sixteen bytes of the identifier of the face that was checked; none where a reviewer verified somebody without one.
    pub(crate) face: Option<[u8; 16]>,
    /// The fingers that were enrolled then, or were added since with a proof.
    #[serde(default)]
    pub(crate) fingers: Vec<[u8; 16]>,
    /// When it was proven last, in milliseconds since 1970.
    pub(crate) at: i64,
    /// How.
    pub(crate) method: Method,
}

impl Person {
    /// The enrolled face that is shown.
    fn shown_face(&self) -> Option<SampleId> {
        self.sealed.biometrics.face.filter(|f| !f.is_evidence()).map(|f| f.id())
    }

    /// Lets the verification rest on what is enrolled now.
    pub(crate) fn set_anchor(&mut self, now: Time, method: Method) {
        let face = self.shown_face().map(SampleId::to_bytes);
        let fingers = self.fingerprints().map(|f| f.id().to_bytes()).collect();
        self.sealed.anchor = Some(Anchor { face, fingers, at: now.millis(), method });
    }

    /// What was proven is proven again: the samples it rests on stay.
    pub(crate) fn renew_anchor(&mut self, now: Time, method: Method) {
        let shown = self.shown_face().map(SampleId::to_bytes);
        match &mut self.sealed.anchor {
            Some(anchor) => {
                (anchor.at, anchor.method) = (now.millis(), method);
                anchor.face = anchor.face.or(shown);
            }
            None => self.set_anchor(now, method),
        }
    }

    /// Somebody who was verified by a version before 0.2, which kept no anchor: it rests on what is enrolled.
    pub(crate) fn anchor_of_before_0_2(&mut self) {
        if let (None, Status::Verified, Some(at)) =
            (&self.sealed.anchor, self.verification.stored(), self.verification.verified_at())
        {
            let method = self.sealed.evidence.as_ref().map_or(Method::Review, |e| e.method);
            self.set_anchor(at, method);
        }
    }

    /// Whether a verification rests on something that later changes must agree with.
    pub(crate) const fn is_anchored(&self) -> bool {
        self.sealed.anchor.is_some()
    }

    /// The face that new ones must match: the one that was checked, else the one that is shown.
    pub(crate) fn reference_face(&self) -> Option<SampleId> {
        let anchored = self.sealed.anchor.as_ref().and_then(|a| a.face).map(SampleId::from_bytes);
        anchored.or(self.shown_face())
    }

    /// Whether a face is what the verification rests on.
    pub(crate) fn rests_on_face(&self, sample: SampleId) -> bool {
        self.sealed.anchor.as_ref().is_some_and(|a| a.face == Some(sample.to_bytes()))
    }

    /// Whether a finger is among those the verification rests on.
    pub(crate) fn rests_on_finger(&self, sample: SampleId) -> bool {
        self.sealed.anchor.as_ref().is_some_and(|a| a.fingers.contains(&sample.to_bytes()))
    }

    /// A finger goes, and nothing rests on it any more.
    pub(crate) fn forget_finger(&mut self, sample: SampleId) {
        if let Some(anchor) = &mut self.sealed.anchor {
            anchor.fingers.retain(|f| *f != sample.to_bytes());
        }
    }

    /// A finger came with a proof, or with a reviewer's word.
    pub(crate) fn vouch_for_finger(&mut self, sample: SampleId) {
        if let Some(anchor) = &mut self.sealed.anchor {
            anchor.fingers.push(sample.to_bytes());
        }
    }

    /// An enrolled sample of a kind, by what is sealed with the person: what stands in clear beside a sample proves nothing.
    pub(crate) fn enrolled_sample(&self, id: SampleId, kind: SampleKind) -> Option<&SampleRef> {
        let word = match kind {
            SampleKind::Face => "face",
            SampleKind::Fingerprint => "fingerprint",
        };
        self.samples().find(|(k, s)| *k == word && s.id() == id && !s.is_evidence()).map(|(_, s)| s)
    }
}

impl Person {
    /// Whether a row of a sample says of it what is sealed with the person.
    pub(crate) fn says_of(&self, head: &SampleHead) -> bool {
        let kind = match head.kind {
            SampleKind::Face => "face",
            SampleKind::Fingerprint => "fingerprint",
        };
        let known = self.samples().find(|(_, sample)| sample.id() == head.id);
        known.is_none_or(|(k, s)| k == kind && s.is_evidence() == (head.state == SampleState::Evidence))
    }
}

/// What a client shows beside a new finger to prove that it is the same person's.
#[derive(Clone, Debug, Default)]
pub struct Proof(pub Presented);

impl Registry {
    /// The template of one enrolled face of a person; made again where it is missing. None where nothing can be made of its
    /// image.
    pub(crate) async fn template_of_sample(
        &self,
        caller: &Caller,
        opened: &Opened,
        sample: SampleId,
    ) -> Result<Option<Template>, Error> {
        let heads = self.store.samples(caller.tenant, opened.person.id).await?;
        let Some(head) = heads.into_iter().find(|h| h.id == sample && h.is_enrolled_face()) else {
            // Replaced while it was read.
            return Err(Error::Stale);
        };
        self.template_in_force(caller, opened, &head).await
    }

    /// The face a new one must match; none where the person has no face.
    ///
    /// # Errors
    /// [`Error::ReviewNeeded`] where a verification rests on something that no face can be compared with.
    pub(crate) async fn reference_template(
        &self,
        caller: &Caller,
        opened: &Opened,
        may_review: bool,
    ) -> Result<Option<Template>, Error> {
        let anchored_without_face =
            opened.person.sealed.anchor.as_ref().is_some_and(|anchor| anchor.face.is_none());
        if anchored_without_face && !may_review {
            return Err(Error::ReviewNeeded);
        }
        let Some(reference) = opened.person.reference_face() else { return Ok(None) };
        match self.template_of_sample(caller, opened, reference).await? {
            Some(template) => Ok(Some(template)),
            None if may_review => Ok(None),
            None => Err(Error::ReviewNeeded),
        }
    }

    /// The score from which a sample may be added to what a person is verified by.
    pub(crate) fn threshold_of_addition(&self) -> MatchScore {
        MatchScore::at_rate(self.settings.addition_match_rate)
    }

    /// Whether a face may be added beside the one it must match.
    pub(crate) fn may_be_added(&self, reference: &Template, new: &Template) -> Result<bool, Error> {
        Ok(self.alike(std::slice::from_ref(reference), new)?.score >= self.threshold_of_addition())
    }

    /// Why a finger may be added to somebody whose verification rests on something.
    ///
    /// # Errors
    /// [`Error::FaceMismatch`], [`Error::FingerprintMismatch`] or [`Error::ProofNeeded`] where nothing speaks for it,
    /// [`Error::AttemptLimit`].
    pub(crate) async fn speaks_for_finger(
        &self,
        caller: &Caller,
        opened: &Opened,
        new: Option<&FingerProbe>,
        shown: &Shown<'_>,
    ) -> Result<(Voucher, Vec<SealedChange>), Error> {
        if !opened.person.is_anchored() {
            return Ok((Voucher::NotNeeded, Vec::new()));
        }
        if shown.may_review {
            return Ok((Voucher::Reviewer, Vec::new()));
        }
        let person = opened.person.id;
        self.may_try(caller, Some(person)).await?;
        let enrolled = match &self.fingers {
            Some(_) => {
                let rests_on = |finger| opened.person.rests_on_finger(finger);
                self.enrolled_prints_that(caller, opened, rests_on).await?
            }
            None => Vec::new(),
        };
        let reaches = |alike: Option<Alike>| alike.is_some_and(|a| a.score >= self.threshold_of_addition());
        if let Some(new) = new
            && reaches(self.alike_print(&enrolled, new)?)
        {
            return Ok((Voucher::SameFinger, Vec::new()));
        }
        if let Some(proof) = shown.proof
            && let Some(used) = self.proves(caller, opened, &enrolled, proof).await?
        {
            return Ok((Voucher::Proof, used));
        }
        if shown.proof.is_none() && (enrolled.is_empty() || new.is_none()) {
            return Err(Error::ProofNeeded);
        }
        let by_face = shown.proof.is_some_and(|Proof(shown)| shown.face.is_some());
        let shows = if by_face { Shows::FACE } else { Shows::FINGER };
        self.note_failed(caller, Some((person, shows))).await?;
        Err(if by_face { Error::FaceMismatch } else { Error::FingerprintMismatch })
    }

    /// Whether what is shown is the person who was verified, and what that uses up. A face must be alive; a picture proves
    /// something once, and what is stored already proves nothing: who may read it could send it back.
    async fn proves(
        &self,
        caller: &Caller,
        opened: &Opened,
        enrolled: &[EnrolledPrint],
        Proof(shown): &Proof,
    ) -> Result<Option<Vec<SealedChange>>, Error> {
        let is_stored = |bytes: &[u8]| {
            let sent = digest(&opened.tenant_keys, bytes);
            opened.person.samples().any(|(_, sample)| sample.digest == sent)
        };
        if let Some(image) = &shown.face {
            let anchored = opened.person.sealed.anchor.as_ref().and_then(|a| a.face).is_some();
            let judged = self.judge(Capture::Image(image.clone())).await?;
            let Judged { analysis, score, .. } = &judged;
            if !self.is_live(*score) {
                self.note_failed(caller, Some((opened.person.id, Shows::FACE))).await?;
                return Err(Error::ProofNeeded);
            }
            if anchored
                && !is_stored(image)
                && !is_stored(&analysis.image.0)
                && let (Some(reference), Some(template)) =
                    (self.reference_template(caller, opened, false).await?, &analysis.template)
            {
                if !self.may_be_added(&reference, template)? {
                    return Ok(None);
                }
                let pictures = pictures_of_judged(&opened.tenant_keys, &judged);
                return Ok(Some(self.proven(caller.tenant, &opened.tenant_keys, pictures, self.now())?));
            }
        }
        if let Some(sent) = shown.finger.as_ref().filter(|print| !is_stored(&print.bytes)) {
            self.fingers()?;
            let print = self.print(sent.clone()).await?;
            // A record of minutiae shows nothing that was before a sensor: this server makes such records of what is enrolled.
            let (Some(probe), pictures @ [Some(_), _]) =
                (self.probe_of(&print), pictures_of_print(&opened.tenant_keys, &print))
            else {
                return Err(Error::ProofNeeded);
            };
            let alike = self.alike_print(enrolled, &probe)?;
            if alike.is_none_or(|a| a.score < self.threshold_of_addition()) {
                return Ok(None);
            }
            let pictures = pictures.into_iter().flatten();
            return Ok(Some(self.proven(caller.tenant, &opened.tenant_keys, pictures, self.now())?));
        }
        Ok(None)
    }
}

/// What a request brings beside a new finger.
pub(crate) struct Shown<'a> {
    pub(crate) may_review: bool,
    pub(crate) proof: Option<&'a Proof>,
}

/// Why a finger may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voucher {
    /// Nothing rests on what the person has.
    NotNeeded,
    /// It is another impression of a finger the verification rests on.
    SameFinger,
    /// A face or finger that was shown with it matches.
    Proof,
    /// A reviewer says so.
    Reviewer,
}

impl Voucher {
    /// Whether later impressions may be compared with this one.
    pub(crate) const fn is_independent(self) -> bool {
        matches!(self, Self::Proof | Self::Reviewer)
    }
}
