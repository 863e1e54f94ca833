//! Which finger.

/// The ten fingers, numbered as in ISO/IEC 19794-2 and ANSI/NIST-ITL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(u8);

/// Their words on the wire, from number 1 on.
const WORDS: [&str; 10] = [
    "right-thumb",
    "right-index",
    "right-middle",
    "right-ring",
    "right-little",
    "left-thumb",
    "left-index",
    "left-middle",
    "left-ring",
    "left-little",
];

impl Position {
    /// From its number, 1-10.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        if number >= 1 && number <= 10 { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        (1..).zip(WORDS).find(|(_, known)| *known == word).map(|(number, _)| Self(number))
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        WORDS[self.0 as usize - 1]
    }

    /// All ten.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=10).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_fingers_have_a_number_and_a_word() {
        assert!(Position::all().all(|p| Position::parse(p.as_str()) == Some(p)));
        assert!(Position::all().all(|p| Position::from_number(p.number()) == Some(p)));
        assert_eq!(
            (Position::from_number(0), Position::from_number(11), Position::parse("thumb")),
            (None, None, None)
        );
    }
}
