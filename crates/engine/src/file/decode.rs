//! Pixels from files that were walked before.

use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use domain::biometric::Rejection;
use image::codecs::bmp::BmpDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageResult, RgbImage};
use jpeg_decoder::PixelFormat;

use super::jpeg::END_MARKER;
use super::{Format, Header, Part, damaged};
use crate::rows;

/// What pixels may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Longest side.
    pub(crate) side: u32,
    /// Most pixels. A JPEG that says [`Header::scalable`] comes scaled down where it has more.
    pub(crate) pixels: u64,
}

/// Part of the rows that a JPEG may lack at its end, as a divisor: a tenth.
const MOST_MISSING: usize = 10;

impl Bounds {
    fn limits(&self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(self.side);
        limits.max_image_height = Some(self.side);
        // Four bytes a pixel: deeper pictures must be smaller.
        limits.max_alloc = Some(self.pixels.saturating_mul(4));
        limits
    }
}

/// What a file says of itself whose kind is left to its decoder.
pub(super) fn ask(bytes: &[u8], format: Format) -> Result<Header, Rejection> {
    let mut header = Header::of(format);
    header.keep.push(Part::Own(0..bytes.len()));
    let asked = match format {
        Format::Bmp => BmpDecoder::new(Cursor::new(bytes)).and_then(told),
        _ => TiffDecoder::new(Cursor::new(bytes)).and_then(told),
    };
    let ((width, height), orientation) = asked.map_err(|_| damaged(why(format)))?;
    if width == 0 || height == 0 {
        return Err(damaged(why(format)));
    }
    Ok(Header { width, height, orientation, ..header })
}

fn told(mut decoder: impl ImageDecoder) -> ImageResult<((u32, u32), u8)> {
    // What cannot be read of the orientation is as if it were not there.
    Ok((decoder.dimensions(), decoder.orientation().map_or(1, image::metadata::Orientation::to_exif)))
}

pub(super) const fn why(format: Format) -> &'static str {
    match format {
        Format::Jpeg => "this JPEG is damaged",
        Format::Png => "this PNG is damaged, or was not sent whole",
        Format::WebP => "this WebP is damaged, or was not sent whole",
        Format::Bmp => "this BMP is damaged, of a rare kind, or was not sent whole",
        Format::Tiff => "this TIFF is damaged, of a rare kind, or was not sent whole",
    }
}

/// Decodes what [`super::strip`] left of a file of this header, as the file has it: the orientation is not applied.
///
/// # Errors
/// `image-undecodable` with what is wrong.
pub(crate) fn pixels(bytes: &[u8], header: &Header, bounds: &Bounds) -> Result<DynamicImage, Rejection> {
    let format = header.format;
    // Without the marker that was put there, the decoder tells where the file has ended.
    let added = if header.cut && format == Format::Jpeg { END_MARKER.len() } else { 0 };
    let bytes = bytes.get(..bytes.len().saturating_sub(added)).unwrap_or_default();
    let file = Cursor::new(bytes);
    let decoded = match format {
        Format::Jpeg if header.pixels() > bounds.pixels => return unusual(bytes, header, true),
        Format::Jpeg if header.odd => return unusual(bytes, header, false),
        Format::Jpeg => JpegDecoder::new(file).and_then(|decoder| read(decoder, bounds)),
        Format::Png => return png(bytes, header),
        Format::WebP => WebPDecoder::new(file).and_then(|decoder| read(decoder, bounds)),
        Format::Bmp => BmpDecoder::new(file).and_then(|decoder| read(decoder, bounds)),
        Format::Tiff => TiffDecoder::new(file).and_then(|decoder| read(decoder, bounds)),
    };
    let image = decoded.map_err(|error| match error {
        image::ImageError::Limits(_) => {
            damaged("its pixels are too deep for so many: save it with 8 bits a colour")
        }
        _ => damaged(why(format)),
    })?;
    // Two readers that understand a file differently would show one picture and judge another.
    if (image.width(), image.height()) != (header.width, header.height) {
        return Err(damaged(why(format)));
    }
    if header.cut && format == Format::Jpeg && lacks_rows(&image) {
        return Err(damaged("this JPEG ends early: more than a tenth of its rows are missing"));
    }
    Ok(image)
}

fn read(mut decoder: impl ImageDecoder, bounds: &Bounds) -> ImageResult<DynamicImage> {
    decoder.set_limits(bounds.limits())?;
    DynamicImage::from_decoder(decoder)
}

fn png(bytes: &[u8], header: &Header) -> Result<DynamicImage, Rejection> {
    let damaged = || damaged(why(Format::Png));
    let picture = rows::decode(bytes, (header.width, header.height)).map_err(|_| damaged())?;
    RgbImage::from_raw(picture.width, picture.height, picture.samples)
        .map(DynamicImage::from)
        .ok_or_else(damaged)
}

/// A JPEG that the usual decoder does not read rightly, or one that is scaled down to half while it is decoded: its pixels are never
/// in memory whole. Its coefficients may be, where they are decoded faster than they are transformed: so one at a time.
fn unusual(bytes: &[u8], header: &Header, halved: bool) -> Result<DynamicImage, Rejection> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = halved.then(|| ONE.lock().unwrap_or_else(PoisonError::into_inner));
    let refused = || damaged(why(Format::Jpeg));
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(bytes));
    if halved {
        let half = |side: u32| u16::try_from(side / 2).unwrap_or(u16::MAX);
        decoder.scale(half(header.width), half(header.height)).map_err(|_| refused())?;
    }
    let samples = decoder.decode().map_err(|_| refused())?;
    let info = decoder.info().ok_or_else(refused)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    let expected = if halved {
        (header.width.div_ceil(2), header.height.div_ceil(2))
    } else {
        (header.width, header.height)
    };
    if (width, height) != expected {
        return Err(refused());
    }
    let image = match info.pixel_format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
        PixelFormat::L16 | PixelFormat::CMYK32 => None,
    };
    image.ok_or_else(refused)
}

/// Whether too many rows at the end are the grey that the decoder fills in where a file has ended.
fn lacks_rows(image: &DynamicImage) -> bool {
    const FILLED: u8 = 128;
    let rows = image.height() as usize;
    let row = image.as_bytes().len() / rows.max(1);
    let filled = image.as_bytes().chunks_exact(row.max(1)).rev();
    filled.take_while(|row| row.iter().all(|&sample| sample == FILLED)).count() > rows / MOST_MISSING
}
