//! All images against all: how alike the same and how alike strangers are.

use engine::face::Template;

use crate::evaluate::plot::Det;

/// Steps of the histograms over cosines from −1 to 1: fine enough that no rate hangs on them.
const STEPS: usize = 40_000;

/// Counts of cosines, and nearest neighbours.
pub(super) struct Similarities {
    genuine: Vec<u64>,
    impostor: Vec<u64>,
    nearest_is_mate: u64,
    mated: u64,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the histogram")]
fn step(cosine: f32) -> usize {
    (((f64::from(cosine) + 1.0) / 2.0 * STEPS as f64) as usize).min(STEPS - 1)
}

#[expect(clippy::cast_possible_truncation, reason = "a cosine")]
fn lower_edge(step: usize) -> f32 {
    (step as f64 / STEPS as f64 * 2.0 - 1.0) as f32
}

impl Similarities {
    /// Compares every template with every other; `people` says whom each shows.
    pub(super) fn all(templates: &[Option<Template>], people: &[usize]) -> Self {
        let known: Vec<(usize, &Template)> =
            people.iter().zip(templates).filter_map(|(p, t)| t.as_ref().map(|t| (*p, t))).collect();
        let (mut genuine, mut impostor) = (vec![0; STEPS], vec![0; STEPS]);
        let (mut nearest_is_mate, mut mated) = (0, 0);
        for (i, (person, template)) in known.iter().enumerate() {
            let (mut mate, mut stranger) = (f32::MIN, f32::MIN);
            for (j, (other, against)) in known.iter().enumerate().filter(|(j, _)| *j != i) {
                let cosine = template.cosine(against).unwrap_or(-1.0);
                let (counts, nearest) =
                    if person == other { (&mut genuine, &mut mate) } else { (&mut impostor, &mut stranger) };
                *nearest = nearest.max(cosine);
                if j > i {
                    counts[step(cosine)] += 1;
                }
            }
            if mate > f32::MIN {
                mated += 1;
                nearest_is_mate += u64::from(mate > stranger);
            }
        }
        Self { genuine, impostor, nearest_is_mate, mated }
    }

    pub(super) fn genuines(&self) -> u64 {
        self.genuine.iter().sum()
    }

    pub(super) fn impostors(&self) -> u64 {
        self.impostor.iter().sum()
    }

    pub(super) fn genuine_above(&self, cosine: f32) -> u64 {
        self.genuine[step(cosine)..].iter().sum()
    }

    pub(super) fn impostors_above(&self, cosine: f32) -> u64 {
        self.impostor[step(cosine)..].iter().sum()
    }

    /// The lowest cosine that at most this part of the strangers reach.
    pub(super) fn cosine_at(&self, rate: f64) -> f32 {
        let most = rate * self.impostors() as f64;
        let mut above = 0;
        for at in (0..STEPS).rev() {
            above += self.impostor[at];
            if above as f64 > most {
                return lower_edge(at + 1);
            }
        }
        -1.0
    }

    /// Images whose nearest other shows the same person, and images that have such another at all.
    pub(super) const fn rank1(&self) -> (u64, u64) {
        (self.nearest_is_mate, self.mated)
    }

    /// What a DET curve is drawn from.
    pub(super) fn det(&self) -> Det {
        Det { curve: self.curve(), genuine: self.genuines(), impostor: self.impostors() }
    }

    /// False match and false non-match rate at thresholds from low to high, one where either changes.
    fn curve(&self) -> Vec<(f64, f64)> {
        let (all_g, all_i) = (self.genuines() as f64, self.impostors() as f64);
        let (mut missed, mut wrong) = (0, self.impostors());
        let mut curve = Vec::new();
        for at in 0..STEPS {
            if self.genuine[at] + self.impostor[at] > 0 {
                curve.push((wrong as f64 / all_i.max(1.0), missed as f64 / all_g.max(1.0)));
            }
            missed += self.genuine[at];
            wrong -= self.impostor[at];
        }
        curve
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A template in a direction of the plane.
    pub(in super::super) fn at(degrees: f32) -> Option<Template> {
        let (y, x) = degrees.to_radians().sin_cos();
        Template::normalised(vec![x, y])
    }

    #[test]
    fn everybody_is_compared_with_everybody_once() {
        // Two of one person ten degrees apart, another at 90, another that failed.
        let all = Similarities::all(&[at(0.0), at(10.0), at(90.0), None], &[0, 0, 1, 2]);
        assert_eq!((all.genuines(), all.impostors()), (1, 2));
        assert_eq!((all.genuine_above(0.9), all.impostors_above(0.9)), (1, 0));
        assert_eq!(all.rank1(), (2, 2));
        // Half of the strangers may be above: those at 80 degrees, not those at 90.
        let cosine = all.cosine_at(0.5);
        assert!(cosine > -1e-3 && cosine <= 80f32.to_radians().cos());
        assert_eq!(all.curve().first(), Some(&(1.0, 0.0)));
    }
}
