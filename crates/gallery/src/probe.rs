//! A probe, made ready for both passes.
//!
//! **The bound.** Let `v` be an enrolled vector of length one, `y` its coarse code, `e = |v − y|` with `y ⟂ v − y`,
//! and `q` the probe with `q·v = t`. Splitting `q = t·v + √(1−t²)·u` with `u ⟂ v`, and noting that the part of `y`
//! across `v` has length `e·√(1−e²)`, Cauchy and Schwarz give
//!
//! `q·y ≥ t(1−e²) − √(1−t²)·e`.
//!
//! For `t ≥ 0` the right side grows with `t`, so whoever is at or above a threshold `t` passes the test
//! `q·y + e·(√(1−t²) + t·e) ≥ t`; below a negative threshold nothing is ruled out. The probe itself is coded in eight bits, `q = p + δ`, and as `|y| ≤ 1` that costs
//! no more than `|δ|`, which is known: `p·y + e·(√(1−t²) + t·e) ≥ t − |δ|`.

use crate::code::{MIDDLE, PADDING, ROW_COMPONENTS};

/// Covers the rounding of the first pass.
const ROUNDING: f32 = 1e-5;

/// A probe of length one.
#[derive(Clone, Debug)]
pub struct Probe {
    values: Vec<f32>,
    /// Eight bits a component: for each row four for the low halves, then four for the high halves.
    rows: Vec<[i8; ROW_COMPONENTS]>,
    /// Size of a step of those.
    step: f32,
    /// `7.5 · step · Σ rows`: what the middle of the codes adds to every product.
    offset: f32,
    /// Upper bound of the length of what the eight bits leave over.
    error: f32,
}

/// A threshold, as the first pass tests it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor {
    pub(crate) threshold: f32,
    /// `√(1−t²)`.
    pub(crate) across: f32,
    /// `t − |δ|`, or minus infinity where nothing can be ruled out.
    pub(crate) least: f32,
}

impl Probe {
    /// Brings `values` to length one and codes them; `None` when they are not numbers or all zero.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "rounded values within -127..=127")]
    pub fn new(values: &[f32]) -> Option<Self> {
        let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        if !length.is_finite() || length < 1e-6 {
            return None;
        }
        let mut values: Vec<f32> = values.iter().map(|v| v / length).collect();
        values.resize(padded(values.len()), 0.0);
        let step = values.iter().fold(0.0f32, |w, v| w.max(v.abs())) / 127.0;
        let coded: Vec<i8> = values.iter().map(|v| (v / step).round() as i8).collect();
        let left: f64 = values
            .iter()
            .zip(&coded)
            .map(|(v, c)| f64::from(*v) - f64::from(step) * f64::from(*c))
            .map(|d| d * d)
            .sum();
        let sum: i32 = coded.iter().map(|c| i32::from(*c)).sum();
        let rows = coded.as_chunks::<ROW_COMPONENTS>().0.to_vec();
        Some(Self {
            values,
            rows,
            step,
            offset: MIDDLE * step * sum as f32,
            error: left.sqrt() as f32 + ROUNDING,
        })
    }

    /// The components, padded with zeros.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(crate) fn rows(&self) -> &[[i8; ROW_COMPONENTS]] {
        &self.rows
    }

    pub(crate) const fn step(&self) -> f32 {
        self.step
    }

    pub(crate) const fn offset(&self) -> f32 {
        self.offset
    }

    /// The test of the first pass for `threshold`.
    pub(crate) fn floor(&self, threshold: f32) -> Floor {
        let t = threshold.clamp(-1.0, 1.0);
        let least = if t < 0.0 { f32::NEG_INFINITY } else { t - self.error };
        Floor { threshold, across: (1.0 - t * t).max(0.0).sqrt(), least }
    }
}

/// The number of components held for a vector of `dimensions`.
pub(crate) const fn padded(dimensions: usize) -> usize {
    dimensions.div_ceil(PADDING) * PADDING
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::code::Coded;
    use proptest::prelude::*;

    /// Vectors of length one.
    pub(crate) fn unit(dimensions: usize) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-1.0f32..1.0, dimensions).prop_filter_map("all zero", |v| {
            let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
            (length > 1e-3).then(|| v.iter().map(|x| x / length).collect())
        })
    }

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    }

    /// Whether a vector coded as `coded` would pass the first pass.
    fn passes(probe: &Probe, coded: &Coded, error: f32, threshold: f32) -> bool {
        let mut sum = 0;
        for (row, steps) in probe.rows().iter().zip(coded.steps.chunks(ROW_COMPONENTS)) {
            sum += row.iter().zip(steps).map(|(q, c)| i32::from(*q) * i32::from(*c)).sum::<i32>();
        }
        let floor = probe.floor(threshold);
        let product = coded.scale * (sum as f32 * probe.step() - probe.offset());
        product + error * (floor.across + floor.threshold * error) >= floor.least
    }

    proptest! {
        #[test]
        fn nothing_at_or_above_the_threshold_is_ruled_out(
            vector in unit(96), other in unit(96), nearness in 0.0f32..1.0, threshold in -1.0f32..1.0,
        ) {
            let mixed: Vec<f32> = vector.iter().zip(&other).map(|(a, b)| nearness * a + (1.0 - nearness) * b).collect();
            let probe = Probe::new(&mixed).unwrap();
            let coded = Coded::of(&vector);
            if dot(probe.values(), &vector) >= f64::from(threshold) {
                prop_assert!(passes(&probe, &coded, coded.error, threshold));
            }
        }
    }

    /// Numbers from -1 to 1, the same every time.
    fn numbers(mut state: u32) -> impl FnMut() -> f32 {
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        }
    }

    /// Vectors, each with the probe that tries the bound hardest: turned to where the vector's code errs.
    pub(crate) fn hardest() -> impl Iterator<Item = (Vec<f32>, Coded, Probe)> {
        let mut number = numbers(1);
        std::iter::repeat_with(move || {
            let vector: Vec<f32> = Probe::new(&[(); 96].map(|()| number())).unwrap().values().to_vec();
            let coded = Coded::of(&vector);
            let turned: Vec<f32> = vector
                .iter()
                .zip(&coded.steps)
                .map(|(v, s)| {
                    let y = coded.scale * (f32::from(*s) - MIDDLE);
                    0.2 * v + (v - y) / coded.error + 0.02 * number()
                })
                .collect();
            (vector, coded, Probe::new(&turned).unwrap())
        })
    }

    #[test]
    fn a_loosened_bound_loses_somebody() {
        let mut lost = 0;
        for (vector, coded, probe) in hardest().take(2_000) {
            #[expect(clippy::cast_possible_truncation, reason = "a cosine")]
            let cosine = dot(probe.values(), &vector) as f32;
            assert!(passes(&probe, &coded, coded.error, cosine));
            lost += usize::from(!passes(&probe, &coded, 0.9 * coded.error, cosine));
        }
        assert!(lost > 0, "the bound is as tight as it can be");
    }

    #[test]
    fn nonsense_is_no_probe() {
        assert!(Probe::new(&[0.0; 8]).is_none());
        assert!(Probe::new(&[f32::NAN; 8]).is_none());
        assert!(Probe::new(&[]).is_none());
    }
}
