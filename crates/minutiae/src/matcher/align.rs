//! Laying one impression over the other.

use super::probe::{Probe, REACH, TURN};
use super::seeds::Seed;
use super::star::folded;
use super::subject::{Point, Subject};

/// A turn and a shift that lay the subject over the probe, and where they are surest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alignment {
    cos: f32,
    sin: f32,
    /// The turn, in 1/256 of a full one.
    turn: f32,
    pub(super) dx: f32,
    pub(super) dy: f32,
    /// Where the two surely fit, in the probe: skin stretches with the distance from there.
    anchor: [f32; 2],
}

/// Two minutiae that lie over each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// Distance and turn, as parts of what is allowed.
    error: f32,
    pub(super) probe: u8,
    pub(super) subject: u8,
}

/// How much two minutiae that lie over each other may be apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    /// Pixels more for each pixel from the anchor, beyond [`BASE`].
    pub(super) slope: f32,
    /// Turn, in 1/256 of a full one.
    pub(super) turn: i16,
}

/// Pixels that two minutiae may be apart at the anchor.
const BASE: f32 = 9.0;
/// What a difference in turn counts against one in place.
const TURN_WEIGHT: f32 = 0.7;
/// Pixels² that a direction weighs against positions when an alignment is refined.
const DIRECTION_WEIGHT: f32 = 150.0;

const RADIANS: f32 = std::f32::consts::PI / 128.0;

/// Sine and cosine of every angle.
const SINES: [(f32, f32); 256] = {
    // Turned on step by step, in double precision: the error after 256 steps is far below that of a float.
    let (sin, cos) = (0.024_541_228_522_912_29_f64, 0.999_698_818_696_204_2_f64);
    let mut table = [(0.0, 1.0); 256];
    let (mut s, mut c) = (0.0f64, 1.0f64);
    let mut angle = 0;
    while angle < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the table is of floats")]
        {
            table[angle] = (s as f32, c as f32);
        }
        (s, c) = (s * cos + c * sin, c * cos - s * sin);
        angle += 1;
    }
    table
};

impl Alignment {
    /// That lays the two minutiae of a seed over each other.
    pub(super) fn of(probe: &Point, subject: &Point) -> Self {
        let angle = probe.angle.wrapping_sub(subject.angle);
        let (turn, (sin, cos)) = (f32::from(angle), SINES[usize::from(angle)]);
        let dx = probe.x - (cos * subject.x - sin * subject.y);
        let dy = probe.y - (sin * subject.x + cos * subject.y);
        Self { cos, sin, turn, dx, dy, anchor: [probe.x, probe.y] }
    }

    /// Where a place of the subject comes to lie in the probe.
    #[inline]
    pub(super) fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.cos * x - self.sin * y + self.dx, self.sin * x + self.cos * y + self.dy)
    }

    /// Where a place of the probe lies in the subject.
    #[inline]
    pub(super) fn back(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (x - self.dx, y - self.dy);
        (self.cos * x + self.sin * y, self.cos * y - self.sin * x)
    }

    /// Whether a seed would lead to much the same alignment.
    pub(super) fn explains(&self, probe: &Point, subject: &Point) -> bool {
        let (x, y) = self.place(subject.x, subject.y);
        let (dx, dy) = (x - probe.x, y - probe.y);
        let turn = f32::from(probe.angle.wrapping_sub(subject.angle)) - self.turn;
        let turn = turn - (turn / 256.0).round() * 256.0;
        dx * dx + dy * dy < 64.0 && turn.abs() < 3.0
    }

    /// Pairs what lies over each other, each minutia once, the best fits first. Answers how well they fit, 0-1.
    pub(super) fn pair(
        &self,
        probe: &Probe,
        subject: &Subject,
        tolerance: Tolerance,
        pairs: &mut Vec<Pair>,
    ) -> f32 {
        pairs.clear();
        let [ax, ay] = self.anchor;
        #[expect(clippy::cast_possible_truncation, reason = "less than a few turns")]
        let turn = self.turn.round() as i16;
        let per_unit = TURN_WEIGHT / f32::from(tolerance.turn);
        for (index, point) in subject.points.iter().enumerate() {
            let (x, y) = self.place(point.x, point.y);
            let angle = (i16::from(point.angle) + turn) & 255;
            #[expect(clippy::cast_sign_loss, reason = "eight bits")]
            let mut near = probe.near(x, y, angle as u8);
            if near == 0 {
                continue;
            }
            let away = ((x - ax) * (x - ax) + (y - ay) * (y - ay)).sqrt();
            let reach = (BASE + tolerance.slope * away).min(REACH);
            while near != 0 {
                let own = near.trailing_zeros();
                near &= near - 1;
                let p = &probe.subject.points[own as usize];
                let (dx, dy) = (p.x - x, p.y - y);
                let square = dx * dx + dy * dy;
                let turned = folded(i16::from(p.angle) - angle);
                if square <= reach * reach && turned <= tolerance.turn {
                    let error = square.sqrt() / reach + per_unit * f32::from(turned);
                    #[expect(clippy::cast_possible_truncation, reason = "at most 64 minutiae")]
                    pairs.push(Pair { error, probe: own as u8, subject: index as u8 });
                }
            }
        }
        pairs.sort_unstable_by(|a, b| a.error.total_cmp(&b.error));
        let (mut of_probe, mut of_subject, mut sum) = (0u64, 0u64, 0.0);
        pairs.retain(|pair| {
            let (own, other) = (1u64 << pair.probe, 1u64 << pair.subject);
            let free = of_probe & own == 0 && of_subject & other == 0;
            if free {
                of_probe |= own;
                of_subject |= other;
                sum += pair.error;
            }
            free
        });
        1.0 - sum / pairs.len().max(1) as f32 / (1.0 + TURN_WEIGHT)
    }

    /// The alignment that fits `pairs` best, by least squares over places and directions.
    pub(super) fn refined(&self, probe: &Probe, subject: &Subject, pairs: &[Pair]) -> Self {
        let both =
            |p: &Pair| (probe.subject.points[usize::from(p.probe)], subject.points[usize::from(p.subject)]);
        let count = pairs.len().max(1) as f32;
        let mut means = [0.0f32; 4];
        for (p, s) in pairs.iter().map(both) {
            for (mean, value) in means.iter_mut().zip([p.x, p.y, s.x, s.y]) {
                *mean += value;
            }
        }
        let [px, py, sx, sy] = means.map(|m| m / count);
        let (mut along, mut across) = (0.0, 0.0);
        for (p, s) in pairs.iter().map(both) {
            let (u, v, w, z) = (p.x - px, p.y - py, s.x - sx, s.y - sy);
            let (sin, cos) = SINES[usize::from(p.angle.wrapping_sub(s.angle))];
            along += u * w + v * z + DIRECTION_WEIGHT * cos;
            across += v * w - u * z + DIRECTION_WEIGHT * sin;
        }
        let turn = across.atan2(along);
        let (sin, cos) = turn.sin_cos();
        let (dx, dy) = (px - (cos * sx - sin * sy), py - (sin * sx + cos * sy));
        Self { cos, sin, turn: turn / RADIANS, dx, dy, anchor: [px, py] }
    }
}

/// Tolerances of the first look at an alignment, and of the two after it.
pub(super) const FIRST: Tolerance = Tolerance { slope: 0.09, turn: TURN - 1 };
pub(super) const SECOND: Tolerance = Tolerance { slope: 0.06, turn: TURN - 1 };
pub(super) const LAST: Tolerance = Tolerance { slope: 0.045, turn: TURN - 1 };

/// An alignment found from a seed, with the number of minutiae it pairs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) worth: f32,
    pub(super) alignment: Alignment,
}

/// Tries the seeds in turn; those that an earlier one explains are passed over.
pub(super) fn try_all(
    probe: &Probe,
    subject: &Subject,
    seeds: &[Seed],
    pairs: &mut Vec<Pair>,
    found: &mut Vec<Found>,
) {
    found.clear();
    for seed in seeds {
        let (p, s) =
            (&probe.subject.points[usize::from(seed.probe)], &subject.points[usize::from(seed.subject)]);
        if found.iter().any(|f| f.alignment.explains(p, s)) {
            continue;
        }
        let first = Alignment::of(p, s);
        first.pair(probe, subject, FIRST, pairs);
        if pairs.len() >= 3 {
            found.push(Found { worth: pairs.len() as f32 + 0.3 * seed.likeness, alignment: first });
        }
    }
    found.sort_unstable_by(|a, b| b.worth.total_cmp(&a.worth));
}
