//! Pairs of minutiae whose surroundings are alike: where an alignment may begin.

use super::probe::Probe;
use super::subject::Subject;

/// Pairs that are looked at closely, at most.
pub(super) const MOST: usize = 160;

/// A minutia of the probe, one of the subject, and how alike their surroundings are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    pub(super) likeness: f32,
    pub(super) probe: u8,
    pub(super) subject: u8,
}

/// For each of the probe's minutiae, how many neighbours it has where the subject's minutia with these cells has some: counted
/// for all of them at once, in bit planes of one, two, four and eight.
#[inline]
pub(super) fn shared(neighbours: &[u64], cells: &[u16; 8]) -> [u64; 4] {
    let [mut ones, mut twos, mut fours, mut eights] = [0u64; 4];
    for &cell in cells {
        let has = neighbours[usize::from(cell)];
        let two = ones & has;
        ones ^= has;
        let four = twos & two;
        twos ^= two;
        eights |= fours & four;
        fours ^= four;
    }
    [ones, twos, fours, eights]
}

/// What it says of two impressions that a minutia of one shares at most eight, seven, six, five or fewer neighbours with one of the
/// other: ten times the logarithm of how much oftener that is so in one finger than in two (measured on FVC2002 set B).
const WORTH: [i32; 5] = [38, 20, 4, -2, -4];

/// How much two impressions have in common at a glance: the basis of a search among many.
pub(super) fn glance(probe: &Probe, subject: &Subject) -> i32 {
    let worth = subject.cells.iter().map(|cells| {
        let [ones, twos, fours, eights] = shared(&probe.neighbours, cells);
        let most =
            [eights, fours & twos & ones, fours & twos, fours & ones].iter().position(|plane| *plane != 0);
        WORTH[most.unwrap_or(4)]
    });
    worth.sum()
}

/// The best seeds, best first: pairs with five neighbours in common or more, and where those are few, with four.
pub(super) fn find(probe: &Probe, subject: &Subject, most: usize, seeds: &mut Vec<Seed>) {
    seeds.clear();
    let looked = look(probe, subject, 0, seeds, |[ones, twos, fours, eights]| eights | fours & (ones | twos));
    if looked < ENOUGH {
        look(probe, subject, looked, seeds, |[ones, twos, fours, eights]| fours & !(ones | twos | eights));
    }
    if seeds.len() > most {
        seeds.select_nth_unstable_by(most, |a, b| b.likeness.total_cmp(&a.likeness));
        seeds.truncate(most);
    }
    seeds.sort_unstable_by(|a, b| b.likeness.total_cmp(&a.likeness));
}

/// Looks closely at the pairs that `wanted` picks, and answers how many pairs have been looked at.
#[inline]
fn look(
    probe: &Probe,
    subject: &Subject,
    mut looked: usize,
    seeds: &mut Vec<Seed>,
    wanted: impl Fn([u64; 4]) -> u64,
) -> usize {
    for (index, cells) in subject.cells.iter().enumerate() {
        let mut bits = wanted(shared(&probe.neighbours, cells));
        while bits != 0 && looked < MOST {
            let own = bits.trailing_zeros();
            bits &= bits - 1;
            looked += 1;
            let likeness = probe.subject.stars[own as usize].likeness(&subject.stars[index]);
            #[expect(clippy::cast_possible_truncation, reason = "at most 64 minutiae")]
            if likeness > LEAST {
                seeds.push(Seed { likeness, probe: own as u8, subject: index as u8 });
            }
        }
    }
    looked
}

/// Pairs after which no weaker ones are looked for.
const ENOUGH: usize = 20;
/// Least likeness of a seed.
const LEAST: f32 = 1.2;
