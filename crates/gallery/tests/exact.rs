//! The gallery answers what a plain scan over floats answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gallery::{Found, Gallery, Held, Kernel, Probe, Question, Sample, Scanner};
use proptest::prelude::*;

const DIMENSIONS: usize = 48;

/// A reproducible source of vectors that cluster, as templates of persons do.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn vector(&mut self) -> Vec<f32> {
        unit((0..DIMENSIONS).map(|_| self.next()).collect())
    }

    fn near(&mut self, vector: &[f32], spread: f32) -> Vec<f32> {
        unit(vector.iter().map(|v| v + spread * self.next()).collect())
    }
}

fn unit(mut v: Vec<f32>) -> Vec<f32> {
    let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    v.iter_mut().for_each(|x| *x /= length);
    v
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn question(probe: &[f32], threshold: f32, limit: usize) -> Question {
    Question { probe: Probe::new(probe).unwrap(), threshold, limit, collections: None, accepts: None }
}

/// Tells a thread to stop, also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One person of the model: tag, collections, templates.
type Person = (u32, Vec<u128>, Vec<(u64, Vec<f32>)>);

/// The better of a person's best template and the mean of all.
fn score(samples: &[(u64, Vec<f32>)], probe: &[f32]) -> f32 {
    let sum = |i: usize| samples.iter().map(|(_, v)| v[i]).sum();
    let mean = unit((0..DIMENSIONS).map(sum).collect());
    let most = samples.iter().map(|(key, _)| discount(*key)).fold(0.0, f32::max);
    samples.iter().map(|(key, v)| dot(v, probe) - discount(*key)).fold(dot(&mean, probe) - most, f32::max)
}

/// Every third template is known less well than the others.
fn discount(key: u64) -> f32 {
    if key.is_multiple_of(3) { 0.04 * (key % 4) as f32 } else { 0.0 }
}

/// The plain scan.
fn plain(people: &BTreeMap<u128, Person>, q: &Question, probe: &[f32]) -> Vec<(u128, f32)> {
    let mut all: Vec<(u128, f32)> = people
        .iter()
        .filter(|(_, (tag, inside, _))| {
            q.collections.as_ref().is_none_or(|c| c.iter().any(|c| inside.contains(c)))
                && q.accepts.as_ref().is_none_or(|a| a(*tag))
        })
        .map(|(id, (_, _, samples))| (*id, score(samples, probe)))
        .filter(|(_, score)| *score >= q.threshold)
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(q.limit);
    all
}

fn put(gallery: &Gallery, id: u128, person: &Person) {
    let samples: Vec<Sample<'_>> =
        person.2.iter().map(|(key, vector)| Sample { key: *key, vector, discount: discount(*key) }).collect();
    gallery.put(id, &Held { tag: person.0, collections: &person.1, samples: &samples });
}

/// The same candidates, except where two scores are so near to each other or to the threshold that rounding decides.
fn agree(found: &Found, expected: &[(u128, f32)], threshold: f32) {
    const NEAR: f32 = 1e-3;
    for (i, (id, score)) in expected.iter().enumerate() {
        let cut = expected.last().map_or(threshold, |e| e.1);
        let on_the_edge =
            score - threshold < NEAR || (expected.len() == found.candidates.len() && score - cut < NEAR);
        match found.candidates.iter().find(|c| c.subject == *id) {
            Some(c) => assert!((c.score() - score).abs() < NEAR, "{} is not {score}", c.score()),
            None => assert!(on_the_edge, "candidate {i} with {score} is missing"),
        }
    }
    for c in &found.candidates {
        assert!(
            expected.iter().any(|e| e.0 == c.subject)
                || expected.last().is_none_or(|e| c.score() - e.1 < NEAR)
                || c.score() - threshold < NEAR,
            "a candidate too many"
        );
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put { id: u128, tag: u32, collections: Vec<u128>, samples: usize, like: u128 },
    Remove(u128),
    Search { like: u128, threshold: f32, limit: usize, collection: Option<u128>, tag: Option<u32> },
}

fn step() -> impl Strategy<Value = Step> {
    let collections = prop::collection::vec(1u128..4, 0..3);
    prop_oneof![
        4 => (1u128..60, 0u32..3, collections, 1usize..4, 1u128..60)
            .prop_map(|(id, tag, collections, samples, like)| Step::Put { id, tag, collections, samples, like }),
        1 => (1u128..60).prop_map(Step::Remove),
        3 => (1u128..60, -1.0f32..0.9, 1usize..8, prop::option::of(1u128..4), prop::option::of(0u32..3)).prop_map(
            |(like, threshold, limit, collection, tag)| Step::Search { like, threshold, limit, collection, tag }
        ),
    ]
}

proptest! {
    #[test]
    fn any_history_of_changes_is_searched_as_floats_are(steps in prop::collection::vec(step(), 1..80), seed: u64) {
        let mut numbers = Numbers(seed | 1);
        let gallery = Arc::new(Gallery::new(DIMENSIONS));
        let seeds: Vec<Vec<f32>> = (0..60).map(|_| numbers.vector()).collect();
        let mut people: BTreeMap<u128, Person> = BTreeMap::new();
        let mut keys = 0;
        for step in steps {
            match step {
                Step::Put { id, tag, mut collections, samples, like } => {
                    collections.dedup();
                    // Some of what is held stays, the rest is new under new keys.
                    let kept = people.get(&id).map(|(_, _, held): &Person| held.clone()).unwrap_or_default();
                    let mut samples: Vec<(u64, Vec<f32>)> = (0..samples)
                        .map(|_| {
                            keys += 1;
                            (keys, numbers.near(&seeds[like as usize], 0.4))
                        })
                        .collect();
                    samples.extend(kept.into_iter().filter(|(key, _)| key % 2 == 0));
                    let person = (tag, collections, samples);
                    put(&gallery, id, &person);
                    people.insert(id, person);
                }
                Step::Remove(id) => {
                    gallery.remove(id);
                    people.remove(&id);
                }
                Step::Search { like, threshold, limit, collection, tag } => {
                    let probe = numbers.near(&seeds[like as usize], 0.3);
                    let mut q = question(&probe, threshold, limit);
                    q.collections = collection.map(|c| vec![c]);
                    q.accepts = tag.map(|wanted| Arc::new(move |t| t == wanted) as Arc<_>);
                    agree(&gallery.search(q.clone()), &plain(&people, &q, &probe), threshold);
                }
            }
            prop_assert_eq!(gallery.usage().subjects, people.len());
            let vectors = |p: &Person| if p.2.len() > 1 { p.2.len() + 1 } else { 1 };
            prop_assert_eq!(gallery.usage().vectors, people.values().map(vectors).sum::<usize>());
            prop_assert_eq!(gallery.population(None), people.len());
        }
        let mut subjects = gallery.subjects();
        subjects.sort_unstable();
        prop_assert_eq!(subjects, people.keys().copied().collect::<Vec<_>>());
    }
}

/// Ten thousand templates over several blocks, each person with one or two.
fn crowd(kernel: Kernel) -> (Arc<Gallery>, BTreeMap<u128, Person>, Numbers) {
    let mut numbers = Numbers(7);
    let gallery = Arc::new(Gallery::with_kernel(DIMENSIONS, kernel));
    let mut people = BTreeMap::new();
    for id in 1..=7_000u128 {
        let first = numbers.vector();
        let mut samples = vec![(1, first.clone())];
        if id % 3 == 0 {
            samples.push((2, numbers.near(&first, 0.5)));
        }
        let collections = if id % 500 == 0 { vec![9] } else { Vec::new() };
        let person = (0, collections, samples);
        put(&gallery, id, &person);
        people.insert(id, person);
    }
    (gallery, people, numbers)
}

#[test]
fn every_kernel_finds_what_the_float_scan_finds() {
    for kernel in Kernel::available() {
        let (gallery, people, mut numbers) = crowd(kernel);
        for id in (1..7_000u128).step_by(300) {
            let probe = numbers.near(&people[&id].2[0].1, 0.6);
            for threshold in [-1.0, 0.2, 0.5] {
                let q = question(&probe, threshold, 10);
                agree(&gallery.search(q.clone()), &plain(&people, &q, &probe), threshold);
            }
            let mut few = question(&probe, -1.0, 5);
            few.collections = Some(vec![9, 10]);
            assert_eq!(gallery.population(few.collections.as_deref()), 14);
            agree(&gallery.search(few.clone()), &plain(&people, &few, &probe), -1.0);
        }
    }
}

#[test]
fn questions_asked_together_are_answered_as_if_alone() {
    let (gallery, people, mut numbers) = crowd(Kernel::best());
    let scanner = Scanner::start(2, 128).unwrap();
    let probes: Vec<Vec<f32>> =
        (1..50u128).map(|id| numbers.near(&people[&(id * 100)].2[0].1, 0.5)).collect();
    let asked: Vec<_> =
        probes.iter().map(|p| scanner.ask(Arc::clone(&gallery), question(p, 0.3, 10)).unwrap()).collect();
    for (probe, answer) in probes.iter().zip(asked) {
        assert_eq!(answer.blocking_recv().unwrap(), gallery.search(question(probe, 0.3, 10)));
    }
}

#[test]
fn too_many_questions_are_refused_and_the_others_answered() {
    let (gallery, people, _) = crowd(Kernel::PLAIN);
    let scanner = Scanner::start(1, 4).unwrap();
    let q = question(&people[&1].2[0].1, -1.0, 10);
    let asked: Vec<_> = (0..200).map(|_| scanner.ask(Arc::clone(&gallery), q.clone())).collect();
    assert!(asked.iter().any(Result::is_err));
    for answer in asked.into_iter().flatten() {
        assert_eq!(answer.blocking_recv().unwrap().candidates[0].subject, 1);
    }
}

#[test]
fn questions_to_one_gallery_leave_room_for_those_to_another() {
    let ((many, people, _), (one, _, _)) = (crowd(Kernel::PLAIN), crowd(Kernel::PLAIN));
    let scanner = Scanner::start(1, 8).unwrap();
    let q = question(&people[&1].2[0].1, -1.0, 10);
    // However fast the thread is: the last question that is refused leaves half of the places to others.
    let crowd: Vec<_> = (0..500).map(|_| scanner.ask(Arc::clone(&many), q.clone())).collect();
    let answer = scanner.ask(Arc::clone(&one), q).expect("another gallery has places");
    assert_eq!(answer.blocking_recv().unwrap().candidates[0].subject, 1);
    drop(crowd);
}

#[test]
fn a_person_replaced_over_and_over_is_never_missing() {
    let (gallery, people, mut numbers) = crowd(Kernel::best());
    let probe = people[&77].2[0].1.clone();
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut id = 10_000u128;
            while !stop.load(Ordering::Relaxed) {
                let keys = 2 * id as u64;
                put(
                    &gallery,
                    77,
                    &(0, vec![5], vec![(keys, numbers.near(&probe, 0.1)), (keys + 1, numbers.vector())]),
                );
                // Others come and go in the slots that become free.
                put(&gallery, id, &(0, vec![], vec![(1, numbers.vector())]));
                gallery.remove(id - 3);
                id += 1;
            }
        });
        let _stop = Stop(&stop);
        for _ in 0..300 {
            let found = gallery.search(question(&probe, 0.8, 10));
            assert_eq!(found.candidates.iter().filter(|c| c.subject == 77).count(), 1);
        }
    });
}

#[test]
fn changing_a_person_moves_nothing_that_is_scanned() {
    // Many scans while a person in the first block and slots in the last one change hands: were templates moved from
    // one to the other, a scan between the two blocks would meet the person in neither.
    let (gallery, people, _) = crowd(Kernel::PLAIN);
    let probe = people[&5].2[0].1.clone();
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut tag = 0;
            while !stop.load(Ordering::Relaxed) {
                tag += 1;
                gallery.remove(6_990 + u128::from(tag % 2));
                put(&gallery, 5, &(tag, vec![1], people[&5].2.clone()));
                put(&gallery, 6_990 + u128::from(tag % 2), &people[&6_990]);
            }
        });
        let _stop = Stop(&stop);
        for _ in 0..300 {
            let mut q = question(&probe, 0.9, 10);
            assert_eq!(gallery.search(q.clone()).candidates.len(), 1);
            q.collections = Some(vec![1]);
            let inside = gallery.search(q).candidates;
            assert!(inside.iter().all(|c| c.subject == 5));
        }
    });
}

#[test]
fn who_is_removed_is_gone_and_leaves_no_trace_of_the_codes() {
    let (gallery, people, _) = crowd(Kernel::best());
    let probe = &people[&3].2[0].1;
    assert_eq!(gallery.search(question(probe, 0.9, 10)).candidates[0].templates, 2);
    gallery.remove(3);
    assert_eq!(gallery.search(question(probe, 0.9, 10)).candidates, []);
    assert_eq!(gallery.compare(&Probe::new(probe).unwrap(), 3), None);
    gallery.clear();
    assert_eq!((gallery.usage().subjects, gallery.usage().vectors), (0, 0));
}

#[test]
fn vectors_of_another_length_are_left_out() {
    let gallery = Arc::new(Gallery::new(DIMENSIONS));
    gallery
        .put(1, &Held { samples: &[Sample { key: 1, vector: &[1.0; 3], discount: 0.0 }], ..Held::default() });
    gallery.put(
        2,
        &Held { samples: &[Sample { key: 1, vector: &[0.0; DIMENSIONS], discount: 0.0 }], ..Held::default() },
    );
    assert_eq!(gallery.usage().subjects, 0);
}

#[test]
fn a_template_of_128_components_takes_at_most_256_bytes() {
    let mut numbers = Numbers(3);
    let gallery = Gallery::new(128);
    for subject in 1..=20_000u128 {
        let vector: Vec<f32> = (0..128).map(|_| numbers.next()).collect();
        gallery.put(
            subject,
            &Held { samples: &[Sample { key: 1, vector: &vector, discount: 0.0 }], ..Held::default() },
        );
    }
    let usage = gallery.usage();
    assert!(usage.bytes <= 256 * usage.vectors, "{} bytes a template", usage.bytes / usage.vectors);
}
