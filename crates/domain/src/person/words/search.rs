//! Looking for a name.

use super::super::text::composed;
use super::line::Line;
use super::split::{Word, bare, split};
use super::{PREFIX, beginning};
use crate::error::{FieldCode, Invalid};

/// Words that may be written together: `maria de los angeles` finds Mariadelosangeles.
const TOGETHER: usize = 6;
/// Most terms that are looked up: a few narrow down as well as many.
const MOST_TERMS: usize = 12;

/// A name that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    words: Vec<Word>,
    /// For each word: whether what is written together may go on from the word before.
    joins: Vec<bool>,
    sure: Vec<String>,
}

impl Search {
    /// Reads what is looked for: 1-200 characters, a letter or digit among them.
    ///
    /// # Errors
    /// `length` or `character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let words = split(&composed(text, 1, super::super::Name::MAX)?);
        if words.is_empty() {
            let detail = "is too short to look up: it must have a letter or digit";
            return Err(Invalid::new(FieldCode::Length, detail));
        }
        let mut search = Self { joins: vec![true; words.len()], words, sure: Vec::new() };
        search.sure = search.find_sure_terms();
        Ok(search)
    }

    /// Whether it is shorter than what is indexed, so that it finds nobody but those of whom it is a whole word.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.words.iter().all(|word| !word.dense)
            && self.words.iter().map(Word::letters).sum::<usize>() < PREFIX
    }

    /// What everybody who is meant has in the index. Hits must be checked with [`Self::matches`]: the index only narrows down.
    #[must_use]
    pub fn sure_terms(&self) -> &[String] {
        &self.sure
    }

    /// What those have in the index whose names are parted into words as here: narrower than [`Self::sure_terms`], and without
    /// whoever writes together what is apart here.
    #[must_use]
    pub fn likely_terms(&self) -> Vec<String> {
        let mut terms = self.sure.clone();
        for (at, word) in self.words.iter().enumerate().filter(|(_, word)| !word.dense) {
            let term = beginning(bare(&word.text).unwrap_or(&word.text)).to_owned();
            if terms.len() < MOST_TERMS && !terms.contains(&term) && !self.is_article(at) {
                terms.push(term);
            }
        }
        terms
    }

    /// Whether every word is in these names: the whole of a word or, from three letters on, its beginning; in a script without
    /// spaces any character. Words may be together on one side and apart on the other.
    #[must_use]
    pub fn matches(&self, names: &[&str]) -> bool {
        let line = Line::of(names);
        let mut reached = vec![false; self.words.len() + 1];
        reached[0] = true;
        for at in 0..self.words.len() {
            if !reached[at] {
                continue;
            }
            if self.is_article(at) {
                reached[at + 1] = true;
            }
            let mut together = String::new();
            for end in at..self.words.len().min(at + TOGETHER) {
                let word = &self.words[end];
                if end > at && (word.dense != self.words[at].dense || !self.joins[end]) {
                    break;
                }
                together.push_str(&word.text);
                let found = || {
                    // It is an article where a word of the question has it, not where two words make it.
                    let first = self.words[at].text.as_str();
                    let apart = first == "ال" && self.words.get(at + 1).is_some_and(Word::is_long);
                    let article = apart || bare(first).is_some();
                    if word.dense {
                        line.has_characters(&together)
                    } else {
                        line.has_letters(&together, article)
                    }
                };
                reached[end + 1] = reached[end + 1] || found();
            }
        }
        reached[self.words.len()]
    }

    /// Whether a word is an article that may be left out: al-Rashid is Rashid.
    fn is_article(&self, at: usize) -> bool {
        let next = self.words.get(at + 1);
        self.words[at].is_article() && next.is_some_and(|next| next.glued && next.is_long())
    }

    /// A word's beginning is sure to be indexed unless the word may be the rest of another: so of each run of words, of
    /// those that are written in letters, the first; with the second where it is too short by itself.
    fn find_sure_terms(&mut self) -> Vec<String> {
        let mut sure: Vec<String> = Vec::new();
        let mut add = |term: String| {
            if sure.len() < MOST_TERMS && !sure.contains(&term) {
                sure.push(term);
            }
        };
        let mut at = 0;
        while at < self.words.len() {
            let dense = self.words[at].dense;
            let end = at + self.words[at..].iter().take_while(|word| word.dense == dense).count();
            if dense {
                self.words[at..end].iter().flat_map(|word| word.text.chars()).for_each(|c| add(c.into()));
            } else {
                if self.is_article(at) {
                    at += 1;
                }
                if let Some(term) = first_of(&self.words[at..end], at, &mut self.joins) {
                    add(term);
                }
            }
            at = end;
        }
        sure
    }
}

/// The sure term of a run of words, of which the first is the word `at`.
fn first_of(run: &[Word], at: usize, joins: &mut [bool]) -> Option<String> {
    let term = |word: &Word| beginning(bare(&word.text).unwrap_or(&word.text)).to_owned();
    let first = run.first()?;
    // An article that stands apart may be left out, or be written together with what follows.
    if let ("ال", Some(second)) = (first.text.as_str(), run.get(1).filter(|second| second.is_long())) {
        return Some(term(second));
    }
    let Some(second) = run.get(1).filter(|_| !first.is_long()) else {
        return Some(term(first));
    };
    if run.len() == 2 || first.letters() + second.letters() >= PREFIX {
        let second = bare(&second.text).unwrap_or(&second.text);
        return Some(beginning(&format!("{}{second}", first.text)).to_owned());
    }
    // Initials: the first long word is sure to be indexed, and is not a part of what comes before it.
    let long = run.iter().position(Word::is_long)?;
    joins[at + long] = false;
    Some(term(&run[long]))
}

#[cfg(test)]
mod tests {
    use super::super::index_terms;
    use super::*;
    use proptest::prelude::*;

    /// Whether a search finds these names as a store does: by the index, then by looking.
    fn finds(search: &str, names: &[&str]) -> bool {
        let (search, terms) = (Search::parse(search).unwrap(), index_terms(names));
        search.sure_terms().iter().all(|term| terms.contains(term)) && search.matches(names)
    }

    #[test]
    fn names_are_found_by_any_spelling() {
        for (search, names) in [
            ("alexandr", &["Al", "Alexandrina"][..]),
            ("al", &["Al", "Li"]),
            ("pere ana", &["Anabel", "Stone-Pereira"]),
            ("juno", &["Ana Bea Cleo Dora Eva Fay Gina Hana Ida Juno", "Doe"]),
            ("ذو الفقار", &["ذوالفقار", "رضا"]),
            ("ذوالفقار", &["ذو الفقار", "رضا"]),
            ("الهینیا", &["مریم", "الهی\u{200c}نیا"]),
            ("اللهوردی", &["رضا", "الله\u{200c}وردی"]),
            ("ال حسن", &["حسن", "رضا"]),
            ("الحس", &["الحسن", "رضا"]),
            ("حسن", &["الحسن", "رضا"]),
            ("الحسن", &["حسن", "رضا"]),
            ("obrien", &["Pat", "O’Brien"]),
            ("o'brien", &["Pat", "Obrien"]),
            ("o brien", &["Pat", "Obrien"]),
            ("o brien", &["Pat", "O'Brien"]),
            ("pat obrien", &["Pat", "O Brien"]),
            ("obri", &["Pat", "O'Brien"]),
            ("brien", &["Pat", "O'Brien"]),
            ("annamaria", &["Anna-Maria", "Doe"]),
            ("annamar", &["Anna-Maria", "Doe"]),
            ("anna maria", &["Annamaria", "Doe"]),
            ("anna-maria", &["Anna Maria", "Doe"]),
            ("jeanluc", &["Jean Luc", "Doe"]),
            ("jean luc", &["Jean-Luc", "Doe"]),
            ("jean luc", &["Jeanluc", "Doe"]),
            ("mc donald", &["Ann", "McDonald"]),
            ("mcdonald", &["Ann", "Mc Donald"]),
            ("le an", &["Văn An", "Lê"]),
            ("li wei", &["Xiao Wei", "Li"]),
            ("wei li", &["Xiao Wei", "Li"]),
            ("j.r. smith", &["J. R.", "Smith"]),
            ("j r smith", &["J R", "Smith"]),
            ("jr smith", &["J. R.", "Smith"]),
            ("maria de la cruz", &["María", "de la Cruz"]),
            ("de la cruz maria", &["María", "de la Cruz"]),
            ("delacruz", &["María", "de la Cruz"]),
            ("rashid", &["Omar", "Al-Rashid"]),
            ("al-rashid", &["Omar", "Rashid"]),
            ("al-rashid", &["Omar", "Alrashid"]),
            ("al rashid", &["Omar", "Alrashid"]),
            ("alrashid", &["Omar", "Al Rashid"]),
            ("حسن", &["الحسن", "علي"]),
            ("الحسن", &["حسن", "علی"]),
            ("الحس", &["الحسن", "علی"]),
            ("عبدالرحمن", &["عبد الرحمن", "علي"]),
            ("عبد الرحمن", &["عبدالرحمن", "علي"]),
            ("رحمن", &["عبد الرحمن", "علي"]),
            ("علیرضا", &["علی\u{200c}رضا", "کریمی"]),
            ("علی رضا", &["علیرضا", "کریمی"]),
            ("علي كريمي", &["علی\u{200c}رضا", "کریمی"]),
            ("山田太郎", &["太郎", "山田"]),
            ("太郎山田", &["太郎", "山田"]),
            ("山田 太郎", &["太郎", "山田"]),
            ("太郎　山田", &["太郎", "山田"]),
            ("山田太", &["太郎", "山田"]),
            ("太郎山田", &["山田太郎"]),
            ("太郎 山田", &["山田太郎"]),
            ("山田太郎", &["山田　太郎"]),
            ("太郎", &["山田太郎"]),
            ("山", &["太郎", "山田"]),
            ("郎", &["太郎", "山田"]),
            ("小明", &["王小明"]),
            ("김철수", &["철수", "김"]),
            ("철수", &["김철수"]),
            ("김", &["철수", "김"]),
            ("やまだ", &["タロウ", "ﾔﾏﾀﾞ"]),
            ("李 lee", &["Lee", "李"]),
            ("रवि", &["रविशंकर", "शर्मा"]),
            ("nguyen van duc", &["Văn Đức", "Nguyễn"]),
            ("ışık", &["Işık", "Yılmaz"]),
            ("YILMAZ", &["Işık", "Yılmaz"]),
            ("keali'i", &["Kealiʻi", "Doe"]),
            ("suharto", &["Suharto"]),
        ] {
            assert!(finds(search, names), "{search} finds {names:?}");
        }
    }

    #[test]
    fn nobody_else_is_found() {
        for (search, names) in [
            ("alexandro", &["Al", "Alexandrina"][..]),
            ("al", &["Alexander", "Li"]),
            ("al smith", &["Ann", "Smith"]),
            ("anna", &["Ann", "Amos"]),
            ("bert", &["Albert", "Doe"]),
            ("الیاس", &["یاسین", "رضا"]),
            ("الهام", &["هامون", "رضا"]),
            ("rien", &["Pat", "O'Brien"]),
            ("luc", &["Jeanluc", "Doe"]),
            ("रव", &["रवि", "शर्मा"]),
            ("मना", &["मीना", "शर्मा"]),
            ("がとう", &["かとう"]),
            ("郎山", &["太郎", "山田"]),
            ("山田花子", &["太郎", "山田"]),
            ("山中", &["太郎", "山田"]),
            ("ann doe", &["Ann", "Lee"]),
        ] {
            assert!(!finds(search, names), "{search} does not find {names:?}");
        }
    }

    #[test]
    fn what_cannot_be_looked_up_is_refused_and_what_is_short_is_known() {
        for bad in ["", " ", "-", "'", "\u{200b}", "★", "…"] {
            assert_eq!(Search::parse(bad).unwrap_err().code, FieldCode::Length, "{bad:?}");
        }
        for (text, short) in
            [("a", true), ("li", true), ("j r", true), ("li na", false), ("ann", false), ("山", false)]
        {
            assert_eq!(Search::parse(text).unwrap().is_short(), short, "{text}");
        }
    }

    #[test]
    fn few_terms_are_looked_up() {
        let many = "Ana Bea Cleo Dora Eva Fay Gina Hana Ida Juno Kim Lea Mia Nora".to_owned();
        assert_eq!(Search::parse(&many).unwrap().sure_terms(), ["ana"]);
        assert_eq!(Search::parse(&many).unwrap().likely_terms().len(), MOST_TERMS);
        assert_eq!(Search::parse("maria perez").unwrap().likely_terms(), ["mar", "per"]);
        assert_eq!(Search::parse("al-rashid").unwrap().likely_terms(), ["ras"]);
        assert_eq!(Search::parse("o brien").unwrap().sure_terms(), ["obr"]);
        let characters: String = ('\u{4e00}'..'\u{4e80}').collect();
        assert_eq!(Search::parse(&characters).unwrap().sure_terms().len(), MOST_TERMS);
    }

    /// Pieces of names, short ones among them, and what stands between them.
    fn names() -> impl Strategy<Value = (String, String)> {
        let name = "[abl]{1,2}([ '.-][abl]{1,5}){0,3}|[a-cé]{1,7}([ -][a-c]{1,4}){0,2}|[山田太郎]{1,3}( [山田太郎]{1,2})?|[कमवरिीा]{2,5}|(ال)?[ذالحه]{1,4}([ \u{200c}](ال)?[حسني]{1,4}){0,2}";
        (name, name)
    }

    proptest! {
        #[test]
        fn whoever_matches_is_in_the_index(
            (first, last) in names(),
            picks in prop::collection::vec((any::<prop::sample::Index>(), 1usize..8, 0usize..4), 1..4),
            part in any::<prop::sample::Index>(),
        ) {
            // Words of the names themselves, or their beginnings, in any order, together or apart, one of them parted.
            let own: Vec<String> = [&first, &last].iter().flat_map(|name| split(name)).map(|w| w.text).collect();
            let mut sought = String::new();
            for (pick, letters, sign) in picks {
                sought.extend(pick.get(&own).chars().take(letters));
                sought.push_str(["", " ", "-", "'"][sign]);
            }
            let at = part.index(sought.chars().count());
            let at = sought.char_indices().nth(at).map_or(0, |(at, _)| at);
            sought.insert(at, ' ');
            let search = Search::parse(&sought).unwrap();
            if search.matches(&[&first, &last]) {
                let terms = index_terms(&[&first, &last]);
                for term in search.sure_terms() {
                    prop_assert!(terms.contains(term), "{search:?} {terms:?}");
                }
            }
        }

        #[test]
        fn everybody_is_found_by_their_own_names_in_either_order_with_and_without_signs((first, last) in names()) {
            let without = |name: &str| name.replace(['\'', '.', '-'], "");
            for search in [
                format!("{first} {last}"),
                format!("{last} {first}"),
                format!("{} {}", without(&first), without(&last)),
                format!("{}{}", without(&first), without(&last)).replace(' ', ""),
                first.clone(),
            ] {
                prop_assert!(Search::parse(&search).unwrap().matches(&[&first, &last]), "{search}");
            }
        }
    }
}
