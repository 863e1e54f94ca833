//! A template: at most 64 minutiae, in pixels of 500 dpi.

/// Most minutiae a template holds: one bit of a 64-bit word each. The best are kept where there are more.
pub const MOST: usize = 64;
/// Bytes of one minutia in the compact form.
const BYTES: usize = 6;
/// Largest coordinate: 8,191 pixels of 500 dpi are 41 cm.
pub(crate) const FARTHEST: u16 = 8_191;

/// What the ridge does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Neither is known.
    Other = 0,
    /// It ends.
    Ending = 1,
    /// It forks.
    Bifurcation = 2,
}

/// One point where a ridge ends or forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutia {
    /// Pixels of 500 dpi from the left.
    pub x: u16,
    /// Pixels of 500 dpi from the top.
    pub y: u16,
    /// Direction of the ridge, counter-clockwise from the right, in 1/256 of a turn.
    pub angle: u8,
    /// What the ridge does.
    pub kind: Kind,
    /// How sure the extractor is, 1-100; 0 where it does not say.
    pub quality: u8,
}

/// The minutiae of one impression of one finger; the surest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Minutia>);

impl Template {
    /// Of minutiae in any order. Of several within two pixels of each other the surest stays; of more than [`MOST`] the surest, and
    /// of equally sure ones those nearest to the middle.
    #[must_use]
    pub fn new(mut minutiae: Vec<Minutia>) -> Self {
        let middle = middle(&minutiae);
        let off = |m: &Minutia| {
            let [dx, dy] = [i64::from(m.x) - middle[0], i64::from(m.y) - middle[1]];
            dx * dx + dy * dy
        };
        minutiae.retain(|m| m.x <= FARTHEST && m.y <= FARTHEST);
        minutiae.sort_by_key(|m| (std::cmp::Reverse(m.quality), off(m), m.x, m.y, m.angle));
        let mut kept: Vec<Minutia> = Vec::with_capacity(minutiae.len().min(MOST));
        for minutia in minutiae {
            if kept.len() == MOST {
                break;
            }
            if !kept.iter().any(|k| k.x.abs_diff(minutia.x) <= 2 && k.y.abs_diff(minutia.y) <= 2) {
                kept.push(minutia);
            }
        }
        // The same minutiae are the same template, whatever was left out.
        kept.sort_by_key(|m| (std::cmp::Reverse(m.quality), m.x, m.y, m.angle));
        Self(kept)
    }

    /// The minutiae, the surest first.
    #[must_use]
    pub fn minutiae(&self) -> &[Minutia] {
        &self.0
    }

    /// Six bytes a minutia.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * BYTES);
        for m in &self.0 {
            bytes.extend_from_slice(&(m.x | (m.kind as u16) << 14).to_le_bytes());
            bytes.extend_from_slice(&m.y.to_le_bytes());
            bytes.extend_from_slice(&[m.angle, m.quality]);
        }
        bytes
    }

    /// From [`Self::to_bytes`]; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (all, []) = bytes.as_chunks::<BYTES>() else { return None };
        if all.len() > MOST {
            return None;
        }
        let minutia = |&[a, b, c, d, angle, quality]: &[u8; BYTES]| {
            let (first, y) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            let kind = match first >> 14 {
                0 => Kind::Other,
                1 => Kind::Ending,
                2 => Kind::Bifurcation,
                _ => return None,
            };
            let x = first & 0x3fff;
            (x <= FARTHEST && y <= FARTHEST && quality <= 100).then_some(Minutia {
                x,
                y,
                angle,
                kind,
                quality,
            })
        };
        all.iter().map(minutia).collect::<Option<_>>().map(Self)
    }
}

fn middle(minutiae: &[Minutia]) -> [i64; 2] {
    let count = i64::try_from(minutiae.len()).unwrap_or(i64::MAX).max(1);
    [|m: &Minutia| i64::from(m.x), |m: &Minutia| i64::from(m.y)]
        .map(|of| minutiae.iter().map(of).sum::<i64>() / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minutia() -> impl Strategy<Value = Minutia> {
        let kind = prop::sample::select(vec![Kind::Other, Kind::Ending, Kind::Bifurcation]);
        (0..=FARTHEST, 0..=FARTHEST, any::<u8>(), kind, 0u8..=100)
            .prop_map(|(x, y, angle, kind, quality)| Minutia { x, y, angle, kind, quality })
    }

    proptest! {
        #[test]
        fn a_template_survives_its_bytes(all in prop::collection::vec(minutia(), 0..100)) {
            let template = Template::new(all);
            prop_assert!(template.minutiae().len() <= MOST);
            prop_assert_eq!(Template::from_bytes(&template.to_bytes()), Some(template));
        }

        #[test]
        fn other_bytes_are_none_or_a_template(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            if let Some(template) = Template::from_bytes(&bytes) {
                prop_assert_eq!(template.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn the_surest_stay_and_doublets_go() {
        let at = |x, quality| Minutia { x, y: 100, angle: 0, kind: Kind::Ending, quality };
        let template = Template::new(vec![at(10, 20), at(12, 90), at(50, 40)]);
        assert_eq!(template.minutiae(), [at(12, 90), at(50, 40)]);
        let many: Vec<_> = (0..255).map(|i| at(i * 10, u8::try_from(i % 100).unwrap())).collect();
        let template = Template::new(many);
        assert_eq!(template.minutiae().len(), MOST);
        assert!(template.minutiae().iter().all(|m| m.quality >= 60));
    }
}
