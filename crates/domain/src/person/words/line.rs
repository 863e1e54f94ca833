//! The words of a person's names in a row, and what begins at each of them.

use super::split::{Word, bare, split};

/// All words of a person, in the order of the names. The row is a ring: behind the last name the first follows, so that
/// "first last" and "last first" both stand in it.
pub(super) struct Line(pub(super) Vec<Word>);

impl Line {
    pub(super) fn of(names: &[&str]) -> Self {
        Self(names.iter().flat_map(|name| split(name)).collect())
    }

    /// The words of one kind of script from the word `at` on, each once.
    pub(super) fn following(&self, at: usize) -> impl Iterator<Item = &Word> {
        let dense = self.0[at].dense;
        self.0[at..].iter().chain(&self.0[..at]).take_while(move |word| word.dense == dense)
    }

    /// What is written from the word `at` on, at least so many letters where there are so many.
    pub(super) fn written_from(&self, at: usize, letters: usize) -> String {
        let mut written = String::new();
        for word in self.following(at) {
            if written.chars().count() >= letters {
                break;
            }
            written.push_str(&word.text);
        }
        written
    }

    /// Whether `sought` is written somewhere in letters of this row: from the beginning of a word, whole, over words that
    /// follow or not; or, where it is long enough to be looked up, as the beginning of a word. An article that it begins with may be left out.
    pub(super) fn has_letters(&self, sought: &str, has_article: bool) -> bool {
        let begins = |at: usize| {
            let word = &self.0[at];
            // What is sought without its article is wanted whole: الياس is nobody who is called ياسين.
            let spellings = [
                Some((sought, super::is_long(sought))),
                bare(sought).filter(|_| has_article).map(|sought| (sought, false)),
            ];
            !word.dense
                && spellings.into_iter().flatten().any(|(sought, begins)| {
                    self.goes_on(at, &word.text, sought, begins)
                        || bare(&word.text).is_some_and(|own| self.goes_on(at, own, sought, begins))
                })
        };
        (0..self.0.len()).any(begins)
    }

    /// Whether `sought` is what is written from the word `at` on, read as `first`, or where that does the beginning of it.
    fn goes_on(&self, at: usize, first: &str, sought: &str, beginning_does: bool) -> bool {
        let (mut rest, mut is_one) = (sought, true);
        for (n, word) in self.following(at).enumerate() {
            let text = if n == 0 { first } else { word.text.as_str() };
            is_one &= n == 0 || word.glued;
            if let Some(after) = rest.strip_prefix(text) {
                if after.is_empty() {
                    return true;
                }
                rest = after;
            } else {
                // The beginning of a word, of all its parts: of words that only stand side by side, the whole is wanted.
                return text.starts_with(rest) && is_one && beginning_does;
            }
        }
        false
    }

    /// Whether `sought`, of a script without spaces, is written in this row: inside a name, over two of them in either
    /// order, or as a name whose halves have changed places.
    pub(super) fn has_characters(&self, sought: &str) -> bool {
        let stands = |at: usize| {
            let word = &self.0[at];
            word.dense
                && (word.text.contains(sought)
                    || self.begins_with(at, sought)
                    || is_turned(&word.text, sought))
        };
        (0..self.0.len()).any(stands)
    }

    fn begins_with(&self, at: usize, sought: &str) -> bool {
        let mut rest = sought;
        for word in self.following(at) {
            match rest.strip_prefix(word.text.as_str()) {
                Some(after) => rest = after,
                None => return word.text.starts_with(rest),
            }
        }
        rest.is_empty()
    }
}

/// Whether `other` is `text` with its halves, wherever it is parted, in the other order.
fn is_turned(text: &str, other: &str) -> bool {
    text.len() == other.len() && [text, text].concat().contains(other)
}
