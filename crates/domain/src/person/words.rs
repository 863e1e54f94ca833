//! How names are searched: by the beginnings of their words, any case, any accents, any script.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Words of a name that are indexed.
pub const MAX_WORDS: usize = 6;
/// Characters of a word that are indexed. So few, because what stands in the index tells how common it is: many names begin
/// alike.
pub const PREFIX: usize = 3;

/// The words of `text` in the form they are compared in: compatibility-decomposed, without combining marks,
/// lower case, split at everything that is neither letter nor digit.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let folded: String = text
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(|&c| !is_combining_mark(c))
        .fold(String::new(), folded);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Appends a lower-case letter in the form it is compared in: letters that differ from a plain one by a stroke, and
/// variants that case alone does not bring together, are written plainly.
fn folded(mut text: String, letter: char) -> String {
    match letter {
        'ß' => text.push_str("ss"),
        'æ' => text.push_str("ae"),
        'œ' => text.push_str("oe"),
        'þ' => text.push_str("th"),
        'ς' => text.push('σ'),
        'ı' => text.push('i'),
        'ł' => text.push('l'),
        'ø' => text.push('o'),
        'đ' | 'ð' => text.push('d'),
        other => text.push(other),
    }
    text
}

/// What a store indexes for a person of these names: the beginning of each of the first six words. Sorted, without
/// repetition.
#[must_use]
pub fn index_terms(first: &str, last: &str) -> Vec<String> {
    let all = words(first).into_iter().chain(words(last)).take(MAX_WORDS);
    let mut terms: Vec<String> = all.map(|word| lookup_term(&word).to_owned()).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// What to look up for the word prefix `word` (a folded word): its beginning. The hits must then be checked with
/// [`matches`], because the index only narrows them down.
#[must_use]
pub fn lookup_term(word: &str) -> &str {
    word.char_indices().nth(PREFIX).map_or(word, |(end, _)| &word[..end])
}

/// Whether every word of `query` begins some word of the two names; one that is shorter than what is indexed must be a
/// whole word.
#[must_use]
pub fn matches(query: &[String], first: &str, last: &str) -> bool {
    let own: Vec<_> = words(first).into_iter().chain(words(last)).take(MAX_WORDS).collect();
    let found =
        |q: &String, w: &String| w == q || (w.starts_with(q.as_str()) && q.chars().nth(PREFIX - 1).is_some());
    query.iter().all(|q| own.iter().any(|w| found(q, w)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_accents_and_hyphens_do_not_matter() {
        assert_eq!(words("María-José  O’Brien"), ["maria", "jose", "o", "brien"]);
        assert_eq!(words("ＡＢＣ Straße"), words("abc STRASSE"));
        for (one, other) in [
            ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "Παπαδόπουλος"),
            ("Işık", "ışık"),
            ("IŞIK", "isik"),
            ("Żółw", "zolw"),
            ("Ørsted", "orsted"),
            ("Đức", "duc"),
        ] {
            assert_eq!(words(one), words(other));
        }
    }

    #[test]
    fn of_each_word_only_the_beginning_is_indexed() {
        assert_eq!(index_terms("Al Alexander", "Alexandrina García"), ["al", "ale", "gar"]);
        assert!(matches(&["alexandr".into()], "Al", "Alexandrina"));
        assert!(!matches(&["alexandro".into()], "Al", "Alexandrina"), "hits are checked");
        assert!(matches(&["al".into()], "Al", "Li") && !matches(&["al".into()], "Alexander", "Li"));
    }

    proptest! {
        #[test]
        fn whatever_is_looked_up_by_a_prefix_of_a_name_is_indexed(first in "\\p{L}{3,14}", last in "\\p{L}{1,14}", take in 3usize..14) {
            let all = words(&first);
            prop_assume!(!all.is_empty());
            let query: String = all[0].chars().take(take).collect();
            prop_assume!(query.chars().count() >= PREFIX);
            let terms = index_terms(&first, &last);
            prop_assert!(terms.iter().any(|t| t == lookup_term(&query)), "{query} in {terms:?}");
            prop_assert!(matches(&[query], &first, &last));
        }
    }
}
