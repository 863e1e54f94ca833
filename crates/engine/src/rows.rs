//! PNG files row by row, at eight bits: what is in memory is the picture that is wanted and one row of the file's own, however
//! deep its pixels are.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Transformations, expand_interlaced_row};

/// What the decoder may hold beside the picture: rows, and the window of its compression.
const BESIDE: usize = 4 << 20;

/// A picture, rows from the top.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Red, green, blue, and where it was asked for alpha.
    pub(crate) samples: Vec<u8>,
}

/// Decodes a file of this size, which was looked at before; transparency is left out.
pub(crate) fn decode(bytes: &[u8], size: (u32, u32)) -> Result<Picture, DecodingError> {
    read::<3>(bytes, size)
}

/// The same with transparency, four samples a pixel.
pub(crate) fn with_alpha(bytes: &[u8], size: (u32, u32)) -> Result<Picture, DecodingError> {
    read::<4>(bytes, size)
}

fn read<const SAMPLES: usize>(bytes: &[u8], size: (u32, u32)) -> Result<Picture, DecodingError> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: BESIDE });
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info()?;
    let (width, height) = (reader.info().width, reader.info().height);
    // Memory is taken for the size that was looked at, and no other.
    if (width, height) != size {
        return Err(DecodingError::LimitsExceeded);
    }
    let (from, _) = reader.output_color_type();
    let stride = SAMPLES * width as usize;
    let mut samples = vec![0; stride * height as usize];
    let mut converted = Vec::with_capacity(stride);
    let mut row = 0;
    while let Some(read) = reader.next_interlaced_row()? {
        match *read.interlace() {
            InterlaceInfo::Null(_) => {
                let Some(target) = samples.chunks_exact_mut(stride).nth(row) else { break };
                colours::<SAMPLES>(read.data(), from, |at, sample| target[at] = sample);
                row += 1;
            }
            InterlaceInfo::Adam7(part) => {
                converted.clear();
                colours::<SAMPLES>(read.data(), from, |_, sample| converted.push(sample));
                expand_interlaced_row(&mut samples, stride, &converted, &part, 8 * SAMPLES as u8);
            }
        }
    }
    Ok(Picture { width, height, samples })
}

/// Hands the samples of a row to `put`, with their places.
fn colours<const SAMPLES: usize>(row: &[u8], from: ColorType, mut put: impl FnMut(usize, u8)) {
    let is_grey = matches!(from, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let alpha = from.samples() - 1;
    let places = if is_grey { [0, 0, 0, alpha] } else { [0, 1, 2, alpha] };
    let is_opaque = matches!(from, ColorType::Grayscale | ColorType::Rgb);
    for (at, pixel) in row.chunks_exact(from.samples()).enumerate() {
        for (sample, &place) in places[..SAMPLES].iter().enumerate() {
            let value = if sample == 3 && is_opaque { u8::MAX } else { pixel[place] };
            put(SAMPLES * at + sample, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::png::PngDecoder;
    use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, Rgba};

    use super::*;

    fn file(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn by_the_library(bytes: &[u8]) -> DynamicImage {
        DynamicImage::from_decoder(PngDecoder::new(Cursor::new(bytes)).unwrap()).unwrap()
    }

    #[test]
    fn pictures_of_eight_bits_are_as_the_library_decodes_them() {
        let value = |x: u32, y: u32, c: u32| (x * 31 + y * 17 + c * 71) as u8;
        let images: [DynamicImage; 4] = [
            ImageBuffer::from_fn(37, 21, |x, y| Luma([value(x, y, 0)])).into(),
            ImageBuffer::from_fn(37, 21, |x, y| LumaA([value(x, y, 0), value(x, y, 1)])).into(),
            ImageBuffer::from_fn(37, 21, |x, y| Rgb([0, 1, 2].map(|c| value(x, y, c)))).into(),
            ImageBuffer::from_fn(37, 21, |x, y| Rgba([0, 1, 2, 3].map(|c| value(x, y, c)))).into(),
        ];
        for image in images {
            let bytes = file(&image);
            let colour = decode(&bytes, (37, 21)).unwrap();
            assert_eq!((colour.width, colour.height), (37, 21));
            assert_eq!(colour.samples, by_the_library(&bytes).into_rgb8().into_raw(), "{:?}", image.color());
            let with_alpha = with_alpha(&bytes, (37, 21)).unwrap();
            let expected = by_the_library(&bytes).into_rgba8().into_raw();
            assert_eq!(with_alpha.samples, expected, "{:?}", image.color());
        }
    }

    #[test]
    fn sixteen_bits_are_cut_to_eight() {
        let deep: ImageBuffer<Rgb<u16>, Vec<u16>> =
            ImageBuffer::from_fn(9, 7, |x, y| Rgb([(x * 5000) as u16, (y * 7000) as u16, 0xabcd]));
        let expected: Vec<u8> = deep.as_raw().iter().map(|s| (s >> 8) as u8).collect();
        assert_eq!(decode(&file(&deep.into()), (9, 7)).unwrap().samples, expected);
    }

    /// Adam7 by hand: the passes of a picture, each a small one of its own.
    fn interlaced(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
        use std::io::Write as _;

        use flate2::{Compression, Crc, write::ZlibEncoder};

        let mut data = ZlibEncoder::new(Vec::new(), Compression::default());
        for (x0, dx, y0, dy) in
            [(0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2)]
        {
            for y in (y0..height).step_by(dy).filter(|_| x0 < width) {
                data.write_all(&[0]).unwrap();
                for x in (x0..width).step_by(dx) {
                    data.write_all(&pixel(x, y)).unwrap();
                }
            }
        }
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 1]].concat();
        for (kind, body) in [(b"IHDR", head), (b"IDAT", data.finish().unwrap()), (b"IEND", Vec::new())] {
            let typed = [&kind[..], &body].concat();
            let mut crc = Crc::new();
            crc.update(&typed);
            bytes.extend((body.len() as u32).to_be_bytes());
            bytes.extend(typed);
            bytes.extend(crc.sum().to_be_bytes());
        }
        bytes
    }

    #[test]
    fn interlaced_pictures_come_together() {
        for (width, height) in [(1, 1), (3, 2), (8, 8), (13, 11), (40, 3)] {
            let pixel = |x: u32, y: u32| [x as u8 * 5, y as u8 * 9, (x + y) as u8];
            let expected: Vec<u8> =
                (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
            let file = interlaced(width, height, pixel);
            assert_eq!(decode(&file, (width, height)).unwrap().samples, expected, "{width}×{height}");
            let opaque: Vec<u8> =
                expected.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
            assert_eq!(with_alpha(&file, (width, height)).unwrap().samples, opaque, "{width}×{height}");
        }
    }

    /// Two hundred megabytes of samples lie in this file. The decoder may allocate four beside the picture, and says so when it
    /// would need more.
    #[test]
    fn however_deep_a_picture_is_the_picture_alone_is_in_memory() {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 5_000, 5_000);
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Sixteen);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().unwrap();
        let mut stream = writer.stream_writer().unwrap();
        let row = [0x80, 0x00].repeat(4 * 5_000);
        (0..5_000).for_each(|_| std::io::Write::write_all(&mut stream, &row).unwrap());
        stream.finish().unwrap();
        drop(writer);
        assert!(bytes.len() < 2 << 20, "{}", bytes.len());
        let picture = decode(&bytes, (5_000, 5_000)).unwrap();
        assert_eq!(picture.samples.capacity(), 75_000_000);
        assert!(picture.samples.iter().all(|s| *s == 0x80));
    }
}
