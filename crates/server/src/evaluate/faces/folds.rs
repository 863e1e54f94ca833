//! Accuracy over pairs: each fold is judged at the threshold that is best for the others.

/// A pair and its score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored {
    pub(super) fold: usize,
    pub(super) same: bool,
    pub(super) cosine: f32,
}

/// How a list was judged.
#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    /// Pairs judged rightly.
    pub(super) correct: u64,
    /// Standard deviation of the accuracy over the folds.
    pub(super) deviation: Option<f64>,
    /// Mean threshold.
    pub(super) threshold: f32,
}

fn correct(pairs: impl Iterator<Item = Scored>, threshold: f32) -> u64 {
    pairs.filter(|p| (p.cosine >= threshold) == p.same).count() as u64
}

/// The threshold at which most of `pairs` are judged rightly: half-way between two neighbouring scores.
fn best_threshold(mut pairs: Vec<Scored>) -> f32 {
    pairs.sort_by(|a, b| a.cosine.total_cmp(&b.cosine));
    // Below all scores every pair is called the same.
    let mut right = pairs.iter().filter(|p| p.same).count() as i64;
    let (mut most, mut best) = (right, -1.0);
    for (i, pair) in pairs.iter().enumerate() {
        right += if pair.same { -1 } else { 1 };
        let next = pairs.get(i + 1).map_or(1.0, |p| p.cosine);
        if right > most && next > pair.cosine {
            (most, best) = (right, f32::midpoint(pair.cosine, next));
        }
    }
    best
}

/// Judges all pairs; without folds, at the threshold that is best for the same pairs.
pub(super) fn judge(pairs: &[Scored], folds: usize) -> Outcome {
    if folds < 2 {
        let threshold = best_threshold(pairs.to_vec());
        return Outcome { correct: correct(pairs.iter().copied(), threshold), deviation: None, threshold };
    }
    let (mut all, mut parts, mut thresholds) = (0, Vec::new(), 0.0);
    for fold in 0..folds {
        let (inside, outside): (Vec<Scored>, Vec<Scored>) = pairs.iter().partition(|p| p.fold == fold);
        let threshold = best_threshold(outside);
        let right = correct(inside.iter().copied(), threshold);
        all += right;
        thresholds += threshold / folds as f32;
        parts.push(right as f64 / inside.len().max(1) as f64);
    }
    let mean = parts.iter().sum::<f64>() / folds as f64;
    let variance = parts.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / (folds - 1) as f64;
    Outcome { correct: all, deviation: Some(variance.sqrt()), threshold: thresholds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(fold: usize, same: bool, cosine: f32) -> Scored {
        Scored { fold, same, cosine }
    }

    #[test]
    fn the_best_threshold_lies_between_the_kinds() {
        let pairs = [pair(0, true, 0.8), pair(0, false, 0.2), pair(0, true, 0.6), pair(0, false, 0.7)];
        let outcome = judge(&pairs, 1);
        assert_eq!(outcome.correct, 3);
        assert!(outcome.deviation.is_none());
    }

    #[test]
    fn a_fold_is_judged_by_the_others_threshold() {
        // The second fold alone would choose 0.4; the first teaches 0.6.
        let pairs = [pair(0, true, 0.7), pair(0, false, 0.5), pair(1, true, 0.45), pair(1, false, 0.3)];
        let outcome = judge(&pairs, 2);
        // In fold 0 at the middle of 0.3 and 0.45: one error; in fold 1 at 0.6: one error.
        assert_eq!(outcome.correct, 2);
        assert_eq!(outcome.deviation, Some(0.0));
    }
}
