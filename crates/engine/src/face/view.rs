//! Ways of looking at a picture: upright, turned by quarters, made wider or narrower, as the negative of a negative.

use image::RgbImage;

use super::affine::Affine;
use super::detect::Face;
use super::resample::{Planes, Rect, resample, sample};
use crate::models::Feed;

/// One way of looking at a picture. Faces are found and judged as it shows them; pixels are read from the picture itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    /// From the view to the picture.
    pub(super) to_image: Affine,
    /// Width as it looks.
    pub(super) width: f32,
    /// Height as it looks.
    pub(super) height: f32,
    /// Whether light and dark are exchanged.
    pub(super) negative: bool,
}

impl View {
    /// The picture as it is.
    #[expect(clippy::cast_precision_loss, reason = "pixel counts are small")]
    pub(super) fn upright(image: &RgbImage) -> Self {
        let (width, height) = (image.width() as f32, image.height() as f32);
        Self { to_image: Affine::SAME, width, height, negative: false }
    }

    /// Whether it is the picture as it is.
    pub(super) fn is_upright(&self) -> bool {
        self.to_image == Affine::SAME && !self.negative
    }

    /// Turned clockwise by so many quarters.
    pub(super) fn turned(&self, quarters: u8) -> Self {
        let (w, h) = (self.width, self.height);
        let (turn, width, height) = match quarters % 4 {
            0 => return *self,
            1 => (Affine { xx: 0.0, xy: 1.0, x0: 0.0, yx: -1.0, yy: 0.0, y0: h }, h, w),
            2 => (Affine { xx: -1.0, xy: 0.0, x0: w, yx: 0.0, yy: -1.0, y0: h }, w, h),
            _ => (Affine { xx: 0.0, xy: -1.0, x0: w, yx: 1.0, yy: 0.0, y0: 0.0 }, h, w),
        };
        Self { to_image: self.to_image.after(&turn), width, height, ..*self }
    }

    /// Turned clockwise by degrees, in a frame that holds all of it.
    pub(super) fn tilted(&self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (
            self.height * sin.abs() + self.width * cos.abs(),
            self.width * sin.abs() + self.height * cos.abs(),
        );
        let turn = Affine {
            xx: cos,
            xy: sin,
            x0: (self.width - cos * width - sin * height) / 2.0,
            yx: -sin,
            yy: cos,
            y0: (self.height + sin * width - cos * height) / 2.0,
        };
        Self { to_image: self.to_image.after(&turn), width, height, ..*self }
    }

    /// Made wider by a factor.
    pub(super) fn wider(&self, factor: f32) -> Self {
        let squeeze = Affine { xx: 1.0 / factor, ..Affine::SAME };
        Self { to_image: self.to_image.after(&squeeze), width: self.width * factor, ..*self }
    }

    /// The same way of looking at the picture made smaller by a factor.
    pub(super) fn reduced(&self, factor: f32) -> Self {
        let Affine { x0, y0, .. } = self.to_image;
        Self {
            to_image: Affine { x0: x0 / factor, y0: y0 / factor, ..self.to_image },
            width: self.width / factor,
            height: self.height / factor,
            ..*self
        }
    }

    /// With light and dark exchanged.
    pub(super) const fn inverted(&self) -> Self {
        Self { negative: !self.negative, ..*self }
    }

    /// Reads a rectangle of the view into a network's input planes.
    #[expect(clippy::cast_precision_loss, reason = "pixel counts are small")]
    pub(super) fn read(&self, image: &RgbImage, rect: Rect, feed: &Feed, to: &mut Planes<'_>) {
        if self.is_upright() {
            return resample(image, rect, feed, to);
        }
        let (xx, yy) = (rect.width / to.columns as f32, rect.height / to.rows as f32);
        let to_view = Affine { xx, x0: rect.x, yy, y0: rect.y, ..Affine::SAME };
        sample(image, self, &to_view, feed, to);
    }

    /// A face of this view, as it lies in the picture: the smallest upright box around its box.
    pub(super) fn in_image(&self, face: &Face) -> Face {
        if self.to_image == Affine::SAME {
            return *face;
        }
        let (right, bottom) = (face.x + face.width, face.y + face.height);
        let corners = [[face.x, face.y], [right, face.y], [face.x, bottom], [right, bottom]]
            .map(|corner| self.to_image.at(corner));
        let least = |axis: usize| corners.iter().fold(f32::MAX, |m, c| m.min(c[axis]));
        let most = |axis: usize| corners.iter().fold(f32::MIN, |m, c| m.max(c[axis]));
        let (x, y) = (least(0), least(1));
        Face {
            x,
            y,
            width: most(0) - x,
            height: most(1) - y,
            score: face.score,
            landmarks: face.landmarks.map(|point| self.to_image.at(point)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_shows_what_the_turned_picture_shows() {
        let image = RgbImage::new(30, 20);
        let upright = View::upright(&image);
        // Clockwise: what was at the bottom left is at the top left now.
        let one = upright.turned(1);
        assert_eq!((one.width, one.height), (20.0, 30.0));
        assert_eq!(one.to_image.at([0.0, 0.0]), [0.0, 20.0]);
        assert_eq!(one.to_image.at([20.0, 0.0]), [0.0, 0.0]);
        assert_eq!(upright.turned(2).to_image.at([0.0, 0.0]), [30.0, 20.0]);
        assert_eq!(upright.turned(3).to_image.at([0.0, 0.0]), [30.0, 0.0]);
        for quarters in 1..4u8 {
            let there_and_back = upright.turned(quarters).turned(4 - quarters);
            assert_eq!(there_and_back.to_image.at([7.0, 3.0]), [7.0, 3.0]);
            assert_eq!((there_and_back.width, there_and_back.height), (30.0, 20.0));
        }
        let wide = upright.wider(2.0);
        assert_eq!((wide.width, wide.to_image.at([10.0, 4.0])), (60.0, [5.0, 4.0]));
        let small = upright.turned(3).wider(2.0).reduced(2.0);
        let large = upright.turned(3).wider(2.0);
        assert_eq!(small.to_image.at([5.0, 3.0]).map(|at| 2.0 * at), large.to_image.at([10.0, 6.0]));
    }

    #[test]
    fn a_face_of_a_turned_view_lies_where_it_is_in_the_picture() {
        let image = RgbImage::new(30, 20);
        let face = Face { x: 2.0, y: 4.0, width: 6.0, height: 10.0, score: 0.9, landmarks: [[3.0, 5.0]; 5] };
        let lying = View::upright(&image).turned(1).in_image(&face);
        assert_eq!((lying.x, lying.y, lying.width, lying.height), (4.0, 12.0, 10.0, 6.0));
        assert_eq!(lying.landmarks[0], [5.0, 17.0]);
    }
}
