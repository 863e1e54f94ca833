//! Comparing impressions with each other.

use std::time::{Duration, Instant};

use minutiae::{Probe, Scratch, Subject, Template};

use super::Extracted;
use super::databases::Image;

/// Scores of pairs of one finger, and of pairs of different ones.
#[derive(Default)]
pub(super) struct Scores {
    pub(super) genuine: Vec<f32>,
    pub(super) impostor: Vec<f32>,
}

/// All comparisons of a database.
#[derive(Default)]
pub(super) struct Compared {
    /// Those of the protocol of FVC: each impression with those of the same finger that come after it, and the first ones of
    /// all fingers with each other.
    pub(super) protocol: Scores,
    /// All pairs.
    pub(super) all: Scores,
    pub(super) count: usize,
    pub(super) time: Duration,
}

/// Compares everything with everything after it. What could not be extracted matches nothing.
pub(super) fn compare(images: &[Image], extracted: &[Extracted]) -> Compared {
    fn template((found, _): &Extracted) -> Option<&Template> {
        found.as_ref().map(|f| &f.template)
    }
    let probes: Vec<Option<Probe>> = extracted.iter().map(|e| template(e).map(Probe::new)).collect();
    let subjects: Vec<Option<Subject>> = extracted.iter().map(|e| template(e).map(Subject::new)).collect();
    let first = |at: usize| at == 0 || images[at - 1].finger != images[at].finger;
    let (mut compared, mut scratch) = (Compared::default(), Scratch::default());
    let started = Instant::now();
    for (at, probe) in probes.iter().enumerate() {
        for other in at + 1..images.len() {
            let score = match (probe, &subjects[other]) {
                (Some(probe), Some(subject)) => {
                    compared.count += 1;
                    probe.compare(subject, &mut scratch)
                }
                _ => 0.0,
            };
            if images[at].finger == images[other].finger {
                compared.all.genuine.push(score);
                compared.protocol.genuine.push(score);
            } else {
                compared.all.impostor.push(score);
                if first(at) && first(other) {
                    compared.protocol.impostor.push(score);
                }
            }
        }
    }
    compared.time = started.elapsed();
    compared
}

impl Compared {
    pub(super) fn add(&mut self, other: &Self) {
        self.protocol.add(&other.protocol);
        self.count += other.count;
        self.time += other.time;
    }
}

impl Scores {
    pub(super) fn add(&mut self, other: &Self) {
        self.genuine.extend(&other.genuine);
        self.impostor.extend(&other.impostor);
    }

    pub(super) fn sort(&mut self) {
        self.genuine.sort_unstable_by(f32::total_cmp);
        self.impostor.sort_unstable_by(f32::total_cmp);
    }

    /// Pairs of one finger that miss the lowest threshold which at most this part of the strangers reach. Sorted.
    pub(super) fn missed_at(&self, rate: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a count")]
        let most = (rate * self.impostor.len() as f64) as usize;
        match self.impostor.len().checked_sub(most + 1).map(|at| self.impostor[at]) {
            // Above the score of the next stranger.
            Some(stranger) => self.genuine.partition_point(|s| *s <= stranger),
            None => 0,
        }
    }

    /// Strangers with at least this score. Sorted.
    pub(super) fn impostors_from(&self, score: f32) -> usize {
        self.impostor.len() - self.impostor.partition_point(|s| *s < score)
    }

    /// False match and false non-match rate at thresholds from low to high. Sorted.
    pub(super) fn curve(&self) -> Vec<(f64, f64)> {
        let mut thresholds: Vec<f32> = self.genuine.iter().chain(&self.impostor).copied().collect();
        thresholds.sort_unstable_by(f32::total_cmp);
        thresholds.dedup();
        let part = |count: usize, of: &[f32]| count as f64 / of.len().max(1) as f64;
        let at = |t: f32| {
            let missed = self.genuine.partition_point(|s| *s < t);
            (part(self.impostors_from(t), &self.impostor), part(missed, &self.genuine))
        };
        thresholds.into_iter().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_by_hand() {
        let mut scores = Scores { genuine: vec![5.0, 1.0, 9.0, 2.0], impostor: vec![0.0, 1.5, 0.5, 3.0] };
        scores.sort();
        assert_eq!(scores.missed_at(0.0), 2, "nobody above 3");
        assert_eq!(scores.missed_at(0.25), 1, "one stranger may be above");
        assert_eq!(scores.impostors_from(1.5), 2);
        assert_eq!(scores.curve().first(), Some(&(1.0, 0.0)));
    }
}
