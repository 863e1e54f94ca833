//! Biometric values: scores, quality measures and why an image was refused.

mod calibration;
mod match_score;
mod rejection;

pub use calibration::{BadCalibration, Calibration};
pub use match_score::{FUSED_OBSERVED, MatchScore, fused_rate, rate_for_search, search_rate};
pub use rejection::{Measure, Rejection, RejectionCode};

/// How live a presentation looks, in `[0, 1]` on the documented scale; not a probability.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct LivenessScore(f32);

impl LivenessScore {
    /// From a finite value, clamped to `[0, 1]` and kept to four decimals: what is stored, answered and
    /// compared with the threshold is one and the same number.
    #[must_use]
    pub fn new(value: f32) -> Self {
        let value = if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
        Self((value * 1e4).round() / 1e4)
    }

    /// The score.
    #[must_use]
    pub const fn get(self) -> f32 {
        self.0
    }
}

/// What was measured of a face image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceQuality {
    /// Height of the face box, in pixels of the upright image.
    pub face_height: f32,
    /// Detector confidence, 0-1.
    pub detection: f32,
    /// Sharpness of the aligned face: root mean square of the 4-neighbour Laplacian, in grey levels.
    pub sharpness: f32,
    /// Mean luma of the face box, 0-255.
    pub brightness: f32,
    /// Estimated turn of the head to the side, in degrees, from the five landmarks.
    pub yaw: f32,
    /// Estimated tilt of the head in the image plane, in degrees.
    pub roll: f32,
}

impl FaceQuality {
    /// One figure in `[0, 1]` for clients that want one: the worst of size, sharpness, light and pose, each
    /// relative to what is comfortable (150 px, 12 grey levels, 60-200, 0 degrees).
    #[must_use]
    pub fn overall(&self) -> f32 {
        let ramp = |x: f32, low: f32, high: f32| ((x - low) / (high - low)).clamp(0.0, 1.0);
        let light = ramp(self.brightness, 20.0, 60.0).min(1.0 - ramp(self.brightness, 200.0, 250.0));
        let parts = [
            ramp(self.face_height, 20.0, 150.0),
            ramp(self.sharpness, 1.0, 12.0),
            light,
            1.0 - ramp(self.yaw.abs(), 5.0, 60.0),
            self.detection,
        ];
        parts.into_iter().fold(1.0, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_always_a_number_between_zero_and_one() {
        for (given, kept) in
            [(f32::NAN, 0.0), (f32::INFINITY, 0.0), (-1.0, 0.0), (2.0, 1.0), (0.65, 0.65), (0.123_46, 0.1235)]
        {
            assert_eq!(LivenessScore::new(given).get(), kept);
        }
    }

    #[test]
    fn overall_quality_is_the_worst_part() {
        let good = FaceQuality {
            face_height: 200.0,
            detection: 0.95,
            sharpness: 20.0,
            brightness: 120.0,
            yaw: 0.0,
            roll: 0.0,
        };
        assert!((good.overall() - 0.95).abs() < 1e-6);
        assert_eq!(FaceQuality { brightness: 10.0, ..good }.overall(), 0.0);
        assert!(FaceQuality { yaw: 50.0, ..good }.overall() < 0.2);
    }
}
