//! A fingerprint in a body: `fingerprint`, with `dpi` and `finger`.

use domain::person::Change;
use domain::{FieldCode, Invalid};
use registry::{FingerprintKind, LEAST_DPI, MOST_DPI, NewPrint, Position};

use super::image::decoded;
use crate::json::Members;

/// Decodes a fingerprint and tells its kind.
fn bytes(text: &str) -> Result<(Vec<u8>, FingerprintKind), Invalid> {
    let bytes = decoded(text)?;
    if bytes.len() > FingerprintKind::MAX_BYTES {
        return Err(Invalid::new(FieldCode::Length, "must have at most 1 MiB"));
    }
    let kind = FingerprintKind::of(&bytes).ok_or_else(|| {
        Invalid::new(
            FieldCode::Format,
            "must be a PNG, JPEG, BMP, TIFF, WSQ or JPEG 2000 image, an image record of ISO/IEC 19794-4 or ANSI 381, or a minutiae record of ISO/IEC 19794-2 or ANSI 378",
        )
    })?;
    Ok((bytes, kind))
}

fn position(word: &str) -> Result<Position, Invalid> {
    Position::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Position::all().map(Position::as_str).collect();
        Invalid::new(FieldCode::Range, format!("must be one of {}", words.join(", ")))
    })
}

/// Takes a fingerprint and what is said of it; whatever is wrong is noted.
pub(crate) fn take(members: &mut Members<'_>) -> Change<NewPrint> {
    let given = members.has_value("fingerprint");
    let print = members.text("fingerprint", bytes);
    let dpi = members.count("dpi", LEAST_DPI.into()..=MOST_DPI.into());
    let finger = members.text("finger", position).into_set();
    if !given {
        for (name, _) in
            [("dpi", dpi.is_some()), ("finger", finger.is_some())].into_iter().filter(|(_, said)| *said)
        {
            members.fault(name, Invalid::new(FieldCode::NotHere, "goes with `fingerprint`"));
        }
    }
    let dpi = dpi.and_then(|dpi| u16::try_from(dpi).ok());
    print.map(|(bytes, kind)| NewPrint { bytes, kind, dpi, position: finger })
}
