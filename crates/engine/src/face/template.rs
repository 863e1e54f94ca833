//! Templates: unit vectors whose cosine says how alike two faces are.

use crate::models::Known;

/// A face template of one embedder: a direction, and how well the embedder knew the face.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Of length one.
    values: Vec<f32>,
    /// Length of what the embedder said, before it was brought to one.
    norm: f32,
    /// What is taken off its cosines.
    discount: f32,
}

impl Template {
    /// Brings `values` to length one; `None` when they are not numbers or all zero.
    #[must_use]
    pub fn normalised(mut values: Vec<f32>) -> Option<Self> {
        let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        if !norm.is_finite() || norm < 1e-6 {
            return None;
        }
        values.iter_mut().for_each(|v| *v /= norm);
        Some(Self { values, norm, discount: 0.0 })
    }

    /// The components.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The length of what the embedder said, before it was brought to one: the better it knows a face, the longer. What that
    /// means is for a calibration to say.
    #[must_use]
    pub const fn norm(&self) -> f32 {
        self.norm
    }

    /// The same, as known as well as `known` says of its length.
    #[must_use]
    pub fn known(self, known: &Known) -> Self {
        Self { discount: known.discount(self.norm), ..self }
    }

    /// What is taken off its cosines, because the embedder knows the face less well than others.
    #[must_use]
    pub const fn discount(&self) -> f32 {
        self.discount
    }

    /// Cosine of the angle between two templates of one embedder, less the discounts of both: at most 1. `None` when their numbers
    /// of components differ.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> Option<f32> {
        (self.values.len() == other.values.len())
            .then(|| self.values.iter().zip(&other.values).map(|(a, b)| a * b).sum::<f32>().clamp(-1.0, 1.0))
            .map(|cosine| cosine - self.discount - other.discount)
    }

    /// The mean direction of several, known no better than the one that is known least; `None` for none, or when they cancel
    /// out.
    #[must_use]
    pub fn mean(all: &[Self]) -> Option<Self> {
        let mut sum = vec![0.0; all.first()?.values.len()];
        all.iter().for_each(|t| sum.iter_mut().zip(&t.values).for_each(|(s, v)| *s += v));
        let norm = all.iter().map(|t| t.norm).fold(f32::MAX, f32::min);
        let discount = all.iter().map(|t| t.discount).fold(0.0, f32::max);
        Self::normalised(sum).map(|mean| Self { norm, discount, ..mean })
    }

    /// What the embedder said, as little-endian 32-bit floats.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|v| (v * self.norm).to_le_bytes()).collect()
    }

    /// From [`Self::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (quads, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() || quads.is_empty() {
            return None;
        }
        Self::normalised(quads.iter().map(|q| f32::from_le_bytes(*q)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_template_is_one_long_and_survives_bytes(values in prop::collection::vec(-9.0f32..9.0, 1..200)) {
            if let Some(t) = Template::normalised(values) {
                prop_assert!((t.cosine(&t).unwrap() - 1.0).abs() < 1e-4);
                let again = Template::from_bytes(&t.to_bytes()).unwrap();
                prop_assert!((again.norm() / t.norm() - 1.0).abs() < 1e-5);
                prop_assert!(again.values().iter().zip(t.values()).all(|(a, b)| (a - b).abs() < 1e-6));
            }
        }
    }

    #[test]
    fn nonsense_is_no_template() {
        for bad in [vec![], vec![0.0; 4], vec![f32::NAN; 4], vec![f32::INFINITY; 4]] {
            assert_eq!(Template::normalised(bad), None);
        }
        assert_eq!(Template::from_bytes(&[1, 2, 3]), None);
    }
}
