//! A text as words.

use super::fold::{folded, is_dense, is_of_word};
use super::is_long;

/// A word, or a part of one: letters without anything between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether it is the rest of a word that an apostrophe, a hyphen, a dot or another script has parted.
    pub(super) glued: bool,
    /// Whether it is of a script without spaces.
    pub(super) dense: bool,
}

impl Word {
    pub(super) fn letters(&self) -> usize {
        self.text.chars().count()
    }

    /// As long as what is indexed, in a script that is indexed by beginnings.
    pub(super) fn is_long(&self) -> bool {
        !self.dense && is_long(&self.text)
    }

    /// Whether it is an article where a word is glued to it, as in al-Rashid.
    pub(super) fn is_article(&self) -> bool {
        matches!(self.text.as_str(), "al" | "el")
    }
}

/// A word without the article that Arabic writes as a part of it, where enough is left.
pub(super) fn bare(word: &str) -> Option<&str> {
    word.strip_prefix("ال").filter(|rest| is_long(rest))
}

/// What stands between words, beside white space; any other sign between letters parts one word.
const fn separates(c: char) -> bool {
    matches!(
        c,
        ',' | ';'
            | '/'
            | '\\'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '"'
            | '|'
            | '&'
            | '+'
            | '='
            | '،'
            | '؛'
            | '、'
            | '。'
            | '«'
            | '»'
            | '“'
            | '”'
            | '„'
            | '「'
            | '」'
            | '『'
            | '』'
    )
}

/// The words of `text`.
pub(super) fn split(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // Whether the next letter goes on with the last word, and whether it goes on with it after a sign.
    let (mut goes_on, mut glued) = (false, false);
    for c in folded(text).chars() {
        if !is_of_word(c) {
            glued = (glued || goes_on) && !c.is_whitespace() && !separates(c);
            goes_on = false;
            continue;
        }
        let is_letter = c.is_alphanumeric();
        match words.last_mut() {
            // A mark is of the script of its letter.
            Some(word) if goes_on && (!is_letter || word.dense == is_dense(c)) => word.text.push(c),
            last => {
                let glued = (glued || goes_on) && last.is_some();
                words.push(Word { text: c.into(), glued, dense: is_dense(c) });
            }
        }
        (goes_on, glued) = (true, false);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split(text).into_iter().map(|w| if w.glued { format!("-{}", w.text) } else { w.text }).collect()
    }

    #[test]
    fn signs_part_a_word_and_spaces_end_it() {
        assert_eq!(texts("María-José  O’Brien"), ["maria", "-jose", "o", "-brien"]);
        for apostrophe in ["'", "’", "‘", "ʼ", "ʻ", "´", "`", "＇", "′"] {
            assert_eq!(texts(&format!("O{apostrophe}Brien")), ["o", "-brien"], "{apostrophe}");
        }
        for hyphen in ["-", "‐", "‑", "–", "−", "·", "・"] {
            assert_eq!(texts(&format!("Jean{hyphen}Luc")), ["jean", "-luc"], "{hyphen}");
        }
        assert_eq!(texts("J.R. Smith, Jr."), ["j", "-r", "smith", "jr"]);
        assert_eq!(texts("علی\u{200c}رضا"), ["علي", "-رضا"]);
        assert_eq!(texts("An\u{200b}na \u{ad}"), ["anna"]);
        assert_eq!(texts("李Lee 山田　太郎"), ["李", "-lee", "山田", "太郎"]);
        assert_eq!(texts("श्रीमती क्षमा"), ["श्रीमती", "क्षमा"]);
        // A mark that no kana is composed with belongs to its letter.
        assert_eq!(texts("ヷン"), ["わ\u{3099}ん"]);
        assert_eq!(texts(" -'- "), [""; 0]);
    }
}
