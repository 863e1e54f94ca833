//! `personhood evaluate faces --perturb`: the same pictures after what the world does to them.

use std::fs;
use std::path::Path;

use engine::face::perturb::Perturbation;
use engine::worker::Faces;
use serde::Serialize;

use super::super::liveness::EvaluateError;
use super::super::plot::{self, Bar};
use super::super::rates::{self, Interval};
use super::{Template, pairs::Pairs, templates};

/// The rate that is stated at the threshold.
const STATED: f64 = 1e-4;

/// The report; all rates are fractions, bounds are 95 % Wilson intervals.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// People, each with one picture that is perturbed.
    people: usize,
    /// Those of them with another picture, which stays as it is.
    mated: usize,
    /// The false match rate that is stated at the threshold in force.
    stated: f64,
    cosine: f32,
    rows: Vec<Row>,
    embedder: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    perturbation: String,
    /// Pictures of which no template is made.
    refused: f64,
    /// Strangers alike, both perturbed in this way.
    false_matches: u64,
    false_match_rate: f64,
    false_match_rate_bounds: Interval,
    /// Strangers alike, one perturbed and one as it is.
    false_match_rate_with_upright: f64,
    /// The same person, perturbed, matches the other picture; one that is refused does not.
    same: f64,
    same_bounds: Interval,
}

impl Report {
    /// Draws it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn plot(&self, file: &Path) -> Result<(), EvaluateError> {
        let bar = |row: &Row| Bar {
            name: row.perturbation.clone(),
            strangers: row.false_match_rate,
            same: row.same,
            refused: row.refused,
        };
        let rows: Vec<Bar> = self.rows.iter().map(bar).collect();
        fs::write(file, plot::bars(&rows, self.stated)).map_err(|e| EvaluateError::Read(file.to_owned(), e))
    }
}

/// The first two images of everybody in the list, at most of so many people.
fn people(list: &Pairs, images: &Path, most: usize) -> Vec<Vec<std::path::PathBuf>> {
    let mut files: Vec<Vec<std::path::PathBuf>> = vec![Vec::new(); list.people];
    for image in &list.images {
        files[image.person].push(image.file(images));
    }
    for own in &mut files {
        own.sort();
        own.truncate(2);
    }
    // Those with two tell more.
    files.sort_by_key(|own| std::cmp::Reverse(own.len()));
    files.truncate(most);
    files
}

/// How many of all pairs of two different people reach a cosine.
fn alike(probes: &[Option<Template>], against: &[Option<Template>], cosine: f32, once: bool) -> (u64, u64) {
    let (mut hits, mut pairs) = (0, 0);
    for (i, probe) in probes.iter().enumerate() {
        for (j, other) in against.iter().enumerate().skip(if once { i + 1 } else { 0 }) {
            if let (Some(probe), Some(other), true) = (probe, other, i != j) {
                pairs += 1;
                hits += u64::from(probe.cosine(other).is_some_and(|c| c >= cosine));
            }
        }
    }
    (hits, pairs)
}

/// Evaluates `faces` over perturbed images of the people in `list`.
pub(crate) fn evaluate(
    faces: &Faces,
    images: &Path,
    list: &Path,
    most: usize,
) -> Result<Report, EvaluateError> {
    let text = fs::read_to_string(list).map_err(|e| EvaluateError::Read(list.to_owned(), e))?;
    let list = Pairs::parse(&text).map_err(EvaluateError::Pairs)?;
    let people = people(&list, images, most);
    let first: Vec<_> = people.iter().map(|own| own[0].clone()).collect();
    let second: Vec<_> = people.iter().filter_map(|own| own.get(1).cloned()).collect();
    let upright = templates(faces, &first, Perturbation::None)?;
    let mates = templates(faces, &second, Perturbation::None)?;
    let cosine = faces.calibration().raw(STATED);
    let mut rows = Vec::new();
    for kind in Perturbation::all() {
        let probes = templates(faces, &first, kind)?;
        let (hits, pairs) = alike(&probes, &probes, cosine, true);
        let (crossed, crossings) = alike(&probes, &upright, cosine, false);
        let refused = probes.iter().filter(|p| p.is_none()).count();
        // People with two pictures stand in front.
        let same = probes.iter().zip(&mates).filter(|(probe, mate)| {
            matches!((probe, mate), (Some(p), Some(m)) if p.cosine(m).is_some_and(|c| c >= cosine))
        });
        let same = same.count() as u64;
        let rate = |hits: u64, of: u64| hits as f64 / of.max(1) as f64;
        rows.push(Row {
            perturbation: kind.to_string(),
            refused: rate(refused as u64, probes.len() as u64),
            false_matches: hits,
            false_match_rate: rate(hits, pairs),
            false_match_rate_bounds: rates::wilson(hits, pairs),
            false_match_rate_with_upright: rate(crossed, crossings),
            same: rate(same, mates.len() as u64),
            same_bounds: rates::wilson(same, mates.len() as u64),
        });
    }
    Ok(Report {
        people: first.len(),
        mated: second.len(),
        stated: STATED,
        cosine,
        rows,
        embedder: faces.ids().embedder.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::similarity::tests::at;
    use super::*;

    #[test]
    fn strangers_are_counted_once_a_pair_and_nobody_with_himself() {
        let (all, others) = ([at(0.0), at(10.0), None], [at(0.0), at(80.0), at(5.0)]);
        assert_eq!(alike(&all, &all, 0.9, true), (1, 1));
        // 0 with 80 and 5, 10 with 0 and 5.
        assert_eq!(alike(&all, &others, 0.9, false), (3, 4));
    }

    #[test]
    fn people_with_two_images_come_first() {
        let list = Pairs::parse("1\nAda 1 Bob 1\nEve 2 1\n").unwrap();
        let found = people(&list, Path::new("d"), 2);
        assert_eq!(found[0], [Path::new("d/Eve/Eve_0001.jpg"), Path::new("d/Eve/Eve_0002.jpg")]);
        assert_eq!(found.len(), 2);
    }
}
