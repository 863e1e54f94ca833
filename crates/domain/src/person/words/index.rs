//! What a store indexes of names.

use std::collections::BTreeSet;

use super::beginning;
use super::line::Line;
use super::split::bare;

/// Letters of the Arabic article.
const ARTICLE: usize = 2;

/// What a store indexes for a person of these names, sorted: of each word the beginning, with and without an article; of a script
/// without spaces each character; and of a word shorter than a beginning the word, and what it begins with each word, so that
/// `o brien` finds O'Brien and Obrien.
#[must_use]
pub fn index_terms(names: &[&str]) -> Vec<String> {
    let line = Line::of(names);
    let mut terms = BTreeSet::new();
    let mut add = |term: &str| {
        if !terms.contains(beginning(term)) {
            terms.insert(beginning(term).to_owned());
        }
    };
    for (at, word) in line.0.iter().enumerate() {
        if word.dense {
            word.text.chars().for_each(|c| add(c.encode_utf8(&mut [0; 4])));
            continue;
        }
        add(&word.text);
        bare(&word.text).into_iter().for_each(&mut add);
        // The article may go on into the next part of a name, or stand within: what is sought may be written together.
        let written = line.written_from(at, super::PREFIX + ARTICLE);
        bare(&written).into_iter().for_each(&mut add);
        for (from, _) in written.char_indices().take(super::PREFIX).skip(1) {
            let (head, rest) = written.split_at(from);
            rest.strip_prefix("ال").map(|rest| format!("{head}{rest}")).iter().for_each(|term| add(term));
        }
        // Alrashid is found as al-Rashid too, and that as Rashid.
        let article = word.text.strip_prefix("al").or_else(|| word.text.strip_prefix("el"));
        article.filter(|rest| super::is_long(rest)).into_iter().for_each(&mut add);
        if word.is_long() {
            continue;
        }
        let mut shorts = vec![word.text.clone()];
        let next = line.following(at).nth(1);
        if let Some(next) = next.filter(|next| word.letters() + next.letters() < super::PREFIX) {
            shorts.push(format!("{}{}", word.text, next.text));
        }
        for short in shorts {
            add(&short);
            for other in (0..line.0.len()).filter(|other| !line.0[*other].dense) {
                let text = &line.0[other].text;
                add(&format!("{short}{}", bare(text).unwrap_or(text)));
                let written = line.written_from(other, super::PREFIX + ARTICLE);
                add(&format!("{short}{written}"));
                bare(&written).into_iter().for_each(|rest| add(&format!("{short}{rest}")));
            }
        }
    }
    terms.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_word_only_the_beginning_is_indexed() {
        assert_eq!(index_terms(&["Christina", "García Marquez"]), ["chr", "gar", "mar"]);
        assert_eq!(index_terms(&["Jean-Luc", "Picard"]), ["jea", "luc", "pic"]);
        assert_eq!(index_terms(&["Pat", "O'Brien"]), ["bri", "o", "obr", "oo", "oob", "opa", "pat"]);
        assert_eq!(index_terms(&["太郎", "山田"]), ["太", "山", "田", "郎"]);
        assert_eq!(index_terms(&["", "★"]), [""; 0]);
    }

    #[test]
    fn every_word_is_indexed_and_what_is_indexed_is_bounded() {
        let many = "Ana Bea Cleo Dora Eva Fay Gina Hana Ida Juno";
        assert_eq!(index_terms(&[many]).len(), 10);
        let letters = (0..200).map(|n| if n % 2 == 0 { 'a' } else { ' ' }).collect::<String>();
        assert_eq!(index_terms(&[&letters, &letters]), ["a", "aa", "aaa"]);
        let longest = index_terms(&["a b c d e f g h i j k l m n o p q r s t u v w x y z"; 4]);
        assert!(longest.len() < 26 * 26 * 27, "{}", longest.len());
        assert!(longest.iter().all(|term| term.chars().count() <= super::super::PREFIX));
    }
}
