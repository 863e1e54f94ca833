//! `personhood evaluate faces`: the LFW protocol over any folder laid out like it.

mod folds;
mod pairs;
pub(crate) mod perturb;
mod similarity;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use domain::biometric::Calibration;
use engine::EngineError;
use engine::face::perturb::Perturbation;
use engine::face::{Template, Want};
use engine::worker::Faces;
use serde::Serialize;

use super::liveness::EvaluateError;
use super::plot;
use super::rates::{self, Interval};
use pairs::{Pair, Pairs};
use similarity::Similarities;

/// False match rates to report at.
const RATES: [(&str, f64); 4] = [("1e-2", 1e-2), ("1e-3", 1e-3), ("1e-4", 1e-4), ("1e-5", 1e-5)];
/// A rate is reported where so many strangers exceed its threshold: with fewer it would be chance.
const ERRORS: f64 = 30.0;

/// The report; all rates are fractions, bounds are 95 % Wilson intervals.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pairs: usize,
    images: usize,
    people: usize,
    accuracy: f64,
    accuracy_bounds: Interval,
    /// Standard deviation over the folds of the file, where it has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy_std: Option<f64>,
    eer: Option<f64>,
    failure_to_enrol: f64,
    failure_to_enrol_bounds: Interval,
    /// All against all of the images.
    genuine: u64,
    impostor: u64,
    tpr_at_fmr: BTreeMap<&'static str, f64>,
    tpr_at_fmr_bounds: BTreeMap<&'static str, Interval>,
    /// Share of images with a mate whose nearest other image is one.
    rank1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank1_bounds: Option<Interval>,
    /// Cosine at which the accuracy was measured; the mean over the folds.
    threshold: f32,
    /// The rate that the shipped calibration states, and the one measured there.
    calibration: Vec<Stated>,
    images_per_second: f64,
    embedder: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stated {
    stated: f64,
    cosine: f32,
    measured: f64,
    errors: u64,
}

/// A report, and what a curve is drawn from.
pub(crate) struct Evaluation {
    pub(crate) report: Report,
    similarities: Similarities,
}

impl Evaluation {
    /// Draws the DET curve.
    pub(crate) fn plot(&self, file: &Path) -> Result<(), EvaluateError> {
        fs::write(file, plot::det(&self.similarities.det()))
            .map_err(|e| EvaluateError::Read(file.to_owned(), e))
    }
}

/// Templates of all images after what is done to them, in the order of the list; `None` where none could be made.
fn templates(
    faces: &Faces,
    files: &[std::path::PathBuf],
    perturbation: Perturbation,
) -> Result<Vec<Option<Template>>, EvaluateError> {
    let one = |path: &Path| {
        let bytes = fs::read(path).map_err(|e| EvaluateError::Read(path.to_owned(), e))?;
        let bytes = match perturbation {
            Perturbation::None => bytes,
            other => match other.of_file(&bytes) {
                Ok(file) => file,
                Err(_) => return Ok(None),
            },
        };
        match faces.analyse_blocking(bytes, Want::Central) {
            Ok(analysis) => Ok(analysis.template),
            Err(EngineError::Rejected(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let piece = files.len().div_ceil(threads).max(1);
        let work = |part: &[std::path::PathBuf]| part.iter().map(|p| one(p)).collect::<Vec<_>>();
        let handles: Vec<_> = files.chunks(piece).map(|part| scope.spawn(move || work(part))).collect();
        handles.into_iter().flat_map(|h| h.join().unwrap_or_default()).collect()
    })
}

/// Evaluates `faces` over the pairs of `list` and over all images they name.
pub(crate) fn evaluate(faces: &Faces, images: &Path, list: &Path) -> Result<Evaluation, EvaluateError> {
    let text = fs::read_to_string(list).map_err(|e| EvaluateError::Read(list.to_owned(), e))?;
    let pairs = Pairs::parse(&text).map_err(EvaluateError::Pairs)?;
    let files: Vec<_> = pairs.images.iter().map(|i| i.file(images)).collect();
    let started = Instant::now();
    let templates = templates(faces, &files, Perturbation::None)?;
    let seconds = started.elapsed().as_secs_f64();
    let people: Vec<usize> = pairs.images.iter().map(|i| i.person).collect();
    let similarities = Similarities::all(&templates, &people);
    let report = report(faces, &pairs, &templates, &similarities, seconds);
    Ok(Evaluation { report, similarities })
}

fn report(
    faces: &Faces,
    pairs: &Pairs,
    templates: &[Option<Template>],
    all: &Similarities,
    seconds: f64,
) -> Report {
    // A pair that cannot be compared does not match: it is wrong where it should.
    let cosine = |p: &Pair| match (&templates[p.first], &templates[p.second]) {
        (Some(a), Some(b)) => a.cosine(b).unwrap_or(-1.0),
        _ => -1.0,
    };
    let scored: Vec<folds::Scored> =
        pairs.pairs.iter().map(|p| folds::Scored { fold: p.fold, same: p.same, cosine: cosine(p) }).collect();
    let outcome = folds::judge(&scored, pairs.folds);
    let (same, other): (Vec<_>, Vec<_>) = scored.iter().partition(|s| s.same);
    let cosines = |of: Vec<&folds::Scored>| of.iter().map(|s| s.cosine).collect::<Vec<f32>>();
    let failed = templates.iter().filter(|t| t.is_none()).count();
    let mut tpr_at_fmr = BTreeMap::new();
    let mut tpr_at_fmr_bounds = BTreeMap::new();
    for (name, rate) in RATES {
        if rate * all.impostors() as f64 >= ERRORS {
            let hits = all.genuine_above(all.cosine_at(rate));
            tpr_at_fmr.insert(name, hits as f64 / all.genuines().max(1) as f64);
            tpr_at_fmr_bounds.insert(name, rates::wilson(hits, all.genuines()));
        }
    }
    let (nearest, mated) = all.rank1();
    Report {
        pairs: scored.len(),
        images: templates.len(),
        people: pairs.people,
        accuracy: outcome.correct as f64 / scored.len().max(1) as f64,
        accuracy_bounds: rates::wilson(outcome.correct, scored.len() as u64),
        accuracy_std: outcome.deviation,
        eer: rates::eer(&cosines(same), &cosines(other)),
        failure_to_enrol: failed as f64 / templates.len().max(1) as f64,
        failure_to_enrol_bounds: rates::wilson(failed as u64, templates.len() as u64),
        genuine: all.genuines(),
        impostor: all.impostors(),
        tpr_at_fmr,
        tpr_at_fmr_bounds,
        rank1: (mated > 0).then(|| nearest as f64 / mated as f64),
        rank1_bounds: (mated > 0).then(|| rates::wilson(nearest, mated)),
        threshold: outcome.threshold,
        calibration: stated(faces.calibration(), all),
        images_per_second: templates.len() as f64 / seconds.max(1e-9),
        embedder: faces.ids().embedder.to_string(),
    }
}

fn stated(calibration: &Calibration, all: &Similarities) -> Vec<Stated> {
    let at = |rate: f64| {
        let cosine = calibration.raw(rate);
        let errors = all.impostors_above(cosine);
        Stated { stated: rate, cosine, measured: errors as f64 / all.impostors().max(1) as f64, errors }
    };
    RATES.iter().map(|(_, rate)| at(*rate)).collect()
}
