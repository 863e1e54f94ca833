//! Against files that OpenJPEG wrote of drawn ridges: with and without loss, in layers, in tiles.

use proptest::prelude::*;

use super::*;

const RIDGES: &[u8] = include_bytes!("golden/ridges.png");
const FILE: &[u8] = include_bytes!("golden/lossless.jp2");
const LOSSLESS: &[u8] = include_bytes!("golden/lossless.j2k");
const LOSSY: &[u8] = include_bytes!("golden/lossy.j2k");
const LAYERS: &[u8] = include_bytes!("golden/layers.j2k");
const TILES: &[u8] = include_bytes!("golden/tiles.j2k");
const CANARY: &[u8] = b"CANARY 52.5200N 13.4050E";

fn all() -> [&'static [u8]; 5] {
    [FILE, LOSSLESS, LOSSY, LAYERS, TILES]
}

fn open(bytes: &[u8]) -> Result<Grey, Rejection> {
    decode(bytes, |_, _| Ok(()))
}

/// The codestream with a segment before its first tile.
fn with_segment(codestream: &[u8], code: u8, body: &[u8]) -> Vec<u8> {
    let at = codestream.windows(2).position(|pair| pair == [0xff, 0x90]).unwrap();
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&codestream[..at], &[0xff, code], &length, body, &codestream[at..]].concat()
}

/// The codestream with bytes of its coding style changed: 0 is the first of its length.
fn with_coding(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut changed = LOSSLESS.to_vec();
    let start = changed.windows(2).position(|pair| pair == [0xff, 0x52]).unwrap() + 2;
    for (at, byte) in changes {
        changed[start + at] = *byte;
    }
    changed
}

#[test]
fn pictures_come_out_as_the_reference_wrote_them() {
    let ridges = image::load_from_memory(RIDGES).unwrap().into_luma8();
    for (name, bytes, most) in [
        ("file", FILE, 0),
        ("bare", LOSSLESS, 0),
        ("tiles", TILES, 0),
        ("lossy", LOSSY, 90),
        ("layers", LAYERS, 90),
    ] {
        let found = open(bytes).unwrap();
        assert_eq!((found.width, found.height), (120, 97), "{name}");
        let differences: Vec<u8> =
            found.pixels.iter().zip(ridges.as_raw()).map(|(found, drawn)| found.abs_diff(*drawn)).collect();
        let mean = differences.iter().map(|d| f64::from(*d)).sum::<f64>() / differences.len() as f64;
        assert!(differences.iter().all(|d| *d <= most) && mean <= f64::from(most) / 10.0, "{name}: {mean}");
    }
}

#[test]
fn what_is_kept_is_the_picture_alone_and_cut_once_is_cut_for_good() {
    for bytes in all() {
        let kept = walk(bytes).unwrap().codestream;
        assert!(kept.len() < bytes.len(), "OpenJPEG writes a comment of its own");
        assert_eq!(walk(&kept).unwrap().codestream, kept);
        assert!(open(&kept).unwrap().pixels == open(bytes).unwrap().pixels);
    }
    for (cut, behind) in [(0x64, &b""[..]), (0x55, CANARY), (0x63, b"\0\0")] {
        let told = [&with_segment(LOSSLESS, cut, CANARY)[..], behind].concat();
        assert_eq!(walk(&told), walk(LOSSLESS), "{cut:x}");
    }
    let boxed = [&FILE[..12], &[0, 0, 0, 32], b"uuid", CANARY, &FILE[12..], CANARY].concat();
    assert_eq!(walk(&boxed), walk(FILE));
}

#[test]
fn a_picture_without_its_end_mark_is_whole_and_half_a_picture_is_none() {
    let end = LOSSLESS.len();
    assert_eq!(walk(&LOSSLESS[..end - 2]), walk(LOSSLESS));
    for end in [3, 40, 100, end / 2, end - 3] {
        assert_eq!(walk(&LOSSLESS[..end]), Err(Fault::Damaged), "{end}");
    }
    // A part that says it reaches to the end.
    let mut open_end = LOSSLESS.to_vec();
    let at = open_end.windows(2).position(|pair| pair == [0xff, 0x90]).unwrap();
    open_end[at + 6..at + 10].fill(0);
    assert_eq!(walk(&open_end), walk(LOSSLESS));
}

#[test]
fn what_asks_for_much_work_is_refused_before_a_decoder_sees_it() {
    // Layers, levels, sides of blocks.
    for changes in [&[(4, 1)][..], &[(5, 33)], &[(7, 13)], &[(8, 8)], &[(8, 0), (9, 3)]] {
        assert_eq!(walk(&with_coding(changes)), Err(Fault::Unusual), "{changes:?}");
    }
    assert_eq!(walk(&with_coding(&[(8, 9)])), Err(Fault::Damaged));
    for code in [0x53, 0x5d, 0x5e, 0x5f, 0x60] {
        assert_eq!(walk(&with_segment(LOSSLESS, code, &[0; 9])), Err(Fault::Unusual), "{code:x}");
    }
    let size = 4;
    let with_size = |changes: &[(usize, u32)]| {
        let mut changed = LOSSLESS.to_vec();
        for (at, number) in changes {
            changed[size + 4 + at..size + 8 + at].copy_from_slice(&number.to_be_bytes());
        }
        changed
    };
    assert_eq!(walk(&with_size(&[(16, 5), (20, 5)])), Err(Fault::Unusual), "tiles of a few pixels");
    assert_eq!(walk(&with_size(&[(16, 0)])), Err(Fault::Damaged));
    assert_eq!(walk(&with_size(&[(8, 120)])), Err(Fault::Damaged), "it begins where it ends");
    let huge = decode(&with_size(&[(0, 65_535), (16, 65_535)]), |width, _| {
        assert_eq!(width, 65_535);
        Err(Rejection::new(domain::biometric::RejectionCode::ImageTooLarge))
    });
    assert!(huge.is_err());
    let mut colours = LOSSLESS.to_vec();
    colours[size + 37] = 3;
    assert_eq!(walk(&colours), Err(Fault::NotGrey));
    let mut deep = LOSSLESS.to_vec();
    deep[size + 38] = 15;
    assert_eq!(walk(&deep), Err(Fault::NotGrey));
}

#[test]
fn a_file_says_the_resolution_of_the_sensor() {
    let at = FILE.windows(4).position(|four| four == b"jp2h").unwrap() - 4;
    let length = u32::from_be_bytes(FILE[at..at + 4].try_into().unwrap()) as usize;
    let resolution = [
        &[0, 0, 0, 26][..],
        b"res ",
        &[0, 0, 0, 18],
        b"resc",
        // 19,685 dots a metre down, 39,370 across.
        &19_685u16.to_be_bytes(),
        &[0, 1],
        &3_937u16.to_be_bytes(),
        &[0, 1],
        &[0, 1],
    ]
    .concat();
    let mut file = [&FILE[..at + length], &resolution, &FILE[at + length..]].concat();
    let longer = u32::try_from(length + resolution.len()).unwrap();
    file[at..at + 4].copy_from_slice(&longer.to_be_bytes());
    assert_eq!(structure::density(&file), Some([39_370.0, 19_685.0]));
    assert_eq!((structure::density(FILE), structure::density(LOSSLESS)), (None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_changed_file_is_a_picture_of_its_size_or_refused(
        which in 0..5usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        end in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut bytes = all()[which].to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !whole {
            bytes.truncate(end.index(bytes.len() + 1));
        }
        let fits = |width: usize, height: usize| {
            let most = if width * height <= 100_000 { Ok(()) } else { Err(()) };
            most.map_err(|()| Rejection::new(domain::biometric::RejectionCode::ImageTooLarge))
        };
        if let Ok(found) = decode(&bytes, fits) {
            prop_assert_eq!(found.pixels.len(), found.width * found.height);
        }
    }
}
