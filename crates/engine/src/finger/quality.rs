//! How good an impression is: by how many minutiae are beyond doubt.

use domain::biometric::{Rejection, RejectionCode};

/// Fewest strong minutiae of an impression that is taken. Measured: leaving out those with fewer takes the false non-matches at
/// no false match from 4.6 to 3.3 % (`docs/accuracy.md`).
const FEWEST: usize = 10;
/// From this quality on an impression is good enough; below it another try is worth its time: 19 strong minutiae.
pub const COMFORTABLE: u8 = 50;

/// How good an impression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// 0-100; not NFIQ.
    pub score: u8,
    /// Minutiae that are beyond doubt.
    pub strong: usize,
    /// All minutiae that were found.
    pub minutiae: usize,
}

/// Strong minutiae and score: linear between the points.
const SCALE: [(usize, usize); 5] = [(0, 0), (FEWEST, 20), (19, COMFORTABLE as usize), (40, 90), (55, 100)];

impl Quality {
    pub(super) fn of(strong: usize, minutiae: usize) -> Self {
        let over = SCALE.windows(2).find(|w| strong <= w[1].0);
        let score = over.map_or(100, |w| w[0].1 + (strong - w[0].0) * (w[1].1 - w[0].1) / (w[1].0 - w[0].0));
        Self { score: u8::try_from(score).unwrap_or(100), strong, minutiae }
    }

    /// Refuses an impression that would rather be taken again.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        if self.strong >= FEWEST {
            return Ok(());
        }
        #[expect(clippy::cast_precision_loss, reason = "counts for a message")]
        let (measured, limit) = (self.strong as f64, FEWEST as f64);
        Err(Rejection::measured(RejectionCode::FingerprintQualityTooLow, measured, limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_grows_with_strong_minutiae_and_passes_through_its_points() {
        let scores: Vec<u8> = (0..100).map(|strong| Quality::of(strong, strong).score).collect();
        assert!(scores.is_sorted());
        assert_eq!((scores[0], scores[10], scores[19], scores[40], scores[99]), (0, 20, 50, 90, 100));
        assert!(Quality::of(9, 40).check().is_err() && Quality::of(10, 12).check().is_ok());
    }
}
