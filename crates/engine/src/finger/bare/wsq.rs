//! WSQ: a run of marked segments. Comments (the reference encoder writes `NIST_COM` and whatever the client adds) are cut.

const START: u8 = 0xa0;
const END: u8 = 0xa1;
const BLOCK: u8 = 0xa3;
const COMMENT: u8 = 0xa8;

pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.get(..2)? != [0xff, START] {
        return None;
    }
    let mut kept = vec![0xff, START];
    let mut at = 2;
    loop {
        let &[mark, code] = bytes.get(at..at + 2)? else { return None };
        if mark != 0xff {
            return None;
        }
        if code == END {
            kept.extend_from_slice(&[mark, code]);
            return Some(kept);
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        let mut end = at + 2 + length;
        if length < 2 || end > bytes.len() {
            return None;
        }
        match code {
            BLOCK => end = coded_end(bytes, end)?,
            // Filters, quantisers, codes, the frame, restart intervals, comments; nothing else is known.
            0xa2 | 0xa4..=COMMENT => {}
            _ => return None,
        }
        if code != COMMENT {
            kept.extend_from_slice(&bytes[at..end]);
        }
        at = end;
    }
}

/// Where the coded numbers that begin at `at` end: at a marker that is neither stuffing nor a restart.
fn coded_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xb0..=0xb7 => at += 2,
            _ => return Some(at),
        }
    }
}
