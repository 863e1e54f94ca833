//! Pictures with transparency: some programs draw the ridges in one colour and keep their shape in the alpha channel.

/// Difference of grey levels from which on a picture shows something.
const CONTRAST: u8 = 8;

/// Grey pixels of pairs of grey and alpha, as they look on white paper. Where nothing would be seen, the picture is in one of the two
/// alone: in the grey levels of pixels that are all transparent, or in the alpha of ink that is as white as the paper.
pub(super) fn on_white(pairs: &[u8]) -> Vec<u8> {
    let pairs = pairs.as_chunks::<2>().0;
    let seen: Vec<u8> = pairs.iter().map(|&[grey, alpha]| over(grey, alpha)).collect();
    if contrast(seen.iter().copied()) >= CONTRAST {
        return seen;
    }
    if contrast(pairs.iter().map(|pair| pair[0])) >= CONTRAST {
        return pairs.iter().map(|pair| pair[0]).collect();
    }
    if contrast(pairs.iter().map(|pair| pair[1])) >= CONTRAST {
        return pairs.iter().map(|pair| 255 - pair[1]).collect();
    }
    seen
}

/// A pixel on white.
fn over(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn contrast(levels: impl Iterator<Item = u8>) -> u8 {
    let (low, high) = levels.fold((255, 0), |(low, high), level| (level.min(low), level.max(high)));
    u8::saturating_sub(high, low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ridges_show_wherever_they_are() {
        let ridges = [0, 80, 160, 255];
        let shown = |pair: fn(u8) -> [u8; 2]| on_white(ridges.map(pair).as_flattened());
        assert_eq!(shown(|ridge| [ridge, 255]), ridges, "opaque");
        assert_eq!(shown(|ridge| [0, 255 - ridge]), ridges, "black ink, its shape in alpha");
        assert_eq!(shown(|ridge| [255, 255 - ridge]), ridges, "white ink, its shape in alpha");
        assert_eq!(shown(|ridge| [ridge, 0]), ridges, "all transparent");
        assert_eq!(shown(|ridge| [100, 255 - ridge]), [100, 149, 197, 255], "grey ink");
        assert_eq!(shown(|_| [7, 255]), [7; 4], "nothing there");
        assert!(on_white(&[]).is_empty());
    }
}
