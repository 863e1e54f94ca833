//! How alike two templates are, on one scale for all models: by how often strangers are as alike.

/// Points of the scale: decimal logarithm of the false match rate, score. Between them it is linear.
const SCALE: [(f64, f64); 6] = [(0.0, 0.0), (-2.0, 0.5), (-3.0, 0.7), (-4.0, 0.8), (-6.0, 0.9), (-16.0, 1.0)];

/// How alike, in `[0, 1]`: 0.5 where one pair of strangers in a hundred is as alike, 0.7 for one in a thousand, 0.8
/// for one in ten thousand, 0.9 for one in a million.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct MatchScore(f32);

impl MatchScore {
    /// The lowest score.
    pub const LEAST: Self = Self(0.0);

    /// From a score, clamped to `[0, 1]` and kept to four decimals: what is answered and what is compared with a
    /// threshold is one and the same number.
    #[must_use]
    pub fn new(value: f64) -> Self {
        let value = if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "four decimals of a number between 0 and 1")]
        Self(((value * 1e4).round() / 1e4) as f32)
    }

    /// The score of a pair, when strangers are at least as alike at this rate.
    #[must_use]
    pub fn at_rate(rate: f64) -> Self {
        let decades = rate.clamp(1e-300, 1.0).log10();
        let over = SCALE.windows(2).find(|w| decades >= w[1].0);
        over.map_or(Self(1.0), |w| Self::new(between(decades, (w[0].0, w[1].0), (w[0].1, w[1].1))))
    }

    /// The rate at which strangers reach this score.
    #[must_use]
    pub fn rate(self) -> f64 {
        let score = f64::from(self.0);
        let over = SCALE.windows(2).find(|w| score <= w[1].1).unwrap_or(&SCALE[SCALE.len() - 2..]);
        10f64.powf(between(score, (over[0].1, over[1].1), (over[0].0, over[1].0)))
    }

    /// The score.
    #[must_use]
    pub const fn get(self) -> f32 {
        self.0
    }
}

/// Where `x` lies between `from`, on the way between `to`.
pub(super) fn between(x: f64, from: (f64, f64), to: (f64, f64)) -> f64 {
    to.0 + (x - from.0) / (from.1 - from.0) * (to.1 - to.0)
}

/// The rate of false matches of one comparison at which one in `comparisons` of them makes a false positive with
/// probability `false_positive_rate` at most: `1 − (1 − f)^n`, turned round.
#[must_use]
pub fn rate_for_search(false_positive_rate: f64, comparisons: usize) -> f64 {
    // ln_1p and exp_m1 keep the digits of rates far below 1.
    let none = (-false_positive_rate.clamp(0.0, 1.0 - 1e-12)).ln_1p();
    -(none / comparisons.max(1) as f64).exp_m1()
}

/// The probability that one of `comparisons` strangers reaches what one reaches at `rate`.
#[must_use]
pub fn search_rate(rate: f64, comparisons: usize) -> f64 {
    -((-rate.clamp(0.0, 1.0 - 1e-12)).ln_1p() * comparisons as f64).exp_m1()
}

/// The least rate one modality counts with when several are put together: none vouches for more than one in a million on its own.
const SUREST: f64 = 1e-6;

/// From this rate on a modality speaks against one person.
const AGAINST: f64 = 0.1;
/// How much oftener strangers are that unlike than one person's pairs.
const AGAINST_ODDS: f64 = 64.0;

/// The smallest rate of two modalities together that thirty strangers were observed at: of 49,920 pairs of a chimeric set.
pub const FUSED_OBSERVED: f64 = 6e-4;

/// The rate at which strangers are as alike as this in several independent modalities together, from the rates of each.
///
/// It is that of the sum of their logarithmic likelihood ratios. Of strangers, `−ln(rate)` of one modality is exponentially
/// distributed by the meaning of a rate; of one person it spreads about evenly over many decades. So the logarithm of the
/// likelihood ratio is `−ln(rate)` and a constant, the sum over modalities is `−ln` of the product of the rates, and of
/// strangers that has a gamma distribution (Fisher 1932): `q · Σ (−ln q)^k / k!` over `k` below the number of modalities.
///
/// What one stranger in ten reaches is not neutral but speaks against: of pairs of one person at most one in 64 is so unlike
/// (`docs/accuracy.md`), and that is the likelihood ratio it counts with. The rate that comes out is then an upper bound.
#[must_use]
pub fn fused_rate(rates: &[f64]) -> f64 {
    let telling = |rate: f64| -rate.clamp(SUREST, 1.0).ln();
    let part =
        |rate: &f64| if rates.len() > 1 && *rate > AGAINST { -AGAINST_ODDS.ln() } else { telling(*rate) };
    let surprise = rates.iter().map(part).sum::<f64>().max(0.0);
    let (mut term, mut sum) = (1.0, 0.0);
    for k in 1..=rates.len().max(1) {
        sum += term;
        term *= surprise / k as f64;
    }
    ((-surprise).exp() * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_scale_passes_through_its_published_points() {
        for (rate, score) in
            [(1.0, 0.0), (1e-2, 0.5), (1e-3, 0.7), (1e-4, 0.8), (1e-6, 0.9), (1e-16, 1.0), (0.0, 1.0)]
        {
            assert_eq!(MatchScore::at_rate(rate).get(), score, "at {rate}");
        }
    }

    #[test]
    fn a_search_of_many_needs_a_stricter_comparison() {
        assert!((rate_for_search(1e-3, 1_000) - 1e-6).abs() < 1e-9);
        assert!((rate_for_search(1e-3, 1) - 1e-3).abs() < 1e-12);
        assert!((search_rate(1e-9, 1_000_000) - 1e-3).abs() < 1e-6);
        assert_eq!(search_rate(0.0, 10), 0.0);
    }

    #[test]
    fn modalities_together_are_as_rare_as_chance_makes_them() {
        // Rates of strangers are evenly spread by definition: what comes out must be no rarer than it says.
        let (mut state, mut below) = (88_172_645_463_325_252u64, [0u32; 3]);
        let mut number = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for _ in 0..100_000 {
            let rate = fused_rate(&[number(), number()]);
            for (count, level) in below.iter_mut().zip([0.5, 0.1, 0.01]) {
                *count += u32::from(rate < level);
            }
        }
        for (count, level) in below.into_iter().zip([0.5, 0.1, 0.01]) {
            let share = f64::from(count) / 1e5;
            assert!(share <= level * 1.05, "{share} below {level}");
        }
        assert_eq!(fused_rate(&[1e-3]), fused_rate(&[1e-3]).min(1e-3 * 1.000_001));
        assert!(fused_rate(&[1e-3, 1e-3]) < 2e-5, "together they say more than each");
        assert!(fused_rate(&[1e-12, 0.05]) > 5e-8, "one alone vouches for so much and no more");
        assert!(fused_rate(&[1e-12, 0.5]) > 1e-4, "and for nothing where the other speaks against");
    }

    proptest! {
        #[test]
        fn score_and_rate_are_each_others_inverse(decades in -15.9f64..0.0) {
            let rate = 10f64.powf(decades);
            let score = MatchScore::at_rate(rate);
            // Four decimals of the score are up to a hundredth of a decade.
            prop_assert!((score.rate().log10() - decades).abs() < 0.011);
            prop_assert_eq!(MatchScore::at_rate(score.rate()), score);
        }

        #[test]
        fn a_rarer_match_scores_no_less(a in 1e-12f64..1.0, b in 1e-12f64..1.0) {
            let (rare, common) = if a < b { (a, b) } else { (b, a) };
            prop_assert!(MatchScore::at_rate(rare) >= MatchScore::at_rate(common));
        }
    }
}
