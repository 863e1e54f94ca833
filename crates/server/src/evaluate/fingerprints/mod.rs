//! `personhood evaluate fingerprints`: the protocol of the Fingerprint Verification Competitions, and all pairs.

mod databases;
mod scores;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::biometric::Calibration;
use engine::EngineError;
use engine::finger::{Fingers, Gate, Impression, Sent};
use minutiae::record;
use serde::Serialize;

use super::liveness::EvaluateError;
use super::plot::{self, Det};
use super::rates::{self, Interval};
use databases::{Database, Image};
use scores::{Compared, Scores};

/// False match rates to report at.
const RATES: [(&str, f64); 4] = [("1e-1", 1e-1), ("1e-2", 1e-2), ("1e-3", 1e-3), ("1e-4", 1e-4)];
/// Below so many strangers above its threshold a rate is mostly chance: it is reported, and named so.
const ERRORS: f64 = 30.0;

/// The report; all rates are fractions, bounds are 95 % Wilson intervals.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    fingers: usize,
    images: usize,
    /// Pairs by the protocol: all of one finger, and the first impressions of different fingers.
    genuine: usize,
    impostor: usize,
    /// The mean over the databases.
    eer: Option<f64>,
    impostor_all_pairs: usize,
    eer_all_pairs: Option<f64>,
    /// Over all pairs of all databases at one threshold.
    fnmr_at_fmr: BTreeMap<&'static str, f64>,
    fnmr_at_fmr_bounds: BTreeMap<&'static str, Interval>,
    /// Those of the rates that fewer than thirty strangers stand behind.
    few_errors: Vec<&'static str>,
    failure_to_extract: f64,
    extract_ms: f64,
    match_us: f64,
    template_bytes: f64,
    /// The rate that the shipped calibration states, and the one measured there.
    calibration: Vec<Stated>,
    extractor: String,
    runtime: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    databases: Vec<Part>,
}

/// One of several databases.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    name: String,
    fingers: usize,
    images: usize,
    eer: Option<f64>,
    eer_all_pairs: Option<f64>,
    failure_to_extract: f64,
    extract_ms: f64,
}

#[derive(Serialize)]
struct Stated {
    stated: f64,
    score: f32,
    measured: f64,
    errors: usize,
}

/// A report, and what a curve is drawn from.
pub(crate) struct Evaluation {
    pub(crate) report: Report,
    pooled: Scores,
    templates: Vec<(PathBuf, Vec<u8>)>,
}

impl Evaluation {
    /// Draws the DET curve over all pairs.
    pub(crate) fn plot(&self, file: &Path) -> Result<(), EvaluateError> {
        let det = Det {
            curve: self.pooled.curve(),
            genuine: self.pooled.genuine.len() as u64,
            impostor: self.pooled.impostor.len() as u64,
        };
        fs::write(file, plot::det(&det)).map_err(|e| EvaluateError::Read(file.to_owned(), e))
    }

    /// Writes the templates as records, under the names of the images.
    pub(crate) fn write_templates(&self, folder: &Path) -> Result<(), EvaluateError> {
        for (name, record) in &self.templates {
            let file = folder.join(name);
            let wrong = |e| EvaluateError::Read(file.clone(), e);
            fs::create_dir_all(file.parent().unwrap_or(folder)).map_err(wrong)?;
            fs::write(&file, record).map_err(wrong)?;
        }
        Ok(())
    }
}

/// An impression, and how long it took; none where nothing comparable was found.
type Extracted = (Option<Impression>, Duration);

/// Extracts all images, as many at once as there are threads.
fn extract(fingers: &Fingers, images: &[Image], dpi: u16) -> Result<Vec<Extracted>, EvaluateError> {
    let one = |image: &Image| {
        let bytes = fs::read(&image.file).map_err(|e| EvaluateError::Read(image.file.clone(), e))?;
        let started = Instant::now();
        match fingers.extract_blocking(Sent { bytes, dpi }, Gate::Open) {
            Ok(found) => Ok((Some(found).filter(|f| !f.template.minutiae().is_empty()), started.elapsed())),
            Err(EngineError::Rejected(_)) => Ok((None, started.elapsed())),
            Err(error) => Err(EvaluateError::from(error)),
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let next = AtomicUsize::new(0);
    let mut all: Vec<Option<Extracted>> = images.iter().map(|_| None).collect();
    let pieces = std::thread::scope(|scope| {
        let work = || {
            let mut piece = Vec::new();
            while let at = next.fetch_add(1, Ordering::Relaxed)
                && at < images.len()
            {
                piece.push((at, one(&images[at])?));
            }
            Ok(piece)
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles
            .into_iter()
            .map(|h| h.join().unwrap_or_else(|_| Ok(Vec::new())))
            .collect::<Result<Vec<_>, EvaluateError>>()
    })?;
    for (at, found) in pieces.into_iter().flatten() {
        all[at] = Some(found);
    }
    Ok(all.into_iter().map(Option::unwrap_or_default).collect())
}

/// Evaluates `fingers` over the databases in `folders`.
pub(crate) fn evaluate(
    fingers: &Fingers,
    folders: &[PathBuf],
    dpi: u16,
) -> Result<Evaluation, EvaluateError> {
    let databases = Database::find(folders)?;
    let (mut pooled, mut parts, mut templates) = (Scores::default(), Vec::new(), Vec::new());
    let (mut compared, mut found, mut bytes, mut time) = (Compared::default(), 0, 0, Duration::ZERO);
    let mut foreign = false;
    for database in &databases {
        let extracted = extract(fingers, &database.images, dpi)?;
        let outcome = scores::compare(&database.images, &extracted);
        let took: Duration = extracted.iter().map(|(_, took)| *took).sum();
        let got: Vec<(&Image, &Impression)> =
            database.images.iter().zip(&extracted).filter_map(|(i, (e, _))| Some((i, e.as_ref()?))).collect();
        found += got.len();
        // Templates that somebody else has made are judged by their own scale.
        foreign |= got.iter().any(|(_, e)| *e.extractor == *fingers.foreign_id());
        bytes += got.iter().map(|(_, e)| e.template.to_bytes().len()).sum::<usize>();
        time += took;
        let record = |(image, e): &(&Image, &Impression)| {
            let file = image.file.file_stem().unwrap_or_default();
            let name = Path::new(&database.name).join(file).with_extension("fmr");
            (name, record::to_iso2005(&e.template, None, e.quality.score))
        };
        templates.extend(got.iter().map(record));
        parts.push(Part {
            name: database.name.clone(),
            fingers: database.fingers(),
            images: database.images.len(),
            eer: rates::eer(&outcome.protocol.genuine, &outcome.protocol.impostor),
            eer_all_pairs: rates::eer(&outcome.all.genuine, &outcome.all.impostor),
            failure_to_extract: 1.0 - got.len() as f64 / database.images.len().max(1) as f64,
            extract_ms: took.as_secs_f64() * 1e3 / database.images.len().max(1) as f64,
        });
        pooled.add(&outcome.all);
        compared.add(&outcome);
    }
    pooled.sort();
    let images: usize = databases.iter().map(|d| d.images.len()).sum();
    let eers: Option<Vec<f64>> = parts.iter().map(|p| p.eer).collect();
    let mean = eers.filter(|e| !e.is_empty()).map(|e| e.iter().sum::<f64>() / e.len() as f64);
    let (fnmr_at_fmr, fnmr_at_fmr_bounds, few_errors) = operating_points(&pooled);
    let report = Report {
        fingers: databases.iter().map(Database::fingers).sum(),
        images,
        genuine: compared.protocol.genuine.len(),
        impostor: compared.protocol.impostor.len(),
        eer: mean,
        impostor_all_pairs: pooled.impostor.len(),
        eer_all_pairs: rates::eer(&pooled.genuine, &pooled.impostor),
        fnmr_at_fmr,
        fnmr_at_fmr_bounds,
        few_errors,
        failure_to_extract: 1.0 - found as f64 / images.max(1) as f64,
        extract_ms: time.as_secs_f64() * 1e3 / images.max(1) as f64,
        match_us: compared.time.as_secs_f64() * 1e6 / compared.count.max(1) as f64,
        template_bytes: bytes as f64 / found.max(1) as f64,
        calibration: stated(fingers.calibration(foreign), &pooled),
        extractor: if foreign { fingers.foreign_id() } else { fingers.id() }.to_owned(),
        runtime: fingers.runtime().to_owned(),
        databases: if parts.len() > 1 { parts } else { Vec::new() },
    };
    Ok(Evaluation { report, pooled, templates })
}

type Points = (BTreeMap<&'static str, f64>, BTreeMap<&'static str, Interval>, Vec<&'static str>);

/// The false non-matches at each rate of false matches that at least one stranger stands for.
fn operating_points(pooled: &Scores) -> Points {
    let (mut rate_of, mut bounds, mut few) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (name, rate) in RATES {
        let errors = rate * pooled.impostor.len() as f64;
        if errors < 1.0 {
            continue;
        }
        let missed = pooled.missed_at(rate);
        rate_of.insert(name, missed as f64 / pooled.genuine.len().max(1) as f64);
        bounds.insert(name, rates::wilson(missed as u64, pooled.genuine.len() as u64));
        few.extend((errors < ERRORS).then_some(name));
    }
    (rate_of, bounds, few)
}

fn stated(calibration: &Calibration, pooled: &Scores) -> Vec<Stated> {
    let at = |rate: f64| {
        let score = calibration.raw(rate);
        let errors = pooled.impostors_from(score);
        Stated { stated: rate, score, measured: errors as f64 / pooled.impostor.len().max(1) as f64, errors }
    };
    RATES.iter().map(|(_, rate)| at(*rate)).collect()
}
