//! Records of ISO and ANSI as other systems write them: around images, and of minutiae.

use minutiae::record;

/// What every record made here says of its device and in its comments: nobody asked for it to be kept.
pub const CANARY: &[u8] = b"CANARY-DEVICE-7";

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a small record").to_be_bytes()
}

/// An image of a finger, for a record.
#[derive(Clone, Copy, Debug)]
pub struct FingerImage<'a> {
    /// An image file, or pixels.
    pub data: &'a [u8],
    /// Width and height.
    pub size: (u16, u16),
    /// Number of the compression.
    pub compression: u8,
    /// Number of the finger.
    pub finger: u8,
    /// Dots per inch.
    pub dpi: u16,
}

impl FingerImage<'_> {
    fn density(&self) -> Vec<u8> {
        [self.dpi; 4].iter().flat_map(|dpi| dpi.to_be_bytes()).collect()
    }
}

/// ISO/IEC 19794-4:2005, or ANSI INCITS 381-2004, which names the product too.
#[must_use]
pub fn finger_images_2005(ansi: bool, images: &[FingerImage<'_>]) -> Vec<u8> {
    let count = u8::try_from(images.len()).expect("a few");
    let mut record = b"FIR\x00010\0\0\0\0\0\0\0".to_vec();
    record.extend(if ansi { &[0, 47, 0, 1][..] } else { &[] });
    record.extend([0x12, 0x34, 0, 31, count, 1]);
    record.extend(images[0].density());
    record.extend([8, images[0].compression, 0, 0]);
    for image in images {
        record.extend(long(14 + image.data.len()));
        record.extend([image.finger, 1, 1, 90, 0]);
        record.extend([image.size.0, image.size.1].iter().flat_map(|n| n.to_be_bytes()));
        record.push(0);
        record.extend(image.data);
    }
    let length = long(record.len());
    record[10..14].copy_from_slice(&length);
    record
}

/// ISO/IEC 19794-4:2011, certified, with a comment.
#[must_use]
pub fn finger_images_2011(images: &[FingerImage<'_>]) -> Vec<u8> {
    let count = u8::try_from(images.len()).expect("a few");
    let mut record = [b"FIR\x00020\0\0\0\0\0\0", &[count, 1, count][..]].concat();
    for image in images {
        // A moment, the device, one assessment of quality, one certificate.
        let mut part =
            vec![7, 0xea, 11, 30, 19, 0, 0, 0, 0, 4, 0xca, 0xfe, 0xca, 0xfe, 1, 80, 0, 1, 0, 2, 1, 0, 1, 2];
        part.extend([image.finger, 0, 1]);
        part.extend(image.density());
        part.extend([8, image.compression, 0]);
        part.extend([image.size.0, image.size.1].iter().flat_map(|n| n.to_be_bytes()));
        part.extend(long(image.data.len()));
        part.extend(image.data);
        part.extend([0, 3, 0, u8::try_from(4 + CANARY.len()).expect("short")]);
        part.extend(CANARY);
        record.extend(long(4 + part.len()));
        record.extend(part);
    }
    let length = long(record.len());
    record[8..12].copy_from_slice(&length);
    record
}

/// ISO/IEC 19794-5:2005.
#[must_use]
pub fn face_images_2005(images: &[&[u8]]) -> Vec<u8> {
    let mut record = [b"FAC\x00010\0\0\0\0\0\0", &[u8::try_from(images.len()).expect("a few")][..]].concat();
    for image in images {
        // Two points of the face; a frontal image in JPEG.
        let about =
            [&[0, 2, 1, 1, 1][..], &[0; 11], &[1; 16], &[1, 0, 2, 0, 2, 0, 1, 2, 0x12, 0x34, 0, 0]].concat();
        record.extend(long(4 + about.len() + image.len()));
        record.extend(about);
        record.extend(*image);
    }
    let length = long(record.len());
    record[8..12].copy_from_slice(&length);
    record
}

/// ISO/IEC 19794-5:2011.
#[must_use]
pub fn face_images_2011(images: &[&[u8]]) -> Vec<u8> {
    let count = u8::try_from(images.len()).expect("a few");
    let mut record = [b"FAC\x00030\0\0\0\0\0\0", &[count, 0, 0, 0][..]].concat();
    for image in images {
        let mut part = vec![7, 0xea, 11, 30, 19, 0, 0, 0, 0, 4, 0xca, 0xfe, 0xca, 0xfe, 1, 80, 0, 1, 0, 2];
        part.extend([&[0, 2, 1, 1, 1, 180][..], &[0; 11], &[1; 16]].concat());
        part.extend([1, 0, 2, 0, 2, 0, 0, 0, 0, 1, 1]);
        part.extend(long(image.len()));
        part.extend(*image);
        record.extend(long(4 + part.len()));
        record.extend(part);
    }
    let length = long(record.len());
    record[8..12].copy_from_slice(&length);
    record
}

/// The minutiae of a record of ISO/IEC 19794-2:2005 as ANSI INCITS 378-2009 writes them: directions in steps of two degrees.
///
/// # Panics
/// When it is no such record.
#[must_use]
pub fn as_ansi_2009(iso: &[u8]) -> Vec<u8> {
    let minutiae = record::read(iso).expect("a record").template;
    let most = |of: fn(&minutiae::Minutia) -> u16| minutiae.minutiae().iter().map(of).max().unwrap_or(0) + 1;
    let mut bytes = b"FMR\x00030\0\0\0\0\0\x00\x21\0\x01\x80\0\x07\x01\0".to_vec();
    bytes.extend([0, 0, 0, 80, 0, 1, 0, 2]);
    bytes.extend([most(|m| m.x), most(|m| m.y), 197, 197].iter().flat_map(|n| n.to_be_bytes()));
    bytes.push(u8::try_from(minutiae.minutiae().len()).expect("64 at most"));
    for m in minutiae.minutiae() {
        bytes.extend((m.x | (m.kind as u16) << 14).to_be_bytes());
        bytes.extend(m.y.to_be_bytes());
        let steps = (u16::from(m.angle) * 180 + 128) / 256 % 180;
        bytes.extend([u8::try_from(steps).expect("below 180"), m.quality]);
    }
    bytes.extend([0, 0]);
    let length = long(bytes.len());
    bytes[8..12].copy_from_slice(&length);
    bytes
}
