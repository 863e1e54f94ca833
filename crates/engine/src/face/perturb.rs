//! What the world does to pictures of faces, done on purpose: to measure what comes of it.

use std::fmt;

use domain::biometric::Rejection;
use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Rgb, RgbImage, imageops};

use super::affine::Affine;
use super::decode::{ImageLimits, decode};
use super::resample::{Planes, sample};
use super::view::View;
use crate::models::{Colour, Feed};

/// One thing that may happen to a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Perturbation {
    /// Nothing.
    None,
    /// Turned clockwise by degrees; the corners are grey, nothing is cut off.
    Turned(u16),
    /// Left and right exchanged.
    Mirrored,
    /// Light and dark exchanged.
    Negative,
    /// All values multiplied, and cut at white.
    Exposure(f32),
    /// Width multiplied.
    Wider(f32),
    /// Compressed as JPEG of this quality.
    Jpeg(u8),
    /// A Gaussian blur of so many pixels.
    Blurred(f32),
    /// Without colours.
    Grey,
    /// The lower half of the picture is black, as behind a mask or a scarf.
    LowerHalfCovered,
    /// The left half of the picture is black.
    LeftHalfCovered,
    /// Made small, to this many pixels of width, and enlarged again.
    Small(u32),
}

impl fmt::Display for Perturbation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("as it is"),
            Self::Turned(degrees) => write!(f, "turned by {degrees}°"),
            Self::Mirrored => f.write_str("mirrored"),
            Self::Negative => f.write_str("negative"),
            Self::Exposure(gain) => write!(f, "exposure × {gain}"),
            Self::Wider(factor) => write!(f, "width × {factor}"),
            Self::Jpeg(quality) => write!(f, "JPEG of quality {quality}"),
            Self::Blurred(sigma) => write!(f, "blurred by {sigma} px"),
            Self::Grey => f.write_str("grey"),
            Self::LowerHalfCovered => f.write_str("lower half covered"),
            Self::LeftHalfCovered => f.write_str("left half covered"),
            Self::Small(width) => write!(f, "reduced to {width} px"),
        }
    }
}

impl Perturbation {
    /// Everything that is measured.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let turns = (0..360).step_by(15).skip(1).map(Self::Turned);
        let others = [
            Self::Mirrored,
            Self::Negative,
            Self::Exposure(2.0),
            Self::Exposure(3.5),
            Self::Exposure(0.5),
            Self::Exposure(0.25),
            Self::Wider(0.5),
            Self::Wider(0.67),
            Self::Wider(1.5),
            Self::Wider(2.0),
            Self::Jpeg(5),
            Self::Blurred(2.0),
            Self::Blurred(4.0),
            Self::Small(50),
            Self::Grey,
            Self::LowerHalfCovered,
            Self::LeftHalfCovered,
        ];
        std::iter::once(Self::None).chain(turns).chain(others).collect()
    }

    /// Done to a picture.
    #[must_use]
    pub fn of(self, picture: &RgbImage) -> RgbImage {
        let (width, height) = picture.dimensions();
        match self {
            Self::None => picture.clone(),
            Self::Turned(degrees) => turned(picture, f32::from(degrees)),
            Self::Mirrored => imageops::flip_horizontal(picture),
            Self::Negative => each(picture, |v| 255 - v),
            Self::Exposure(gain) => each(picture, |v| scaled(v, gain)),
            Self::Wider(factor) => {
                let wide = (f64::from(width) * f64::from(factor)).round().max(1.0);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width")]
                let wide = wide as u32;
                imageops::resize(picture, wide, height, imageops::FilterType::Triangle)
            }
            Self::Jpeg(quality) => compressed(picture, quality),
            Self::Blurred(sigma) => imageops::blur(picture, sigma),
            Self::Grey => {
                let grey: GrayImage = imageops::grayscale(picture);
                RgbImage::from_fn(width, height, |x, y| Rgb([grey.get_pixel(x, y).0[0]; 3]))
            }
            Self::LowerHalfCovered => covered(picture, |_, y| y >= height / 2),
            Self::LeftHalfCovered => covered(picture, |x, _| x < width / 2),
            Self::Small(wide) => {
                let tall = (height * wide / width.max(1)).max(1);
                let small = imageops::resize(picture, wide, tall, imageops::FilterType::Triangle);
                imageops::resize(&small, width, height, imageops::FilterType::Triangle)
            }
        }
    }

    /// Done to an image file; the answer is a PNG.
    ///
    /// # Errors
    /// As for any image that is sent.
    pub fn of_file(self, bytes: &[u8]) -> Result<Vec<u8>, Rejection> {
        let picture = decode(bytes, &ImageLimits::default())?.pixels;
        let done = self.of(&picture);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, done.width(), done.height());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        let written = encoder.write_header().and_then(|mut w| w.write_image_data(done.as_raw()));
        written.map_err(|_| Rejection::new(domain::biometric::RejectionCode::ImageUndecodable))?;
        Ok(file)
    }
}

fn each(picture: &RgbImage, value: impl Fn(u8) -> u8) -> RgbImage {
    let mut done = picture.clone();
    done.iter_mut().for_each(|v| *v = value(*v));
    done
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0-255")]
fn scaled(value: u8, gain: f32) -> u8 {
    (f32::from(value) * gain).round().clamp(0.0, 255.0) as u8
}

fn covered(picture: &RgbImage, is: impl Fn(u32, u32) -> bool) -> RgbImage {
    let (width, height) = picture.dimensions();
    RgbImage::from_fn(width, height, |x, y| if is(x, y) { Rgb([0; 3]) } else { *picture.get_pixel(x, y) })
}

fn compressed(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut file = Vec::new();
    let written = JpegEncoder::new_with_quality(&mut file, quality).encode_image(picture);
    let decoded = written.ok().and_then(|()| decode(&file, &ImageLimits::default()).ok());
    decoded.map_or_else(|| picture.clone(), |d| d.pixels)
}

/// Turned clockwise about its middle, in a frame that holds all of it.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel counts are small and positive"
)]
fn turned(picture: &RgbImage, degrees: f32) -> RgbImage {
    const GREY: [u8; 3] = [120; 3];
    let upright = View::upright(picture);
    let view = upright.tilted(degrees);
    let [columns, rows] = [view.width, view.height].map(|length| length.round().max(1.0) as usize);
    let plane = columns * rows;
    let mut values = vec![0.0; 3 * plane];
    let feed = Feed { colour: Colour::Rgb, mean: 0.0, scale: 1.0 };
    let mut planes = Planes { values: &mut values, columns, rows, stride: columns, plane };
    sample(picture, &view, &Affine::SAME, &feed, &mut planes);
    RgbImage::from_fn(columns as u32, rows as u32, |i, j| {
        let [sx, sy] = view.to_image.at([i as f32 + 0.5, j as f32 + 0.5]);
        if sx < 0.0 || sy < 0.0 || sx > upright.width || sy > upright.height {
            return Rgb(GREY);
        }
        let at = j as usize * columns + i as usize;
        Rgb([values[at], values[plane + at], values[2 * plane + at]]
            .map(|v| v.round().clamp(0.0, 255.0) as u8))
    })
}
