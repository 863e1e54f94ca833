//! What an alignment is worth.

use super::align::{Alignment, Pair};
use super::probe::Probe;
use super::star::folded;
use super::subject::{Point, Subject};

/// Pairs farther from each other say nothing of each other: skin stretches.
const REACH: f32 = 110.0;
/// What two pairs' distances may differ by: pixels, and a part of the distance.
const STRETCH: (f32, f32) = (5.0, 0.08);
/// What the turn from one to the other may differ by, in 1/256 of a full one: 0.5 rad.
const TURN: f32 = 20.4;
/// Pairs that would have to be near to give all of their weight.
const ALONE: f32 = 1.5;
/// How much it counts that what should be there is there.
const COVERAGE: f32 = 1.5;

/// Memory for one judgement.
#[derive(Debug, Default)]
pub(super) struct Working {
    points: Vec<(Point, Point)>,
    agreement: Vec<(f32, f32)>,
}

impl Working {
    /// Each pair counts by how well the pairs around it agree with it; the sum is weighted by the fit and by the part of what is
    /// known in the common area that is paired, each minutia by its weight.
    pub(super) fn of(
        &mut self,
        probe: &Probe,
        subject: &Subject,
        alignment: &Alignment,
        pairs: &[Pair],
        fit: f32,
    ) -> f32 {
        self.points.clear();
        self.points.extend(
            pairs.iter().map(|p| {
                (probe.subject.points[usize::from(p.probe)], subject.points[usize::from(p.subject)])
            }),
        );
        let support = self.support();
        let (own, other) = overlap(probe, subject, alignment);
        let weight = |p: &Pair| {
            probe.subject.points[usize::from(p.probe)]
                .weight
                .midpoint(subject.points[usize::from(p.subject)].weight)
        };
        let paired: f32 = pairs.iter().map(weight).sum();
        let expected = f32::midpoint(paired.max(own), paired.max(other));
        support * fit.max(0.0) * (paired / expected.max(0.5)).powf(COVERAGE)
    }

    fn support(&mut self) -> f32 {
        self.agreement.clear();
        self.agreement.resize(self.points.len(), (0.0, 0.0));
        for (i, (p, s)) in self.points.iter().enumerate() {
            for (j, (q, t)) in self.points.iter().enumerate().skip(i + 1) {
                let (px, py, sx, sy) = (p.x - q.x, p.y - q.y, s.x - t.x, s.y - t.y);
                let own = px * px + py * py;
                if own > REACH * REACH {
                    continue;
                }
                let (own, other) = (own.sqrt(), (sx * sx + sy * sy).sqrt());
                let near = (1.0 - (own - other).abs() / (STRETCH.0 + STRETCH.1 * own)).max(0.0);
                let turn =
                    i16::from(q.angle.wrapping_sub(p.angle)) - i16::from(t.angle.wrapping_sub(s.angle));
                let along = (1.0 - f32::from(folded(turn)) / TURN).max(0.0);
                let agreement = (near * along).sqrt();
                for k in [i, j] {
                    let (sum, count) = &mut self.agreement[k];
                    *sum += agreement;
                    *count += 1.0;
                }
            }
        }
        self.agreement.iter().map(|(sum, count)| sum / (count + ALONE)).sum()
    }
}

/// Weight of the probe's minutiae in the subject's area, and of the subject's in the probe's.
fn overlap(probe: &Probe, subject: &Subject, alignment: &Alignment) -> (f32, f32) {
    let own = probe.subject.points.iter().filter(|p| {
        let (x, y) = alignment.back(p.x, p.y);
        subject.area.has(x, y)
    });
    let other = subject.points.iter().filter(|s| {
        let (x, y) = alignment.place(s.x, s.y);
        probe.subject.area.has(x, y)
    });
    (own.map(|p| p.weight).sum(), other.map(|p| p.weight).sum())
}
