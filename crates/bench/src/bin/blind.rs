//! What the index of names tells somebody who reads the database without the key, by frequency alone: the part of name words
//! of a made-up population that are guessed right. The guesser knows how common each name is and ranks what it sees.
//!
//! `cargo run --release -p bench --bin blind`

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::person::words;

const PERSONS: usize = 100_000;
const FIRST_NAMES: usize = 2_000;
const LAST_NAMES: usize = 10_000;
/// Names of Chinese characters: two of the given name, of so many that are used, and one of the family.
const GIVEN_NAMES: usize = 20_000;
const FAMILY_NAMES: usize = 400;
const CHARACTERS: usize = 2_000;
/// Values that beginnings of names are spread over, as in the registry.
const VALUES: u64 = 512;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or_default() % below
    }
}

/// Made-up names of two to four syllables; the first are the most common.
fn names(dice: &mut Dice, count: usize) -> Vec<String> {
    const ONSETS: [&str; 16] =
        ["b", "ch", "d", "f", "g", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w"];
    const RHYMES: [&str; 12] = ["a", "an", "e", "el", "en", "i", "in", "is", "o", "or", "u", "y"];
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        let syllables = 2 + dice.roll(3);
        let name: String =
            (0..syllables).map(|_| [ONSETS[dice.roll(16)], RHYMES[dice.roll(12)]].concat()).collect();
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// Made-up names of so many Chinese characters; the first are the most common, and of them the first characters.
fn characters(dice: &mut Dice, count: usize, length: usize) -> Vec<String> {
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        // The lesser of two draws: some characters are more common than others.
        let name: String = (0..length)
            .filter_map(|_| {
                let at = dice.roll(CHARACTERS).min(dice.roll(CHARACTERS));
                u32::try_from(at).ok().and_then(|at| char::from_u32(0x4e00 + at))
            })
            .collect();
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// Draws by Zipf's law: the n-th name is n times rarer than the first.
fn drawn<'a>(dice: &mut Dice, names: &'a [String], sums: &[f64]) -> &'a str {
    let total = sums.last().copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a dice")]
    let at = dice.roll(1 << 40) as f64 / (1u64 << 40) as f64 * total;
    &names[sums.partition_point(|sum| *sum < at).min(names.len() - 1)]
}

fn sums(count: usize) -> Vec<f64> {
    let mut sum = 0.0;
    #[expect(clippy::cast_precision_loss, reason = "ranks")]
    (1..=count)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect()
}

/// What a version before 0.2 indexed: prefixes of three to eight letters, and the word.
fn terms_before_0_2(first: &str, last: &str) -> Vec<String> {
    let mut terms: Vec<String> = [first, last]
        .iter()
        .flat_map(|word| (3..=8.min(word.len())).map(|n| word[..n].to_owned()).chain([(*word).to_owned()]))
        .collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// What is indexed now.
fn terms(first: &str, last: &str) -> Vec<String> {
    words::index_terms(&[first, last])
}

/// Ranks by how common something is; the same in every run.
fn ranked<T: Ord + Clone>(counts: &BTreeMap<T, f64>) -> Vec<T> {
    let mut all: Vec<_> = counts.iter().collect();
    all.sort_by(|a, b| b.1.total_cmp(a.1).then_with(|| a.0.cmp(b.0)));
    all.into_iter().map(|(what, _)| what.clone()).collect()
}

fn main() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (firsts, lasts) = (names(&mut dice, FIRST_NAMES), names(&mut dice, LAST_NAMES));
    let (persons, known) = population(&mut dice, &firsts, &lasts);
    let by_rank = ranked(&known);
    let likely = |term: &str| by_rank.iter().find(|name| name.starts_with(term)).copied();
    let before = guessed(&persons, &known, terms_before_0_2, hash, likely);
    let now = guessed(&persons, &known, terms, |term| hash(term) % VALUES, likely);
    println!("name words guessed right, of {PERSONS} persons");
    println!("  every prefix and the word (before 0.2)   {:5.1} %", 100.0 * before);
    println!("  beginnings cut to {VALUES} values           {:5.1} %", 100.0 * now);
    println!(
        "  without any index                        {:5.1} %",
        100.0 * always_the_most_common(&persons, &known)
    );

    let (firsts, lasts) = (characters(&mut dice, GIVEN_NAMES, 2), characters(&mut dice, FAMILY_NAMES, 1));
    let (persons, known) = population(&mut dice, &firsts, &lasts);
    let by_rank = ranked(&known);
    let likely = |term: &str| by_rank.iter().find(|name| name.contains(term)).copied();
    let now = guessed(&persons, &known, terms, |term| hash(term) % VALUES, likely);
    println!("the same where names are Chinese characters, each of which is indexed");
    println!("  characters cut to {VALUES} values           {:5.1} %", 100.0 * now);
    println!(
        "  without any index                        {:5.1} %",
        100.0 * always_the_most_common(&persons, &known)
    );
}

/// Persons of these names, and how often each name is given, which the guesser knows.
fn population<'a>(
    dice: &mut Dice,
    firsts: &'a [String],
    lasts: &'a [String],
) -> (Vec<(&'a str, &'a str)>, BTreeMap<&'a str, f64>) {
    let (first_sums, last_sums) = (sums(firsts.len()), sums(lasts.len()));
    let persons =
        (0..PERSONS).map(|_| (drawn(dice, firsts, &first_sums), drawn(dice, lasts, &last_sums))).collect();
    let mut known: BTreeMap<&str, f64> = BTreeMap::new();
    for (names, sums) in [(firsts, &first_sums), (lasts, &last_sums)] {
        let total = sums.last().copied().unwrap_or(1.0);
        for (rank, name) in names.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a rank")]
            let part = 1.0 / (rank + 1) as f64 / total;
            *known.entry(name).or_default() += part;
        }
    }
    (persons, known)
}

/// Stands for the keyed hash: nobody can turn it round.
fn hash(term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);
    hasher.finish()
}

/// The part of the name words that are guessed right: values are given to terms by their ranks, and `says` makes a name of
/// a term.
fn guessed<'a>(
    persons: &[(&str, &str)],
    known: &BTreeMap<&'a str, f64>,
    terms: impl Fn(&str, &str) -> Vec<String>,
    seen: impl Fn(&str) -> u64,
    says: impl Fn(&str) -> Option<&'a str>,
) -> f64 {
    // Terms of the same names cannot be told apart, nor can values of the same persons: each counts once.
    let mut names_of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in known.keys() {
        for term in terms(name, "") {
            names_of.entry(term).or_default().push(name);
        }
    }
    let mut expected: BTreeMap<Vec<&str>, f64> = BTreeMap::new();
    let mut term_of: HashMap<Vec<&str>, String> = HashMap::new();
    for (term, names) in names_of {
        expected.insert(names.clone(), names.iter().map(|name| known[name]).sum());
        // The longest says most.
        term_of.insert(names, term);
    }
    let index: Vec<Vec<u64>> = persons
        .iter()
        .map(|(first, last)| {
            let mut values: Vec<u64> = terms(first, last).iter().map(|term| seen(term)).collect();
            values.sort_unstable();
            values.dedup();
            values
        })
        .collect();
    let mut persons_of: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (person, values) in index.iter().enumerate() {
        values.iter().for_each(|value| persons_of.entry(*value).or_default().push(person));
    }
    let mut same: BTreeMap<&Vec<usize>, Vec<u64>> = BTreeMap::new();
    for (value, persons) in &persons_of {
        same.entry(persons).or_default().push(*value);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
    let counts: BTreeMap<&Vec<u64>, f64> =
        same.iter().map(|(persons, values)| (values, persons.len() as f64)).collect();
    let mut names: HashMap<u64, Option<&str>> = HashMap::new();
    for (values, class) in ranked(&counts).into_iter().zip(ranked(&expected)) {
        let said = term_of.get(&class).and_then(|term| says(term));
        names.extend(values.iter().map(|value| (*value, said)));
    }
    let right: usize = persons
        .iter()
        .zip(&index)
        .map(|((first, last), values)| {
            let said = |word: &str| values.iter().any(|v| names.get(v).copied().flatten() == Some(word));
            usize::from(said(first)) + usize::from(said(last))
        })
        .sum();
    part_of(right, 2 * persons.len())
}

/// Who knows no index at all says the most common first and last name of everybody.
fn always_the_most_common(persons: &[(&str, &str)], known: &BTreeMap<&str, f64>) -> f64 {
    let said: Vec<&str> = ranked(known).into_iter().take(2).collect();
    let right = persons.iter().flat_map(|(a, b)| [a, b]).filter(|word| said.contains(*word)).count();
    part_of(right, 2 * persons.len())
}

#[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
fn part_of(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
