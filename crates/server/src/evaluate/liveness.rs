//! `personhood evaluate liveness`: APCER and BPCER over two folders of images.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use engine::EngineError;
use engine::face::Want;
use engine::worker::Faces;
use serde::Serialize;

use super::rates;

/// The report; all rates are fractions, APCER and BPCER over the images that were scored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    auc: Option<f64>,
    eer: Option<f64>,
    threshold: f32,
    apcer: Option<f64>,
    bpcer: Option<f64>,
    /// Live images scored.
    live: usize,
    /// Attacks scored.
    spoof: usize,
    /// Images refused, by code.
    rejected: BTreeMap<String, usize>,
    images_per_second: f64,
}

/// An evaluation that came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluateError {
    #[error("{0}: {1}")]
    Read(PathBuf, io::Error),
    #[error("there are no images named FINGER_IMPRESSION.ext")]
    NoImages,
    #[error("the list of pairs cannot be read: {0}")]
    Pairs(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn images(folder: &Path) -> Result<Vec<PathBuf>, EvaluateError> {
    let wrong = |e| EvaluateError::Read(folder.to_owned(), e);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_dir() {
            files.extend(images(&path)?);
            continue;
        }
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if matches!(extension.as_str(), "jpg" | "jpeg" | "png") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Score of one image, or the code it was refused with.
fn score(faces: &Faces, path: &Path) -> Result<Result<f32, String>, EvaluateError> {
    let bytes = fs::read(path).map_err(|e| EvaluateError::Read(path.to_owned(), e))?;
    // No score reaches 2: the template, which is not needed here, is never computed.
    match faces.analyse_blocking(bytes, Want::Liveness { threshold: 2.0 }) {
        Ok(analysis) => Ok(Ok(analysis.liveness.map_or(0.0, domain::biometric::LivenessScore::get))),
        Err(EngineError::Rejected(rejection)) => Ok(Err(rejection.code.as_str().to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Scores all of `paths` on all workers.
fn scores(
    faces: &Faces,
    paths: &[PathBuf],
    rejected: &mut BTreeMap<String, usize>,
) -> Result<Vec<f32>, EvaluateError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let results: Vec<_> = std::thread::scope(|scope| {
        let piece = paths.len().div_ceil(threads).max(1);
        let work = |part: &'_ [PathBuf]| part.iter().map(|p| score(faces, p)).collect::<Vec<_>>();
        let handles: Vec<_> = paths.chunks(piece).map(|part| scope.spawn(move || work(part))).collect();
        handles.into_iter().flat_map(|h| h.join().unwrap_or_default()).collect()
    });
    let mut scored = Vec::with_capacity(results.len());
    for result in results {
        match result? {
            Ok(score) => scored.push(score),
            Err(code) => *rejected.entry(code).or_default() += 1,
        }
    }
    Ok(scored)
}

/// Evaluates `faces` at `threshold`.
pub(crate) fn evaluate(
    faces: &Faces,
    threshold: f32,
    live: &Path,
    spoof: &Path,
) -> Result<Report, EvaluateError> {
    let (live, spoof) = (images(live)?, images(spoof)?);
    let (started, count) = (Instant::now(), live.len() + spoof.len());
    let mut rejected = BTreeMap::new();
    let live = scores(faces, &live, &mut rejected)?;
    let spoof = scores(faces, &spoof, &mut rejected)?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Report {
        auc: rates::auc(&live, &spoof),
        eer: rates::eer(&live, &spoof),
        threshold,
        apcer: rates::apcer(&spoof, threshold),
        bpcer: rates::bpcer(&live, threshold),
        live: live.len(),
        spoof: spoof.len(),
        rejected,
        images_per_second: count as f64 / seconds.max(1e-9),
    })
}
