//! A minutia's surroundings: its nearest neighbours, seen from where it is and where it points. They do not change when the
//! finger is moved or turned, so they tell which minutiae of two impressions may be the same (after Jiang & Yau 2000).

use crate::template::Minutia;

/// Neighbours a minutia is known by.
pub(super) const NEIGHBOURS: usize = 8;
/// Neighbours nearer than this are likelier a doublet of the extractor, in pixels.
const NEAREST: i32 = 3;
/// Neighbours farther than this say little: skin stretches, and a distance has eight bits with room for its tolerance.
const FARTHEST: i32 = 200;
/// The distance of a neighbour that is not there: out of reach of every tolerance.
const NONE: u8 = 255;

/// The neighbours of one minutia: distance in pixels, bearing relative to its direction, and their direction relative to
/// its own, both in 1/256 of a turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Star {
    pub(super) distance: [u8; NEIGHBOURS],
    pub(super) bearing: [u8; NEIGHBOURS],
    pub(super) turn: [u8; NEIGHBOURS],
    pub(super) count: u8,
}

/// Upper ends of the first seven of eight ranges of distance, each about half as wide again as the one before.
const RANGES: [u8; 7] = [12, 17, 25, 37, 55, 80, 118];
/// Bits of a cell's number: eight ranges of distance, sixteen of bearing, sixteen of direction.
pub(super) const CELLS: usize = 8 * 16 * 16;

/// The range a distance falls into.
const fn range(distance: u8) -> usize {
    let mut range = 0;
    while range < RANGES.len() && distance >= RANGES[range] {
        range += 1;
    }
    range
}

/// [`range`] of every distance.
const RANGE_OF: [u8; 256] = {
    let mut table = [0; 256];
    let mut distance = 0;
    while distance < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "0-255 and 0-7")]
        {
            table[distance] = range(distance as u8) as u8;
        }
        distance += 1;
    }
    table
};

impl Star {
    /// The surroundings of `all[of]`.
    pub(super) fn of(all: &[Minutia], of: usize) -> Self {
        let own = &all[of];
        let mut near = [(i32::MAX, 0usize); NEIGHBOURS];
        for (index, other) in all.iter().enumerate() {
            let (dx, dy) = offset(own, other);
            let square = dx * dx + dy * dy;
            let near_enough = (NEAREST * NEAREST..=FARTHEST * FARTHEST).contains(&square);
            if index == of || !near_enough || (square, index) > near[NEIGHBOURS - 1] {
                continue;
            }
            // A list of eight is kept in order by moving what is farther.
            let mut entry = (square, index);
            for kept in &mut near {
                if entry < *kept {
                    std::mem::swap(&mut entry, kept);
                }
            }
        }
        let mut star = Self { distance: [NONE; NEIGHBOURS], bearing: [0; 8], turn: [0; 8], count: 0 };
        for (place, (square, index)) in near.iter().filter(|(s, _)| *s < i32::MAX).enumerate() {
            let other = &all[*index];
            let (dx, dy) = offset(own, other);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 200")]
            {
                star.distance[place] = (*square as f32).sqrt().round() as u8;
            }
            star.bearing[place] = units((dy as f32).atan2(dx as f32)).wrapping_sub(own.angle);
            star.turn[place] = other.angle.wrapping_sub(own.angle);
            star.count += 1;
        }
        star
    }

    /// The cell of a neighbour.
    pub(super) fn cell(&self, place: usize) -> usize {
        let range = usize::from(RANGE_OF[usize::from(self.distance[place])]);
        range << 8 | usize::from(self.bearing[place] >> 4) << 4 | usize::from(self.turn[place] >> 4)
    }

    /// All cells in which a neighbour of the same minutia in another impression may fall.
    pub(super) fn cells_around(&self, place: usize, mut each: impl FnMut(usize)) {
        let distance = i32::from(self.distance[place]);
        let reach = 8 + distance / 16;
        let [low, high] =
            [distance - reach, distance + reach].map(|d| range(u8::try_from(d.max(0)).unwrap_or(NONE)));
        let bearing = 12 + 81 / distance.max(8);
        let sixteenths = |middle: u8, off: i32| {
            let [from, to] = [-off, off].map(|o| (i32::from(middle) + o).div_euclid(16));
            (from..=to).map(|s| s.rem_euclid(16).unsigned_abs() as usize)
        };
        for range in low..=high {
            for bearing in sixteenths(self.bearing[place], bearing) {
                for turn in sixteenths(self.turn[place], 17) {
                    each(range << 8 | bearing << 4 | turn);
                }
            }
        }
    }

    /// How alike the surroundings of two minutiae are: about one for each neighbour that they share.
    ///
    /// A neighbour is shared when distance, bearing and direction are within what two impressions of one finger differ by
    /// (7 pixels and 8 %, 0.3 rad and more when near, 0.45 rad); it counts for more the nearer they are.
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        let wide = |a: [u8; NEIGHBOURS]| a.map(i16::from);
        let (distance, bearing, turn) = (wide(other.distance), wide(other.bearing), wide(other.turn));
        let mut columns = [0i16; NEIGHBOURS];
        let mut rows = 0i32;
        for place in 0..usize::from(self.count) {
            let own = i16::from(self.distance[place]);
            let reach = 7 + own / 12;
            let bend = 12 + 81 / own.max(6);
            let (per_pixel, per_unit) = (2560 / reach, 1920 / bend);
            let (own_bearing, own_turn) = (i16::from(self.bearing[place]), i16::from(self.turn[place]));
            let mut row = [0i16; NEIGHBOURS];
            for k in 0..NEIGHBOURS {
                let off = (own - distance[k]).abs();
                let bent = folded(own_bearing - bearing[k]);
                let turned = folded(own_turn - turn[k]);
                // Out of a hundred and thirty, in 64ths.
                let worth =
                    8320 - off.min(reach) * per_pixel - bent.min(bend) * per_unit - turned.min(18) * 106;
                let fits = off <= reach && bent <= bend && turned <= 18;
                row[k] = if fits { worth } else { 0 };
                columns[k] = columns[k].max(row[k]);
            }
            rows += i32::from(row.iter().copied().fold(0, i16::max));
        }
        // A neighbour of one may fit several of the other: the smaller sum counts it once.
        let columns: i32 = columns.iter().map(|&c| i32::from(c)).sum();
        rows.min(columns) as f32 / 6400.0
    }
}

/// From one minutia to another, upwards positive.
fn offset(from: &Minutia, to: &Minutia) -> (i32, i32) {
    (i32::from(to.x) - i32::from(from.x), i32::from(from.y) - i32::from(to.y))
}

/// An angle in 1/256 of a turn.
pub(super) fn units(radians: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "brought into 0-255 before")]
    {
        (radians * (128.0 / std::f32::consts::PI)).round().rem_euclid(256.0) as u8
    }
}

/// The smaller of the two ways round, of a difference of two angles in 1/256 of a turn.
pub(super) const fn folded(difference: i16) -> i16 {
    let around = difference & 255;
    if around > 128 { 256 - around } else { around }
}
