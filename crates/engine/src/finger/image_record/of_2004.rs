//! ISO/IEC 19794-4:2005 and ANSI INCITS 381-2004: resolution and compression stand once, before all images.

use super::View;
use crate::bytes::Bytes;

/// The images of a record of `whole` bytes, from what follows the version; none where lengths do not add up.
pub(super) fn views(bytes: Bytes<'_>, whole: usize) -> Option<Vec<View<'_>>> {
    // ANSI names the product before the device.
    walk(bytes.clone(), whole, 0).or_else(|| walk(bytes, whole, 4))
}

fn walk(mut bytes: Bytes<'_>, whole: usize, product: usize) -> Option<Vec<View<'_>>> {
    let (high, low) = (bytes.u16()?, bytes.u32()?);
    let length = usize::try_from(u64::from(high) << 32 | u64::from(low)).ok()?;
    // Device and level of acquisition.
    bytes.part(product + 2 + 2)?;
    let (_fingers, unit) = (bytes.u8()?, bytes.u8()?);
    let (scan, image) = ([bytes.u16()?, bytes.u16()?], [bytes.u16()?, bytes.u16()?]);
    let (bits, compression, _reserved) = (bytes.u8()?, bytes.u8()?, bytes.u16()?);
    if !matches!(unit, 1 | 2) {
        return None;
    }
    let mut views = Vec::new();
    while !bytes.is_at_end() {
        let mut view = Bytes::new(bytes.length()?.checked_sub(4).and_then(|length| bytes.part(length))?);
        let finger = view.u8()?;
        // How many images of it there are and which this is, its quality, and how it was taken.
        view.part(4)?;
        let (width, height, _reserved) = (view.u16()?, view.u16()?, view.u8()?);
        let data = view.rest();
        views.push(View { finger, unit, scan, image, bits, compression, width, height, data });
    }
    bytes.ends(length, whole).then_some(views)
}
