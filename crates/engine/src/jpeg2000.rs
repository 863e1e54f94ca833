//! Telling JPEG 2000, which enrolment stations and passports write: it is read of fingers, and named where it is a face.

/// Whether bytes begin as a file (JP2) or a bare codestream of JPEG 2000 does.
pub(crate) fn is_jpeg2000(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0\0\0\x0cjP  \r\n\x87\n") || bytes.starts_with(&[0xff, 0x4f, 0xff, 0x51])
}
