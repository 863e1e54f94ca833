use proptest::prelude::*;

use super::*;
use crate::template::{Kind, MOST, Minutia, Template};

fn minutia() -> impl Strategy<Value = Minutia> {
    (0u16..400, 0u16..500, any::<u8>(), 0u8..=100).prop_map(|(x, y, angle, quality)| Minutia {
        x,
        y,
        angle,
        kind: Kind::Ending,
        quality,
    })
}

fn template(most: usize) -> impl Strategy<Value = Template> {
    prop::collection::vec(minutia(), 0..=most).prop_map(Template::new)
}

fn score(probe: &Template, subject: &Template) -> f32 {
    Probe::new(probe).compare(&Subject::new(subject), &mut Scratch::default())
}

/// The same impression, turned about a place and moved; distances and directions are kept but for rounding.
fn moved(template: &Template, turn: u8, by: (f32, f32)) -> Template {
    let (sin, cos) = (f32::from(turn) * std::f32::consts::PI / 128.0).sin_cos();
    let place = |m: &Minutia| {
        let (x, y) = (f32::from(m.x) - 200.0, 250.0 - f32::from(m.y));
        let (x, y) = (cos * x - sin * y, sin * x + cos * y);
        Minutia {
            x: (x + 600.0 + by.0) as u16,
            y: (600.0 + by.1 - y) as u16,
            angle: m.angle.wrapping_add(turn),
            ..*m
        }
    };
    Template::new(template.minutiae().iter().map(place).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_score_is_a_number_from_zero_up_whatever_the_templates(a in template(90), b in template(90)) {
        let score = score(&a, &b);
        prop_assert!(score.is_finite() && score >= 0.0);
    }

    #[test]
    fn turning_and_moving_a_finger_does_not_change_who_it_is(
        all in prop::collection::vec(minutia(), 25..50), turn in any::<u8>(), x in 0f32..200.0, y in 0f32..200.0,
    ) {
        let template = Template::new(all);
        prop_assume!(template.minutiae().len() > 20);
        let (same, moved) = (score(&template, &template), score(&template, &moved(&template, turn, (x, y))));
        prop_assert!(moved > 0.6 * same && moved > 5.0, "{moved} after {same}");
    }

    #[test]
    fn bit_planes_count_as_counting_does(table in prop::collection::vec(any::<u64>(), 16), cells in prop::array::uniform8(0u16..16)) {
        let [ones, twos, fours, eights] = seeds::shared(&table, &cells);
        for bit in 0..64 {
            let counted = cells.iter().filter(|c| table[usize::from(**c)] >> bit & 1 == 1).count() as u64;
            let planes = [ones, twos, fours, eights].map(|plane| plane >> bit & 1);
            prop_assert_eq!(planes[0] + 2 * planes[1] + 4 * planes[2] + 8 * planes[3], counted);
        }
    }
}

/// Minutiae in rows and columns that all point the same way: each looks like every other.
fn lattice(columns: u16, rows: u16, apart: u16) -> Template {
    let at = |i: u16| Minutia {
        x: 20 + i % columns * apart,
        y: 20 + i / columns * apart,
        angle: 64,
        kind: Kind::Ending,
        quality: 90,
    };
    Template::new((0..columns * rows).map(at).collect())
}

#[test]
fn however_alike_minutiae_are_the_work_has_a_bound() {
    let all = [
        lattice(8, 5, 20),
        lattice(8, 8, 16),
        lattice(15, 17, 12),
        lattice(64, 1, 9),
        lattice(8, 8, 3),
        lattice(2, 2, 30),
    ];
    for probe in &all {
        for subject in &all {
            assert!(subject.minutiae().len() <= MOST);
            assert!(score(probe, subject).is_finite());
            // However many pairs look alike, so many are looked at: that is what bounds the time.
            let mut seeds = Vec::new();
            seeds::find(&Probe::new(probe), &Subject::new(subject), usize::MAX, &mut seeds);
            assert!(seeds.len() <= seeds::MOST);
        }
    }
}

#[test]
fn strangers_score_far_below_impressions_of_one_finger() {
    let finger = |seed: u32| {
        let number = move |i: u32, of: u32| {
            (seed.wrapping_mul(2_654_435_761) ^ i.wrapping_mul(40_503).wrapping_mul(seed | 1)).rotate_left(i)
                % of
        };
        let at = |i: u32| Minutia {
            x: number(3 * i, 280) as u16,
            y: number(3 * i + 1, 280) as u16,
            angle: number(3 * i + 2, 256) as u8,
            kind: Kind::Ending,
            quality: 80,
        };
        Template::new((0..35).map(at).collect())
    };
    let (one, other) = (finger(1), finger(2));
    let (genuine, impostor) = (score(&one, &moved(&one, 9, (3.0, 4.0))), score(&one, &other));
    assert!(genuine > 5.0 && impostor < 1.5, "{genuine} and {impostor}");
}
