//! Rates from scores (ISO/IEC 30107-3 and 19795-1 terms).

/// Area under the ROC curve: the chance that a live image scores higher than an attack, ties counting half
/// (Mann-Whitney). `None` when one of the sets is empty.
pub(crate) fn auc(live: &[f32], spoof: &[f32]) -> Option<f64> {
    if live.is_empty() || spoof.is_empty() {
        return None;
    }
    let mut all: Vec<(f32, bool)> =
        live.iter().map(|&s| (s, true)).chain(spoof.iter().map(|&s| (s, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut wins, mut below) = (0.0, 0.0);
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let lives = group.iter().filter(|(_, live)| *live).count() as f64;
        let spoofs = group.len() as f64 - lives;
        wins += lives * (below + spoofs / 2.0);
        below += spoofs;
    }
    Some(wins / (live.len() as f64 * spoof.len() as f64))
}

/// Part of the attacks that reach `threshold` (APCER); `None` without attacks.
pub(crate) fn apcer(spoof: &[f32], threshold: f32) -> Option<f64> {
    part(spoof, |s| s >= threshold)
}

/// Part of the live images below `threshold` (BPCER); `None` without live images.
pub(crate) fn bpcer(live: &[f32], threshold: f32) -> Option<f64> {
    part(live, |s| s < threshold)
}

fn part(scores: &[f32], counts: impl Fn(f32) -> bool) -> Option<f64> {
    (!scores.is_empty()).then(|| scores.iter().filter(|&&s| counts(s)).count() as f64 / scores.len() as f64)
}

/// Lower and upper bound.
pub(crate) type Interval = [f64; 2];

/// Wilson's 95 % interval of a rate of which `count` in `of` were seen.
pub(crate) fn wilson(count: u64, of: u64) -> Interval {
    const Z: f64 = 1.959_964;
    if of == 0 {
        return [0.0, 1.0];
    }
    let (n, p) = (of as f64, count as f64 / of as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    [(middle - half).max(0.0), (middle + half).min(1.0)]
}

/// Equal error rate: the mean of the two rates at the threshold where they are closest.
pub(crate) fn eer(live: &[f32], spoof: &[f32]) -> Option<f64> {
    if live.is_empty() || spoof.is_empty() {
        return None;
    }
    let sorted = |scores: &[f32]| {
        let mut scores = scores.to_vec();
        scores.sort_unstable_by(f32::total_cmp);
        scores
    };
    let (live, spoof) = (sorted(live), sorted(spoof));
    let below = |scores: &[f32], t: f32| scores.partition_point(|s| *s < t);
    let part = |count: usize, of: &[f32]| count as f64 / of.len() as f64;
    live.iter()
        .chain(&spoof)
        .copied()
        .chain([f32::INFINITY])
        .map(|t| (part(spoof.len() - below(&spoof, t), &spoof), part(below(&live, t), &live)))
        .min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()))
        .map(|(a, b)| f64::midpoint(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_by_hand() {
        let (live, spoof) = ([0.9, 0.8, 0.4], [0.1, 0.5, 0.2]);
        assert_eq!(auc(&live, &spoof), Some(8.0 / 9.0));
        assert_eq!(apcer(&spoof, 0.5), Some(1.0 / 3.0));
        assert_eq!(bpcer(&live, 0.5), Some(1.0 / 3.0));
        assert_eq!(eer(&live, &spoof), Some(1.0 / 3.0));
    }

    #[test]
    fn no_error_in_n_is_still_a_bound_of_about_four_in_n() {
        let [low, high] = wilson(0, 1_000);
        assert!(low < 1e-9 && (0.003..0.004).contains(&high));
        let [low, high] = wilson(50, 100);
        assert!((low - 0.404).abs() < 1e-3 && (high - 0.596).abs() < 1e-3);
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn separated_sets_have_no_errors_and_equal_ones_are_a_coin_toss() {
        assert_eq!((auc(&[0.9], &[0.1]), eer(&[0.9], &[0.1])), (Some(1.0), Some(0.0)));
        assert_eq!(auc(&[0.5, 0.5], &[0.5]), Some(0.5));
        assert_eq!((auc(&[], &[0.1]), eer(&[0.5], &[])), (None, None));
    }
}
