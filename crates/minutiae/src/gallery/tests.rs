use std::sync::mpsc;

use super::*;
use crate::{Kind, Minutia, Position, Probe, Subject, Template};

/// Numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u16) -> u16 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u16::try_from(self.0 >> 33 & 0x7fff).unwrap() % below
    }
}

/// A finger: minutiae at random.
fn finger(seed: u64) -> Vec<Minutia> {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let minutia = |_| Minutia {
        x: numbers.next(280),
        y: numbers.next(280),
        angle: u8::try_from(numbers.next(256)).unwrap(),
        kind: Kind::Ending,
        quality: 90,
    };
    (0..36).map(minutia).collect()
}

/// Another impression of it: moved, with a few minutiae less and a little noise.
fn again(finger: &[Minutia], seed: u64) -> Template {
    let mut numbers = Numbers(seed | 1);
    let kept = finger.iter().enumerate().filter(|(i, _)| i % 9 != 4);
    let moved =
        kept.map(|(_, m)| Minutia { x: m.x + 20 + numbers.next(4), y: m.y + 9 + numbers.next(4), ..*m });
    Template::new(moved.collect())
}

fn question(template: &Template) -> Question {
    Question {
        probe: Arc::new(Probe::new(template)),
        foreign: false,
        position: None,
        thresholds: [2.0, 2.0],
        limit: 10,
        collections: None,
        accepts: None,
    }
}

fn put(gallery: &Gallery, subject: u128, prints: &[(u64, &Template)], tag: u32, collections: &[u128]) {
    let print = |(key, template): &(u64, &Template)| Print {
        key: *key,
        position: Position::from_number(7),
        foreign: false,
        subject: Arc::new(Subject::new(template)),
    };
    let prints: Vec<Print> = prints.iter().map(print).collect();
    gallery.put(subject, &Held { tag, collections, prints: &prints, elsewhere: tag == 4 });
}

#[test]
fn of_thousands_the_one_is_found_by_the_pruned_search_as_by_the_whole_one() {
    let gallery = Gallery::default();
    for seed in 1..=6_000u64 {
        put(&gallery, seed.into(), &[(1, &Template::new(finger(seed)))], 0, &[]);
    }
    for seed in (1..=6_000).step_by(601) {
        let found = gallery.search(&question(&again(&finger(seed), seed)), 2);
        assert_eq!(found.first().map(|c| c.subject), Some(seed.into()));
        assert_eq!(found.len(), 1, "nobody else: {found:?}");
    }
    assert!(gallery.search(&question(&again(&finger(9_999), 3)), 2).is_empty());
    assert_eq!(gallery.usage(), Usage { subjects: 6_000, prints: 6_000 });
}

#[test]
fn a_subject_is_one_candidate_and_changes_are_seen() {
    let gallery = Gallery::default();
    let (ann, bob) = (finger(1), finger(2));
    let (first, second) = (Template::new(ann.clone()), again(&ann, 5));
    put(&gallery, 7, &[(1, &first), (2, &second)], 3, &[40]);
    put(&gallery, 8, &[(1, &Template::new(bob))], 4, &[41]);
    let asked = question(&again(&ann, 77));
    let found = gallery.search(&asked, 1);
    assert_eq!((found.len(), found[0].subject, found[0].comparisons), (1, 7, 2));
    assert_eq!(gallery.held(7), Some(vec![1, 2]));
    // By tag, by collection, by finger.
    assert!(
        gallery.search(&Question { accepts: Some(Arc::new(|tag| tag == 4)), ..asked.clone() }, 1).is_empty()
    );
    assert!(gallery.search(&Question { collections: Some(vec![41]), ..asked.clone() }, 1).is_empty());
    assert_eq!((gallery.population(Some(&[41])), gallery.population(None)), ((1, 1), (2, 1)));
    assert!(gallery.search(&Question { position: Position::from_number(2), ..asked.clone() }, 1).is_empty());
    assert_eq!(gallery.search(&Question { position: Position::from_number(7), ..asked.clone() }, 1).len(), 1);
    // A client's template is judged by its own threshold.
    assert!(
        gallery.search(&Question { foreign: true, thresholds: [2.0, 1e3], ..asked.clone() }, 1).is_empty()
    );
    gallery.remove(7);
    assert!(gallery.search(&asked, 1).is_empty());
    put(&gallery, 9, &[(1, &first)], 0, &[]);
    assert_eq!(gallery.search(&asked, 1)[0].subject, 9, "its slot is used again");
    gallery.clear();
    assert!(gallery.subjects().is_empty());
}

#[test]
fn a_thread_answers_and_a_queue_has_an_end() {
    let (gallery, searcher) = (Arc::new(Gallery::default()), Searcher::start(2, 1).unwrap());
    let ann = finger(1);
    put(&gallery, 7, &[(1, &Template::new(ann.clone()))], 0, &[]);
    let (sender, receiver) = mpsc::channel();
    let asked = question(&again(&ann, 7));
    let asker = |wanted: bool, told: &mpsc::Sender<Vec<Candidate>>| Waiting {
        wanted,
        told: told.clone(),
        hold: None,
    };
    searcher.ask(Arc::clone(&gallery), asked.clone(), asker(true, &sender)).unwrap();
    assert_eq!(receiver.recv().unwrap()[0].subject, 7);
    // One is answered slowly, one waits, and there is no room for a third.
    let (hold, held) = mpsc::channel::<()>();
    let slow = Waiting { hold: Some(held), ..asker(true, &sender) };
    searcher.ask(Arc::clone(&gallery), asked.clone(), slow).unwrap();
    receiver.recv().unwrap();
    searcher.ask(Arc::clone(&gallery), asked.clone(), asker(false, &sender)).unwrap();
    assert_eq!(searcher.ask(Arc::clone(&gallery), asked.clone(), asker(true, &sender)), Err(Full));
    drop(hold);
    // Nobody waits for the second any more: it is passed over.
    while searcher.ask(Arc::clone(&gallery), asked.clone(), asker(true, &sender)) == Err(Full) {
        std::thread::yield_now();
    }
    assert_eq!(receiver.recv().unwrap().len(), 1);
    assert!(receiver.try_recv().is_err(), "one answer, not two");
}

#[test]
fn a_crowd_at_one_gallery_does_not_stand_before_another() {
    let (many, one) = (Arc::new(Gallery::default()), Arc::new(Gallery::default()));
    let searcher = Searcher::start(1, 16).unwrap();
    let ann = finger(1);
    put(&many, 1, &[(1, &Template::new(ann.clone()))], 0, &[]);
    put(&one, 2, &[(1, &Template::new(ann.clone()))], 0, &[]);
    let (sender, receiver) = mpsc::channel();
    let asked = question(&again(&ann, 7));
    let (hold, held) = mpsc::channel::<()>();
    let asker = |hold| Waiting { wanted: true, told: sender.clone(), hold };
    // The thread is held up until all have asked.
    searcher.ask(Arc::clone(&many), asked.clone(), asker(Some(held))).unwrap();
    assert_eq!(receiver.recv().unwrap()[0].subject, 1);
    let crowd: Vec<_> =
        (0..20).map(|_| searcher.ask(Arc::clone(&many), asked.clone(), asker(None))).collect();
    assert!(crowd.contains(&Err(Full)), "its lane is full, which is its own affair");
    searcher.ask(Arc::clone(&one), asked, asker(None)).expect("another gallery has places");
    drop(hold);
    let first: Vec<_> = (0..2).map(|_| receiver.recv().unwrap()[0].subject).collect();
    assert_eq!(first, [1, 2], "one of the crowd was before it, not all");
}

struct Waiting {
    wanted: bool,
    told: mpsc::Sender<Vec<Candidate>>,
    /// Kept waiting for after the answer.
    hold: Option<mpsc::Receiver<()>>,
}

impl Asker for Waiting {
    fn is_waiting(&self) -> bool {
        self.wanted
    }

    fn told(self: Box<Self>, found: Vec<Candidate>) {
        self.told.send(found).unwrap();
        if let Some(held) = self.hold {
            let _ = held.recv();
        }
    }
}
