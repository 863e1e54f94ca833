//! Files that are not read, by name: whoever is told what was sent knows what to change.

use super::bytes::be32;

/// What a file is that is none of those read.
pub(super) fn name(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() {
        return "there are no bytes";
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return of_brands(bytes);
    }
    let begins = |with: &[u8]| bytes.starts_with(with);
    let says = |word: &[u8]| {
        let text = bytes.trim_ascii_start();
        text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(b"\xff\x0a") || begins(b"\0\0\0\x0cJXL ") {
        "this is JPEG XL, which is not read: export it as JPEG"
    } else if begins(b"\0\0\0\x0cjP  ") || begins(b"\xff\x4f\xff\x51") {
        "this is JPEG 2000, which is not read: export it as JPEG"
    } else if begins(b"GIF8") {
        "this is a GIF, which is not read: its colours are too few to judge a face by"
    } else if begins(b"\xff\xa0") {
        "this is WSQ, which is for fingerprints"
    } else if begins(b"%PDF") {
        "this is a PDF: send the picture alone"
    } else if begins(b"8BPS") {
        "this is a Photoshop file, which is not read: export it as JPEG"
    } else if begins(b"PK\x03\x04") || begins(b"\x1f\x8b") {
        "this is compressed: unpack it and send the picture alone"
    } else if begins(b"RIFF") || begins(b"\x1a\x45\xdf\xa3") {
        "this is a film: send one picture of it, as JPEG"
    } else if says(b"<svg") || says(b"<?xml") {
        "this is a drawing or text in XML, not a photograph"
    } else if says(b"<!doctype") || says(b"<html") {
        "this is a web page: the picture was not fetched"
    } else if begins(b"/9j/") || begins(b"iVBORw0KGgo") || says(b"data:") {
        "this is base64 inside base64: encode the picture once"
    } else if says(b"{") || says(b"[") {
        "this is JSON, not a picture"
    } else {
        "this is no image that is read"
    }
}

/// Of files of ISO base media: pictures of phones, and films.
fn of_brands(bytes: &[u8]) -> &'static str {
    let end = be32(bytes, 0).and_then(|length| usize::try_from(length).ok()).unwrap_or(0).clamp(12, 256);
    let brands = bytes.get(8..end.min(bytes.len())).unwrap_or_default();
    let is = |names: &[&[u8; 4]]| brands.chunks(4).any(|brand| names.iter().any(|name| brand == *name));
    if is(&[b"avif", b"avis"]) {
        "this is AVIF, which is not read: export it as JPEG"
    } else if is(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) {
        "this is HEIC, which is not read: export it as JPEG, or set the camera to its most compatible format"
    } else if is(&[b"crx "]) {
        "this is a raw picture of a camera, which is not read: export it as JPEG"
    } else {
        "this is a film: send one picture of it, as JPEG"
    }
}
