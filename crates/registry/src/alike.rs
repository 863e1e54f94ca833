//! From cosines to what is answered: a score, a rate, and whether it is the same person.

use domain::biometric::{Calibration, FUSED_OBSERVED, MatchScore, fused_rate, rate_for_search, search_rate};

use domain::Scope;

use crate::access::Caller;
use crate::error::Error;
use crate::registry::Registry;

/// How sure a caller wants to be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Wanted {
    /// As the settings say.
    #[default]
    Default,
    /// At least this score.
    Score(MatchScore),
    /// At most this rate of wrong answers: of one comparison, or of the whole search.
    Rate(f64),
}

/// How alike a face and what is enrolled are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alike {
    /// On the published scale.
    pub score: MatchScore,
    /// The part of strangers that are at least as alike.
    pub false_match_rate: f64,
    /// Whether that rate lies beyond what was observed.
    pub extrapolated: bool,
}

impl Alike {
    /// Of a cosine that is the best of so many comparisons with one person.
    pub(crate) fn of(calibration: &Calibration, cosine: f32, comparisons: usize) -> Self {
        let rate = calibration.rate(cosine);
        // Each comparison is another chance for a stranger.
        let rate = if comparisons > 1 { search_rate(rate, comparisons) } else { rate };
        Self {
            score: MatchScore::at_rate(rate),
            false_match_rate: rate,
            extrapolated: calibration.is_extrapolated(rate),
        }
    }
}

impl Alike {
    fn at(rate: f64, extrapolated: bool) -> Self {
        Self { score: MatchScore::at_rate(rate), false_match_rate: rate, extrapolated }
    }

    /// The best of so many comparisons with one person: each is another chance for a stranger.
    pub(crate) fn among(self, comparisons: usize) -> Self {
        match comparisons {
            0 | 1 => self,
            more => Self::at(search_rate(self.false_match_rate, more), self.extrapolated),
        }
    }

    /// One modality where two were presented.
    pub(crate) fn alone(self) -> Self {
        Self::at(fused_rate(&[self.false_match_rate]), self.extrapolated)
    }

    /// Two modalities together.
    pub(crate) fn fused(self, other: Self) -> Self {
        let rate = fused_rate(&[self.false_match_rate, other.false_match_rate]);
        Self::at(rate, rate < FUSED_OBSERVED || self.extrapolated || other.extrapolated)
    }
}

/// Below every cosine, whatever is taken off it.
const LEAST_COSINE: f32 = -4.0;

/// Steps of a score that is shown to whoever could climb along it to a match.
const COARSE: f64 = 0.1;

/// The next step at or above a score.
pub(crate) fn next_step(score: MatchScore) -> MatchScore {
    // A hair less, so that what lies on a step stays there.
    MatchScore::new(((f64::from(score.get()) - 1e-6) / COARSE).ceil() * COARSE)
}

/// The lower of two.
fn least(a: MatchScore, b: MatchScore) -> MatchScore {
    if a < b { a } else { b }
}

/// A score as it is shown: exactly, or in steps of 0.1 and without a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As it was measured.
    Exact,
    /// Where it lies below the threshold: whoever may ask again and again could improve a made-up face or finger by it.
    Coarse,
}

impl Alike {
    /// The score as a caller sees it.
    #[must_use]
    pub fn shown(&self, precision: Precision) -> MatchScore {
        match precision {
            Precision::Exact => self.score,
            Precision::Coarse => {
                MatchScore::new(((f64::from(self.score.get()) + 1e-6) / COARSE).floor() * COARSE)
            }
        }
    }
}

/// The answer to "is it this person?".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// How alike.
    pub alike: Alike,
    /// Whether the score reaches the threshold.
    pub matches: bool,
    /// The threshold in force.
    pub threshold: MatchScore,
}

impl Verdict {
    pub(crate) fn of(alike: Alike, threshold: MatchScore) -> Self {
        Self { alike, matches: alike.score >= threshold, threshold }
    }
}

impl Registry {
    /// How exactly a caller sees a score: one below the tenant's own threshold and the one asked for only with the scope
    /// `persons:review`.
    pub(crate) fn precision(caller: &Caller, alike: &Alike, thresholds: [MatchScore; 2]) -> Precision {
        let below = thresholds.iter().any(|threshold| alike.score < *threshold);
        if below && !caller.may(Scope::PersonsReview) { Precision::Coarse } else { Precision::Exact }
    }

    /// A threshold that a caller asks for. Below the tenant's own it moves in steps as scores do, unless the caller may
    /// review: else asking with one threshold after the other would tell the score.
    pub(crate) fn asked_threshold(caller: &Caller, asked: MatchScore, own: MatchScore) -> MatchScore {
        if asked >= own || caller.may(Scope::PersonsReview) { asked } else { least(next_step(asked), own) }
    }

    /// The threshold of a comparison of one face with one person.
    pub(crate) fn threshold_of_one(&self, wanted: Wanted) -> MatchScore {
        match wanted {
            Wanted::Default => MatchScore::at_rate(self.settings.verify_match_rate),
            Wanted::Score(score) => score,
            Wanted::Rate(rate) => MatchScore::at_rate(rate),
        }
    }

    /// The threshold of a search among so many.
    pub(crate) fn threshold_of_search(&self, wanted: Wanted, comparisons: usize) -> MatchScore {
        let s = &self.settings;
        let rate = match wanted {
            Wanted::Score(score) => return score,
            Wanted::Rate(rate) => rate_for_search(rate, comparisons),
            Wanted::Default => rate_for_search(s.search_rate, comparisons).min(s.search_match_rate),
        };
        MatchScore::at_rate(rate)
    }

    /// The threshold from which two are taken for one, among so many.
    pub(crate) fn threshold_of_duplicates(&self, comparisons: usize) -> MatchScore {
        let s = &self.settings;
        MatchScore::at_rate(rate_for_search(s.duplicate_search_rate, comparisons).min(s.duplicate_match_rate))
    }

    /// Comparison scores of fingerprints that whoever reaches a score surely reaches: on our scale, and where a client's template
    /// takes part.
    pub(crate) fn prints_for(&self, score: MatchScore) -> Result<[f32; 2], Error> {
        const ROUNDING: f32 = 1e-2;
        if score == MatchScore::LEAST {
            return Ok([0.0; 2]);
        }
        let fingers = self.fingers()?;
        Ok([false, true].map(|foreign| (fingers.calibration(foreign).raw(score.rate()) - ROUNDING).max(0.0)))
    }

    /// A cosine that whoever reaches a score surely reaches: scores are rounded.
    pub(crate) fn cosine_for(&self, score: MatchScore) -> Result<f32, Error> {
        const ROUNDING: f32 = 1e-3;
        if score == MatchScore::LEAST {
            return Ok(LEAST_COSINE);
        }
        Ok((self.faces()?.calibration().raw(score.rate()).min(1.0) - ROUNDING).max(-1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_shown_in_steps_and_thresholds_move_along_them() {
        let alike =
            |score| Alike { score: MatchScore::new(score), false_match_rate: 0.5, extrapolated: false };
        for (score, shown) in [(0.0, 0.0), (0.0999, 0.0), (0.1, 0.1), (0.6999, 0.6), (0.7, 0.7), (0.79, 0.7)]
        {
            assert_eq!(alike(score).shown(Precision::Coarse), MatchScore::new(shown), "{score}");
            assert_eq!(alike(score).shown(Precision::Exact), MatchScore::new(score));
        }
        for (asked, step) in [(0.0, 0.0), (0.0001, 0.1), (0.3, 0.3), (0.4321, 0.5), (0.7001, 0.8)] {
            assert_eq!(next_step(MatchScore::new(asked)), MatchScore::new(step), "{asked}");
        }
    }

    #[test]
    fn several_chances_make_a_match_less_telling() {
        let table = Calibration::new(&[(-1.0, 1.0), (0.3, 1e-2), (0.5, 1e-6)], 1e-5).unwrap();
        let (one, four) = (Alike::of(&table, 0.4, 1), Alike::of(&table, 0.4, 4));
        assert!((four.false_match_rate / one.false_match_rate - 4.0).abs() < 0.01);
        assert!(four.score < one.score);
        assert!(Alike::of(&table, 0.5, 1).extrapolated && !one.extrapolated);
    }
}
