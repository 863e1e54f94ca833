//! From the comparison score of two templates, as a model gives it, to how often strangers score as much: measured once a
//! model. The score of faces is a cosine, that of fingerprints a sum over minutiae.

use super::match_score::{MatchScore, between};

/// Comparison scores and false match rates of one model, measured.
///
/// Between two points the logarithm of the rate is linear in the score. Beyond the last it goes on as between the
/// last two: the true tail falls faster, so rates there are over- rather than understated.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Score and decimal logarithm of the rate; scores grow, rates fall.
    points: Vec<(f64, f64)>,
    observed: f64,
}

/// A table that is no calibration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a calibration needs two points or more, with growing scores and falling rates between 1 and 0")]
pub struct BadCalibration;

impl Calibration {
    /// From pairs of a score and the false match rate there, and the smallest rate for which thirty errors or more
    /// were observed.
    ///
    /// # Errors
    /// [`BadCalibration`].
    pub fn new(points: &[(f64, f64)], observed: f64) -> Result<Self, BadCalibration> {
        let sane = |(score, rate): &(f64, f64)| score.is_finite() && *rate > 0.0 && *rate <= 1.0;
        let falling = points.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 > w[1].1);
        if points.len() < 2 || !points.iter().all(sane) || !falling || observed <= 0.0 || observed >= 1.0 {
            return Err(BadCalibration);
        }
        Ok(Self { points: points.iter().map(|(c, r)| (*c, r.log10())).collect(), observed })
    }

    /// The part of strangers that are at least so alike.
    #[must_use]
    pub fn rate(&self, raw: f32) -> f64 {
        let raw = f64::from(raw).max(self.points[0].0);
        let last = self.points.len() - 2;
        let at = self.points[1..].iter().position(|p| raw <= p.0).unwrap_or(last);
        let (a, b) = (self.points[at], self.points[at + 1]);
        10f64.powf(between(raw, (a.0, b.0), (a.1, b.1)).min(0.0))
    }

    /// Where a pair with this score stands on the published scale.
    #[must_use]
    pub fn score(&self, raw: f32) -> MatchScore {
        MatchScore::at_rate(self.rate(raw))
    }

    /// The score from which a pair is as rare as `rate`.
    #[must_use]
    pub fn raw(&self, rate: f64) -> f32 {
        let decades = rate.clamp(1e-300, 1.0).log10();
        let last = self.points.len() - 2;
        let at = self.points[1..].iter().position(|p| decades >= p.1).unwrap_or(last);
        let (a, b) = (self.points[at], self.points[at + 1]);
        #[expect(clippy::cast_possible_truncation, reason = "a score")]
        {
            between(decades, (a.1, b.1), (a.0, b.0)) as f32
        }
    }

    /// The smallest rate that was observed.
    #[must_use]
    pub const fn observed(&self) -> f64 {
        self.observed
    }

    /// Whether a rate is below the smallest that was observed, and so an estimate from beyond the data.
    #[must_use]
    pub fn is_extrapolated(&self, rate: f64) -> bool {
        rate < self.observed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> Calibration {
        Calibration::new(&[(-1.0, 1.0), (0.2, 1e-1), (0.36, 1e-3), (0.46, 1e-5)], 1e-5).unwrap()
    }

    #[test]
    fn the_points_themselves_are_kept_and_the_tail_goes_on() {
        let table = table();
        assert!((table.rate(0.36) / 1e-3 - 1.0).abs() < 1e-3);
        assert!((table.raw(1e-3) - 0.36).abs() < 1e-6);
        assert!((table.rate(0.56) / 1e-7 - 1.0).abs() < 1e-3, "two decades a tenth");
        assert!(table.is_extrapolated(table.rate(0.56)) && !table.is_extrapolated(1e-4));
        assert_eq!(table.rate(-1.0), 1.0);
    }

    #[test]
    fn tables_that_make_no_sense_are_refused() {
        for points in [
            &[(0.0, 0.5)][..],
            &[(0.0, 0.5), (0.1, 0.6)],
            &[(0.2, 0.5), (0.1, 0.4)],
            &[(0.0, 1.5), (0.1, 0.4)],
        ] {
            assert_eq!(Calibration::new(points, 1e-3), Err(BadCalibration));
        }
    }

    proptest! {
        #[test]
        fn score_and_rate_are_each_others_inverse(raw in -0.9f32..1.0) {
            let table = table();
            prop_assert!((table.raw(table.rate(raw)) - raw).abs() < 1e-4);
        }
    }
}
