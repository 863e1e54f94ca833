//! One vector as codes: four bits a component, and eight bits for what they leave over.
//!
//! With `c` in `0..=15` a component is `y = scale · (c − 7.5)`. The scale is the least-squares one, so the error
//! `v − y` stands at a right angle to `y`: that is what the bound in [`crate::probe`] rests on.

/// Components that share a row of a group: four in the low halves of four bytes, four in the high halves.
pub(crate) const ROW_COMPONENTS: usize = 8;
/// Components are padded to a multiple of this, so that a kernel may work four rows at a time.
pub(crate) const PADDING: usize = 4 * ROW_COMPONENTS;

/// The middle of the sixteen steps.
pub(crate) const MIDDLE: f32 = 7.5;

/// Ranges to try, in root-mean-square components: a Gaussian wants 2.7, a flat distribution 1.7.
const CLIPS: [f32; 6] = [1.7, 2.2, 2.45, 2.7, 3.0, 3.4];

/// Added to every error: covers the rounding of all 32-bit arithmetic on the way to the bound.
const ROUNDING: f32 = 2e-5;

/// A vector, coded.
#[derive(Clone, Debug)]
pub(crate) struct Coded {
    /// One step number (0-15) a component.
    pub(crate) steps: Vec<u8>,
    /// Size of a step.
    pub(crate) scale: f32,
    /// Upper bound of the length of what the steps leave over.
    pub(crate) error: f32,
    /// What they leave over, in units of `fine_scale`.
    pub(crate) fine: Vec<i8>,
    /// Size of a fine step.
    pub(crate) fine_scale: f32,
    /// What is taken off its cosines.
    pub(crate) discount: f32,
}

fn steps_of(vector: &[f32], step: f32, steps: &mut [u8]) {
    for (slot, v) in steps.iter_mut().zip(vector) {
        // In range by the clamp.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0-15")]
        {
            *slot = (v / step + MIDDLE).round().clamp(0.0, 15.0) as u8;
        }
    }
}

/// The least-squares scale for `steps`, and the square of the error it leaves.
fn fit(vector: &[f32], steps: &[u8]) -> (f64, f64) {
    let (mut along, mut length, mut whole) = (0.0f64, 0.0f64, 0.0f64);
    for (v, s) in vector.iter().zip(steps) {
        let (v, c) = (f64::from(*v), f64::from(*s) - f64::from(MIDDLE));
        along += v * c;
        length += c * c;
        whole += v * v;
    }
    let scale = along / length;
    (scale, (whole - scale * along).max(0.0))
}

impl Coded {
    /// Codes a vector of length one.
    #[expect(clippy::cast_possible_truncation, reason = "values are within the range of the narrower type")]
    pub(crate) fn of(vector: &[f32]) -> Self {
        let spread = 1.0 / (vector.len() as f32).sqrt();
        let mut steps = vec![0; vector.len()];
        let mut best: Option<(f64, f64, Vec<u8>)> = None;
        for clip in CLIPS {
            steps_of(vector, 2.0 * clip * spread / 15.0, &mut steps);
            let (scale, error) = fit(vector, &steps);
            if scale > 0.0 && best.as_ref().is_none_or(|(_, least, _)| error < *least) {
                best = Some((scale, error, steps.clone()));
            }
        }
        // Some step grows with its component, so a vector that is not zero has a positive scale.
        let (scale, _, steps) = best.unwrap_or((1.0, 1.0, steps));
        let scale = scale as f32;
        let rest: Vec<f32> =
            vector.iter().zip(&steps).map(|(v, s)| v - scale * (f32::from(*s) - MIDDLE)).collect();
        let widest = rest.iter().fold(0.0f32, |w, r| w.max(r.abs()));
        let fine_scale = (widest / 127.0).max(f32::MIN_POSITIVE);
        let fine = rest.iter().map(|r| (r / fine_scale).round() as i8).collect();
        let error = rest.iter().map(|r| f64::from(*r) * f64::from(*r)).sum::<f64>().sqrt() as f32 + ROUNDING;
        Self { steps, scale, error, fine, fine_scale, discount: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tests::unit;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_codes_together_give_the_vector_back(vector in unit(128)) {
            let coded = Coded::of(&vector);
            for (i, v) in vector.iter().enumerate() {
                let coarse = coded.scale * (f32::from(coded.steps[i]) - MIDDLE);
                let fine = coded.fine_scale * f32::from(coded.fine[i]);
                prop_assert!((coarse + fine - v).abs() <= 0.51 * coded.fine_scale + 1e-6);
            }
        }

        #[test]
        fn the_error_is_no_less_than_what_the_steps_leave_over(vector in unit(64)) {
            let coded = Coded::of(&vector);
            let left: f64 = vector.iter().zip(&coded.steps)
                .map(|(v, s)| f64::from(*v) - f64::from(coded.scale) * f64::from(f32::from(*s) - MIDDLE))
                .map(|r| r * r).sum();
            prop_assert!(f64::from(coded.error) >= left.sqrt());
        }
    }

    #[test]
    fn four_bits_leave_about_a_tenth_over() {
        let vector: Vec<f32> = (0..128).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
        let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        let vector: Vec<f32> = vector.iter().map(|v| v / length).collect();
        assert!(Coded::of(&vector).error < 0.12);
    }
}
