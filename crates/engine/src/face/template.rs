//! Templates: unit vectors whose cosine says how alike two faces are.

/// A face template of one embedder, of length one.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Vec<f32>);

impl Template {
    /// Brings `values` to length one; `None` when they are not numbers or all zero.
    #[must_use]
    pub fn normalised(mut values: Vec<f32>) -> Option<Self> {
        let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        if !norm.is_finite() || norm < 1e-6 {
            return None;
        }
        values.iter_mut().for_each(|v| *v /= norm);
        Some(Self(values))
    }

    /// The components.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Cosine of the angle between two templates of one embedder, in `[-1, 1]`; `None` when their lengths differ.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> Option<f32> {
        (self.0.len() == other.0.len())
            .then(|| self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum::<f32>().clamp(-1.0, 1.0))
    }

    /// The mean direction of several; `None` for none, or when they cancel out.
    #[must_use]
    pub fn mean(all: &[Self]) -> Option<Self> {
        let mut sum = vec![0.0; all.first()?.0.len()];
        all.iter().for_each(|t| sum.iter_mut().zip(&t.0).for_each(|(s, v)| *s += v));
        Self::normalised(sum)
    }

    /// Little-endian 32-bit floats.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    /// From [`Self::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (quads, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() || quads.is_empty() {
            return None;
        }
        Some(Self(quads.iter().map(|q| f32::from_le_bytes(*q)).collect()))
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
                prop_assert_eq!(Template::from_bytes(&t.to_bytes()), Some(t));
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
