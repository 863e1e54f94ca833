//! Maps of the plane: from one way of looking at a picture to another. Positions are those of corners: the first pixel of a
//! picture reaches from 0 to 1, and its middle is at one half.

/// `x' = xx·x + xy·y + x0`, `y' = yx·x + yy·y + y0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine {
    pub(super) xx: f32,
    pub(super) xy: f32,
    pub(super) x0: f32,
    pub(super) yx: f32,
    pub(super) yy: f32,
    pub(super) y0: f32,
}

impl Affine {
    /// Leaves everything where it is.
    pub(super) const SAME: Self = Self { xx: 1.0, xy: 0.0, x0: 0.0, yx: 0.0, yy: 1.0, y0: 0.0 };

    /// Where a point goes.
    pub(super) fn at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.xx * x + self.xy * y + self.x0, self.yx * x + self.yy * y + self.y0]
    }

    /// First `first`, then this.
    pub(super) fn after(&self, first: &Self) -> Self {
        let [x0, y0] = self.at([first.x0, first.y0]);
        Self {
            xx: self.xx * first.xx + self.xy * first.yx,
            xy: self.xx * first.xy + self.xy * first.yy,
            x0,
            yx: self.yx * first.xx + self.yy * first.yx,
            yy: self.yx * first.xy + self.yy * first.yy,
            y0,
        }
    }

    /// Lengths of a step to the right and of one downwards.
    pub(super) fn steps(&self) -> [f32; 2] {
        [self.xx.hypot(self.yx), self.xy.hypot(self.yy)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_map_after_another_goes_where_both_lead() {
        let turn = Affine { xx: 0.0, xy: -1.0, x0: 5.0, yx: 1.0, yy: 0.0, y0: 2.0 };
        let wide = Affine { xx: 3.0, x0: -1.0, ..Affine::SAME };
        let point = [2.0, 7.0];
        assert_eq!(turn.after(&wide).at(point), turn.at(wide.at(point)));
        assert_eq!(wide.after(&turn).at(point), wide.at(turn.at(point)));
        assert_eq!(wide.steps(), [3.0, 1.0]);
    }
}
