//! Walking a PNG.

use domain::biometric::Rejection;

use super::bytes::be32;
use super::{Format, Header, Part, damaged, orientation};

/// The last chunk, for files that lack it.
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// Walks a file that begins with the signature.
pub(super) fn walk(bytes: &[u8]) -> Result<Header, Rejection> {
    let mut header = Header::of(Format::Png);
    header.keep.push(Part::Own(0..8));
    let (mut at, mut has_data) = (8, false);
    // A chunk is the length of its body, four letters, the body and a sum.
    while let Some((kind, end)) = chunk(bytes, at) {
        let body = &bytes[at + 8..end - 4];
        match kind {
            b"IHDR" if at == 8 => {
                header.width = be32(body, 0).unwrap_or(0);
                header.height = be32(body, 4).unwrap_or(0);
            }
            b"CgBI" => return Err(damaged("this PNG is in the form of iPhone apps, which is not read")),
            b"IHDR" => return Err(damaged("this PNG says twice how large it is")),
            _ if at == 8 => return Err(damaged("this PNG does not begin with its header")),
            b"eXIf" => header.orientation = orientation::of_tiff(body).unwrap_or(header.orientation),
            _ => {}
        }
        has_data |= kind == b"IDAT";
        if matches!(kind, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"IEND") {
            header.keep.push(Part::Own(at..end));
        }
        if kind == b"IEND" {
            return whole(header, has_data);
        }
        at = end;
    }
    // Of the last chunk nothing but its end is lost where the data are whole.
    if bytes.get(at + 4..at + 8) == Some(b"IDAT") {
        return Err(damaged("this PNG ends early: it was not sent whole"));
    }
    header.cut = true;
    header.keep.push(Part::Missing(END));
    whole(header, has_data)
}

fn whole(header: Header, has_data: bool) -> Result<Header, Rejection> {
    if !has_data {
        return Err(damaged("this PNG ends before its picture"));
    }
    if header.width == 0 || header.height == 0 {
        return Err(damaged("this PNG does not say how large it is"));
    }
    Ok(header)
}

/// The kind of the chunk at `at`, and where it ends; none where the file ends before.
fn chunk(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = usize::try_from(be32(bytes, at)?).ok()?;
    let end = at.checked_add(length)?.checked_add(12).filter(|&end| end <= bytes.len())?;
    Some((&bytes[at + 4..at + 8], end))
}
