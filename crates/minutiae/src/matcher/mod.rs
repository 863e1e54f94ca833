//! Comparing two templates.
//!
//! Minutiae whose surroundings are alike give alignments ([`seeds`]); the best alignments are refined ([`align`]); what lies over
//! each other is judged by how well distances and directions agree, and by how much of what should be there is there
//! ([`score`]). Every step has a bound, so that no template makes a comparison slow.

mod align;
mod area;
mod probe;
mod score;
mod seeds;
mod star;
mod subject;

pub use probe::Probe;
pub use subject::Subject;

use align::{FIRST, Found, LAST, Pair, SECOND};
use seeds::Seed;

/// Fewest minutiae that can be compared.
const FEWEST: usize = 5;
/// Seeds that are tried.
const SEEDS: usize = 8;
/// Alignments that are refined.
const ALIGNMENTS: usize = 2;

/// Memory that comparisons use over and over; one a thread.
#[derive(Debug, Default)]
pub struct Scratch {
    seeds: Vec<Seed>,
    pairs: Vec<Pair>,
    found: Vec<Found>,
    score: score::Working,
}

impl Probe {
    /// How alike two impressions are: 0 for nothing in common, 2 or so where strangers hardly come, 10 and more for two good
    /// impressions of one finger. What it means is for a calibration to say.
    #[must_use]
    pub fn compare(&self, subject: &Subject, scratch: &mut Scratch) -> f32 {
        if self.subject.len() < FEWEST || subject.len() < FEWEST {
            return 0.0;
        }
        let Scratch { seeds, pairs, found, score } = scratch;
        seeds::find(self, subject, SEEDS, seeds);
        align::try_all(self, subject, seeds, pairs, found);
        let mut best = 0.0f32;
        for Found { alignment, .. } in found.iter().take(ALIGNMENTS) {
            alignment.pair(self, subject, FIRST, pairs);
            let alignment = alignment.refined(self, subject, pairs);
            alignment.pair(self, subject, SECOND, pairs);
            if pairs.len() < 3 {
                continue;
            }
            let refined = alignment.refined(self, subject, pairs);
            let fit = refined.pair(self, subject, LAST, pairs);
            if pairs.len() >= 3 {
                best = best.max(score.of(self, subject, &refined, pairs, fit));
            }
        }
        best
    }

    /// How much two impressions have in common at a glance; below zero, rather nothing: far quicker than [`Self::compare`], and enough to tell
    /// who is worth comparing.
    #[must_use]
    pub(crate) fn glance(&self, subject: &Subject) -> i32 {
        seeds::glance(self, subject)
    }
}

#[cfg(test)]
mod tests;
