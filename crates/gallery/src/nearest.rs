//! The nearest subjects seen so far, and how near one must be to matter still.

use std::cmp::Ordering;

/// A subject that may be whom the probe shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Who.
    pub subject: u128,
    /// The template nearest to the probe.
    pub sample: u64,
    /// Cosine of that template, less its discount.
    pub best: f32,
    /// Cosine with the mean of all the subject's templates, less its discount.
    pub fused: f32,
    /// How many templates the subject has.
    pub templates: usize,
}

impl Candidate {
    /// The better of the two cosines: what candidates are ranked by.
    #[must_use]
    pub const fn score(&self) -> f32 {
        self.best.max(self.fused)
    }

    /// How many vectors the probe was compared with to get it.
    #[must_use]
    pub const fn comparisons(&self) -> usize {
        if self.templates > 1 { self.templates + 1 } else { 1 }
    }
}

/// A template at or above the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) subject: u128,
    pub(crate) score: f32,
}

/// Hits, kept few.
#[derive(Debug)]
pub(crate) struct Nearest {
    limit: usize,
    floor: f32,
    hits: Vec<Hit>,
}

/// Nearest first; equals in the order of their keys, so that an answer does not depend on who scanned what.
fn order(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then(a.subject.cmp(&b.subject))
}

impl Nearest {
    pub(crate) const fn new(limit: usize, threshold: f32) -> Self {
        Self { limit, floor: threshold, hits: Vec::new() }
    }

    /// The score below which nobody can be among the nearest any more.
    pub(crate) const fn floor(&self) -> f32 {
        self.floor
    }

    /// Raises the floor to what another thread has found.
    pub(crate) fn raise(&mut self, floor: f32) {
        self.floor = self.floor.max(floor);
    }

    pub(crate) fn push(&mut self, hit: Hit) {
        if hit.score < self.floor || hit.score.is_nan() {
            return;
        }
        self.hits.push(hit);
        if self.hits.len() >= (4 * self.limit).max(1_024) {
            self.settle();
        }
    }

    /// Keeps the best hit of each of the nearest subjects.
    fn settle(&mut self) {
        self.hits.sort_unstable_by(|a, b| a.subject.cmp(&b.subject).then(order(a, b)));
        self.hits.dedup_by_key(|hit| hit.subject);
        self.hits.sort_unstable_by(order);
        self.hits.truncate(self.limit);
        if self.hits.len() == self.limit
            && let Some(last) = self.hits.last()
        {
            self.floor = self.floor.max(last.score);
        }
    }

    /// The hits of several threads as one.
    pub(crate) fn merge(parts: impl IntoIterator<Item = Self>) -> Vec<Hit> {
        let mut all: Option<Self> = None;
        for part in parts {
            match &mut all {
                None => all = Some(part),
                Some(all) => all.hits.extend(part.hits),
            }
        }
        all.map(|mut all| {
            all.settle();
            all.hits
        })
        .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_nearest_are_those_of_a_full_sort(
            hits in prop::collection::vec((0u128..2_000, -1.0f32..1.0), 0..6_000), limit in 1usize..40,
        ) {
            let mut nearest = Nearest::new(limit, -0.5);
            for (subject, score) in &hits {
                nearest.push(Hit { subject: *subject, score: *score });
            }
            let mut full: Vec<Hit> = hits.iter().map(|(subject, score)| Hit { subject: *subject, score: *score })
                .filter(|h| h.score >= -0.5).collect();
            full.sort_by(order);
            let mut seen = std::collections::HashSet::new();
            full.retain(|h| seen.insert(h.subject));
            full.truncate(limit);
            prop_assert_eq!(Nearest::merge([nearest]), full);
        }
    }
}
