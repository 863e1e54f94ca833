//! Fingerprints: what is sent, what is kept of it, and how alike two are.

use std::sync::Arc;

use domain::{PersonId, SampleId, Time};
use engine::EngineError;
use engine::finger::{DpiBy, Fingers, Gate, Impression, Kept, Kind, Sent};
use minutiae::{Position, Probe, Scratch, Subject, Template};
use serde::{Deserialize, Serialize};
use store::{SampleKind, SampleRow, SampleState};
use vault::{Key, TenantKeys};

use crate::access::Caller;
use crate::alike::{Alike, Wanted};
use crate::error::Error;
use crate::face::Models;
use crate::person::SampleRef;
use crate::proven::pictures_of_print;
use crate::records::{NewSample, Opened, PrintRecord};
use crate::registry::Registry;
use crate::remake::HeldPrint;

/// A fingerprint as a client sends it.
#[derive(Clone, Debug)]
pub struct NewPrint {
    /// Image file or record of minutiae.
    pub bytes: Vec<u8>,
    /// Its kind, by its first bytes.
    pub kind: Kind,
    /// Resolution of an image, in dots per inch, where the client says.
    pub dpi: Option<u16>,
    /// The finger, where the client says.
    pub position: Option<Position>,
}

/// The same as it is kept: the image out of a record, without what its file says beside the picture.
#[derive(Clone, Debug)]
pub(crate) struct BarePrint {
    pub(crate) kept: Kept,
    /// The finger, as the client or the record around the image says.
    pub(crate) position: Option<Position>,
}

impl NewPrint {
    pub(crate) fn bare(self) -> Result<BarePrint, Error> {
        let kept = engine::finger::received(self.bytes, self.kind, self.dpi).map_err(EngineError::from)?;
        Ok(BarePrint { position: self.position.or(kept.position), kept })
    }
}

impl BarePrint {
    /// What the sender says of the resolution; what only a file says is no reason to change what is known.
    pub(crate) fn said_dpi(&self) -> Option<u16> {
        (self.kept.dpi_by == DpiBy::Sender).then_some(self.kept.dpi)
    }
}

/// What a person keeps of a fingerprint beside the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintInfo {
    /// What was sent.
    pub(crate) kind: Kind,
    /// Number of the finger; 0 where it is not known.
    pub(crate) finger: u8,
    /// Resolution, in dots per inch.
    pub(crate) dpi: u16,
    /// 0-100; none where nothing looked at it.
    pub(crate) quality: Option<u8>,
    /// What was put up with or believed when it was read.
    #[serde(default, skip_serializing_if = "ReadingNotes::is_empty")]
    pub(crate) notes: ReadingNotes,
}

/// What a client should know of how its fingerprint was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingNotes {
    /// Minutiae of a record that were left out: outside its image, or of a direction that is none.
    pub left_out: u8,
    /// Minutiae of a kind that is none, kept as of no known kind.
    pub of_no_kind: u8,
    /// Whether a record has a number that is no finger's.
    pub unknown_finger: bool,
    /// Whether the resolution is what the image file says.
    pub dpi_of_file: bool,
}

impl ReadingNotes {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl PrintInfo {
    /// The finger, where it is known.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        Position::from_number(self.finger)
    }

    /// Resolution of an image, in dots per inch; a record of minutiae has its own.
    #[must_use]
    pub fn dpi(&self) -> Option<u16> {
        (self.kind != Kind::Minutiae).then_some(self.dpi)
    }

    /// How good it is, 0-100.
    #[must_use]
    pub const fn quality(&self) -> Option<u8> {
        self.quality
    }

    /// What a client should know of how it was read.
    #[must_use]
    pub const fn notes(&self) -> ReadingNotes {
        self.notes
    }

    /// Whether another try would be worth its time.
    #[must_use]
    pub fn is_poor(&self) -> bool {
        self.quality.is_some_and(|quality| quality < engine::finger::COMFORTABLE)
    }
}

/// A fingerprint that was looked at once; shared, because a conflict may make the same be stored again.
#[derive(Debug)]
pub(crate) struct Print {
    pub(crate) bytes: Vec<u8>,
    pub(crate) info: PrintInfo,
    /// None where there is no engine: then it is kept as sent.
    pub(crate) impression: Option<Impression>,
}

impl Print {
    pub(crate) const fn position(&self) -> Option<Position> {
        self.info.position()
    }
}

/// A fingerprint to be looked for, or on its way into the gallery.
#[derive(Clone)]
pub(crate) struct FingerProbe {
    pub(crate) probe: Arc<Probe>,
    /// As a gallery would hold it.
    subject: Arc<Subject>,
    pub(crate) position: Option<Position>,
    /// Whether a client has made the template.
    pub(crate) foreign: bool,
}

impl FingerProbe {
    /// The same, whatever the finger is called.
    pub(crate) fn of_any_name(self) -> Self {
        Self { position: None, ..self }
    }

    /// Its score with another one that is under way, and whether a client's template takes part; none for different fingers.
    pub(crate) fn score(&self, other: &Self) -> Option<(f32, bool)> {
        let same = self.position.zip(other.position).is_none_or(|(own, other)| own == other);
        same.then(|| {
            (self.probe.compare(&other.subject, &mut Scratch::default()), self.foreign || other.foreign)
        })
    }
}

impl Registry {
    /// The engine for fingerprints.
    pub(crate) fn fingers(&self) -> Result<&Fingers, Error> {
        self.fingers.as_ref().ok_or(Error::FingerprintsNotConfigured)
    }

    /// Names of what an answer about fingerprints rests on.
    pub(crate) fn finger_models(&self) -> Result<Models, Error> {
        Ok(Models { extractor: Some(self.fingers()?.id().to_owned()), ..Models::default() })
    }

    /// Looks at a fingerprint that is to be enrolled; without an engine it is kept as sent.
    pub(crate) async fn print(&self, new: NewPrint) -> Result<Arc<Print>, Error> {
        self.bare_print(new.bare()?).await
    }

    /// The same, of one that was taken out of its record and file.
    pub(crate) async fn bare_print(&self, bare: BarePrint) -> Result<Arc<Print>, Error> {
        let BarePrint { kept: Kept { bytes, kind, dpi, dpi_by, unknown_finger, .. }, position } = bare;
        let impression = match &self.fingers {
            Some(fingers) => Some(fingers.extract(Sent { bytes: bytes.clone(), dpi }, Gate::Quality).await?),
            None => None,
        };
        let read = impression.as_ref().map(|i| i.notes).unwrap_or_default();
        let notes = ReadingNotes {
            left_out: read.left_out,
            of_no_kind: read.of_no_kind,
            unknown_finger: unknown_finger || read.unknown_finger,
            dpi_of_file: dpi_by == DpiBy::File,
        };
        let position = position.or(impression.as_ref().and_then(|i| i.position));
        let quality = impression.as_ref().map(|i| i.quality.score);
        let info = PrintInfo { kind, finger: position.map_or(0, Position::number), dpi, quality, notes };
        Ok(Arc::new(Print { bytes, info, impression }))
    }

    /// The probe a fingerprint makes, and how it was read.
    pub(crate) async fn finger_probe(&self, new: NewPrint) -> Result<(FingerProbe, PrintInfo), Error> {
        self.fingers()?;
        let print = self.print(new).await?;
        let probe = self.probe_of(&print);
        Ok((probe.ok_or_else(|| Error::Fault("an impression has no template".into()))?, print.info))
    }

    /// The probe of a fingerprint that was looked at.
    pub(crate) fn probe_of(&self, print: &Print) -> Option<FingerProbe> {
        let impression = print.impression.as_ref()?;
        Some(FingerProbe {
            probe: Arc::new(Probe::new(&impression.template)),
            subject: Arc::new(Subject::new(&impression.template)),
            position: print.position(),
            foreign: self.is_foreign(&impression.extractor),
        })
    }

    /// Whether templates of this extractor are those that clients bring.
    pub(crate) fn is_foreign(&self, extractor: &str) -> bool {
        self.fingers.as_ref().is_some_and(|fingers| fingers.foreign_id() == extractor)
    }

    /// The sample of a fingerprint.
    pub(crate) fn print_sample(
        &self,
        caller: &Caller,
        person: PersonId,
        keys: (&Key, &TenantKeys),
        print: &Print,
        now: Time,
    ) -> Result<(SampleRow, SampleRef), Error> {
        // Also where nothing looked at it: once something does, finger and resolution are known.
        let template = print.impression.as_ref().map(|i| i.template.clone());
        let record = PrintRecord { template, position: print.position(), dpi: print.info.dpi };
        let sample = NewSample {
            kind: SampleKind::Fingerprint,
            state: SampleState::Enrolled,
            image: &print.bytes,
            model: print.impression.as_ref().map_or("", |i| &i.extractor),
            template: Some(record.to_bytes()),
        };
        let (row, mut reference) = self.seal_sample(caller.tenant, person, keys, sample, now)?;
        reference.print = Some(print.info);
        reference.pictures = pictures_of_print(keys.1, print);
        Ok((row, reference))
    }

    /// The fingerprints that are enrolled of a person; templates that are missing are made.
    pub(crate) async fn enrolled_prints(
        &self,
        caller: &Caller,
        opened: &Opened,
    ) -> Result<Vec<EnrolledPrint>, Error> {
        self.enrolled_prints_that(caller, opened, |_| true).await
    }

    /// Those of them that `wanted` says.
    pub(crate) async fn enrolled_prints_that(
        &self,
        caller: &Caller,
        opened: &Opened,
        wanted: impl Fn(SampleId) -> bool,
    ) -> Result<Vec<EnrolledPrint>, Error> {
        let mut enrolled = Vec::new();
        for sample in self.store.samples(caller.tenant, opened.person.id).await? {
            let is_enrolled = opened.person.enrolled_sample(sample.id, SampleKind::Fingerprint).is_some();
            if !is_enrolled || !wanted(sample.id) {
                continue;
            }
            let found = match self.held_print(caller.tenant, &opened.key, &sample)? {
                HeldPrint::Record(record, foreign) => (record, foreign),
                HeldPrint::NotYet(missing) => self.remake_print(caller.tenant, &opened.key, missing).await?,
            };
            let (record, foreign) = found;
            let (position, template) = (record.position, record.template);
            enrolled.extend(template.map(|template| EnrolledPrint { template, position, foreign }));
        }
        Ok(enrolled)
    }

    /// How alike a probe and a person's fingerprints are, by the best of those it may be compared with; none where there is none.
    pub(crate) fn alike_print(
        &self,
        enrolled: &[EnrolledPrint],
        probe: &FingerProbe,
    ) -> Result<Option<Alike>, Error> {
        let fingers = self.fingers()?;
        // Where the finger is known, one that nobody has named does not stand in for it.
        let named = enrolled.iter().any(|e| e.position.is_some() && e.position == probe.position);
        let same = |e: &&EnrolledPrint| match (e.position, probe.position) {
            (Some(own), Some(asked)) => own == asked,
            (None, Some(_)) => !named,
            (_, None) => true,
        };
        let mut scratch = Scratch::default();
        let alike = enrolled.iter().filter(same).map(|e| {
            let score = probe.probe.compare(&Subject::new(&e.template), &mut scratch);
            Alike::of(fingers.calibration(probe.foreign || e.foreign), score, 1)
        });
        let all: Vec<Alike> = alike.collect();
        let best = all.iter().copied().min_by(|a, b| a.false_match_rate.total_cmp(&b.false_match_rate));
        Ok(best.map(|best| best.among(all.len())))
    }

    /// Whether a fingerprint is of a finger that is enrolled, as a 1:1 comparison says; it is where nothing speaks against it.
    pub(crate) fn is_same_finger(
        &self,
        enrolled: &[EnrolledPrint],
        probe: &FingerProbe,
    ) -> Result<bool, Error> {
        let threshold = self.threshold_of_one(Wanted::Default);
        Ok(self.alike_print(enrolled, probe)?.is_none_or(|alike| alike.score >= threshold))
    }
}

/// A fingerprint a person is enrolled with.
pub(crate) struct EnrolledPrint {
    pub(crate) template: Template,
    pub(crate) position: Option<Position>,
    pub(crate) foreign: bool,
}

impl EnrolledPrint {
    /// The probe it makes.
    pub(crate) fn probe(&self) -> FingerProbe {
        FingerProbe {
            probe: Arc::new(Probe::new(&self.template)),
            subject: Arc::new(Subject::new(&self.template)),
            position: self.position,
            foreign: self.foreign,
        }
    }
}
