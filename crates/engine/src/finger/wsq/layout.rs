//! Where the subbands lie: the plane is split into four again and again, low half first; in a part that holds high frequencies
//! their order is turned round, and the high half comes first.

/// A rectangle of the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// A rectangle that is made of four, and whether the high half comes first, across and down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) band: Band,
    pub(super) turned: [bool; 2],
}

/// Both parts of a length: the low one has the middle; it comes first unless turned round.
const fn split(length: usize, turned: bool) -> [usize; 2] {
    if turned { [length / 2, length.div_ceil(2)] } else { [length.div_ceil(2), length / 2] }
}

impl Band {
    /// The four parts: beside each other, then below.
    fn parts(self, turned: [bool; 2]) -> [Self; 4] {
        let ([left, right], [upper, lower]) = (split(self.width, turned[0]), split(self.height, turned[1]));
        let part = |x: usize, width: usize, y: usize, height: usize| Self {
            x: self.x + x,
            y: self.y + y,
            width,
            height,
        };
        [
            part(0, left, 0, upper),
            part(left, right, 0, upper),
            part(0, left, upper, lower),
            part(left, right, upper, lower),
        ]
    }
}

/// What becomes of a part: which of the four it is says whether its own halves are turned round.
const TURNED: [[bool; 2]; 4] = [[false, false], [true, false], [false, true], [true, true]];

/// All rectangles that are made of four, each before those it is made of.
pub(super) fn nodes(width: usize, height: usize) -> Vec<Node> {
    walk(width, height).0
}

/// The sixty subbands that are coded, in the order they are coded in.
pub(super) fn subbands(width: usize, height: usize) -> Vec<Band> {
    walk(width, height).1
}

/// Splits `band`, which is this part of its parent, and all that is in it, so many times.
fn split_all(band: Band, part: usize, times: usize, nodes: &mut Vec<Node>, bands: &mut Vec<Band>) {
    if times == 0 {
        bands.push(band);
        return;
    }
    let turned = TURNED[part];
    nodes.push(Node { band, turned });
    for (part, inner) in band.parts(turned).into_iter().enumerate() {
        split_all(inner, part, times - 1, nodes, bands);
    }
}

fn walk(width: usize, height: usize) -> (Vec<Node>, Vec<Band>) {
    let (mut nodes, mut bands) = (Vec::new(), Vec::new());
    let straight = |band: Band, nodes: &mut Vec<Node>| {
        nodes.push(Node { band, turned: TURNED[0] });
        band.parts(TURNED[0])
    };
    let [low, right, below, _] = straight(Band { x: 0, y: 0, width, height }, &mut nodes);
    let [lower, low_right, low_below, low_both] = straight(low, &mut nodes);
    let [lowest, three @ ..] = straight(lower, &mut nodes);
    let [least, rest @ ..] = straight(lowest, &mut nodes);
    split_all(least, 0, 1, &mut nodes, &mut bands);
    bands.extend(rest);
    for (part, band) in (1..).zip(three) {
        split_all(band, part, 1, &mut nodes, &mut bands);
    }
    split_all(low_right, 1, 2, &mut nodes, &mut bands);
    split_all(low_below, 2, 2, &mut nodes, &mut bands);
    bands.push(low_both);
    split_all(right, 1, 1, &mut nodes, &mut bands);
    split_all(below, 2, 1, &mut nodes, &mut bands);
    (nodes, bands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_subbands_cover_three_quarters_of_the_plane_and_none_covers_another() {
        for (width, height) in [(32, 32), (33, 47), (355, 390), (640, 481)] {
            let bands = subbands(width, height);
            assert_eq!(bands.len(), 60);
            let mut seen = vec![false; width * height];
            for band in bands {
                for at in (band.y..band.y + band.height)
                    .flat_map(|y| (band.x..band.x + band.width).map(move |x| y * width + x))
                {
                    assert!(!std::mem::replace(&mut seen[at], true), "{width}x{height}");
                }
            }
            let covered = seen.iter().filter(|s| **s).count();
            assert_eq!(
                covered,
                width * height - (width / 2) * (height / 2),
                "all but the highest frequencies"
            );
        }
    }
}
