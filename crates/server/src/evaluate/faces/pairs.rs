//! Reading `pairs.txt` as LFW writes it.
//!
//! The first line holds the number of pairs of each kind, or the number of folds and of pairs of each kind in a fold.
//! Then lines `NAME I J` (the same person) and `NAME I OTHER J` (different persons).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// An image that a list names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Image {
    name: String,
    number: u32,
    /// Whom it shows, counted from 0 in the order of the list.
    pub(super) person: usize,
}

impl Image {
    /// Where it lies below the folder of images.
    pub(super) fn file(&self, folder: &Path) -> PathBuf {
        folder.join(&self.name).join(format!("{}_{:04}.jpg", self.name, self.number))
    }
}

/// Two images, by their place in the list of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) same: bool,
    pub(super) fold: usize,
}

/// A list of pairs.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) images: Vec<Image>,
    pub(super) people: usize,
    pub(super) pairs: Vec<Pair>,
    /// 1 where the file has none.
    pub(super) folds: usize,
}

impl Pairs {
    /// Reads a list.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
        let (_, head) = lines.next().ok_or("it is empty")?;
        let numbers: Vec<usize> = head.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        let (folds, of_a_kind) = match numbers[..] {
            [count] => (1, count),
            [folds, count] if folds > 0 => (folds, count),
            _ => return Err("its first line holds neither one number nor two".into()),
        };
        let mut list = Self { folds, ..Self::default() };
        let mut reader = Reader::default();
        for (at, line) in lines {
            let wrong = || format!("line {} is no pair: {line:?}", at + 1);
            let words: Vec<&str> = line.split_whitespace().collect();
            let number = |w: &str| w.parse::<u32>().map_err(|_| wrong());
            let (first, second) = match words[..] {
                [name, i, j] => ((name, number(i)?), (name, number(j)?)),
                [name, i, other, j] => ((name, number(i)?), (other, number(j)?)),
                _ => return Err(wrong()),
            };
            let fold = list.pairs.len() / (2 * of_a_kind).max(1);
            list.pairs.push(Pair {
                first: reader.image(&mut list.images, first),
                second: reader.image(&mut list.images, second),
                same: first.0 == second.0,
                fold: fold.min(folds - 1),
            });
        }
        list.people = reader.people.len();
        if list.pairs.is_empty() { Err("it has no pairs".into()) } else { Ok(list) }
    }
}

#[derive(Default)]
struct Reader {
    known: HashMap<(String, u32), usize>,
    people: HashMap<String, usize>,
}

impl Reader {
    /// The place of an image in the list, where it is put when it is new.
    fn image(&mut self, images: &mut Vec<Image>, (name, number): (&str, u32)) -> usize {
        let next = self.people.len();
        let person = *self.people.entry(name.to_owned()).or_insert(next);
        *self.known.entry((name.to_owned(), number)).or_insert_with(|| {
            images.push(Image { name: name.to_owned(), number, person });
            images.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_folds_is_one_fold() {
        let list = Pairs::parse("1\nAda 1 2\nAda 1 Bob 3\n").unwrap();
        assert_eq!((list.folds, list.images.len(), list.people), (1, 3, 2));
        let [same, other] = list.pairs[..] else { panic!("two pairs") };
        assert!(same.same && !other.same && same.first == other.first);
        assert_eq!(list.images[2].file(Path::new("d")), Path::new("d/Bob/Bob_0003.jpg"));
    }

    #[test]
    fn pairs_fall_into_folds_in_their_order() {
        let text = "2 1\nA 1 2\nA 1 B 1\nC 1 2\nC 1 D 1\n";
        let folds: Vec<usize> = Pairs::parse(text).unwrap().pairs.iter().map(|p| p.fold).collect();
        assert_eq!(folds, [0, 0, 1, 1]);
    }

    #[test]
    fn what_is_no_list_is_named() {
        for (text, said) in [
            ("", "empty"),
            ("x\nA 1 2", "first line"),
            ("1\nA 1", "line 2"),
            ("1\nA one 2", "line 2"),
            ("1\n", "no pairs"),
        ] {
            assert!(Pairs::parse(text).unwrap_err().contains(said), "{text:?}");
        }
    }
}
