//! Fingerprints: one comparison, and one finger among many. Goals: a comparison in at most 25 microseconds, a hundred thousand
//! fingers searched in at most 0.6 seconds on two threads, with at least 99 % of the hits of a search that compares with everybody.
//!
//! `target/release/fingers TEMPLATES [FINGERS]`; TEMPLATES is what `personhood evaluate fingerprints … --templates` writes. The first
//! impression of each finger is enrolled, among strangers that are drawn; the others are looked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::median;
use minutiae::gallery::{Gallery, Held, Print, Question};
use minutiae::{Kind, Minutia, Probe, Scratch, Subject, Template, record};

/// Score from which a pair is taken for one finger: one pair of strangers in a hundred thousand.
const THRESHOLD: f32 = 1.95;
const THREADS: usize = 2;

/// Impressions by finger.
fn read(folder: &Path, prints: &mut BTreeMap<String, Vec<Template>>) {
    let entries = std::fs::read_dir(folder).expect("a folder of templates");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, prints);
        } else if let Ok(found) = record::read(&std::fs::read(&path).expect("a file")) {
            let name = path.with_extension("").to_string_lossy().into_owned();
            let finger = name.rsplit_once('_').map_or(name.as_str(), |(finger, _)| finger);
            prints.entry(finger.to_owned()).or_default().push(found.template);
        }
    }
}

/// Numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % below
    }
}

/// A stranger: as many minutiae as a real impression has, about as dense, with directions that turn slowly as those of ridges do.
fn stranger(like: &Template, numbers: &mut Numbers) -> Template {
    let count = like.minutiae().len();
    let side = 60 + (count as f64 * 1_900.0).sqrt() as u64;
    let [bend, start] = [numbers.next(128), numbers.next(256)];
    let minutia = |_| {
        let (x, y) = (numbers.next(side), numbers.next(side));
        let along = start + (x * bend + y * (128 - bend)) / side + numbers.next(24) + 128 * numbers.next(2);
        Minutia {
            x: x as u16,
            y: y as u16,
            angle: (along % 256) as u8,
            kind: Kind::Ending,
            quality: 40 + numbers.next(60) as u8,
        }
    };
    Template::new((0..count).map(minutia).collect())
}

fn question(template: &Template) -> Question {
    Question {
        probe: Arc::new(Probe::new(template)),
        foreign: false,
        position: None,
        thresholds: [THRESHOLD; 2],
        limit: 10,
        collections: None,
        accepts: None,
    }
}

fn put(gallery: &Gallery, subject: u128, template: &Template) {
    let subject_of = Arc::new(Subject::new(template));
    let print = Print { key: 1, position: None, foreign: false, subject: subject_of };
    gallery.put(subject, &Held { tag: 0, collections: &[], prints: &[print], elsewhere: false });
}

/// One comparison of each with each, in microseconds, and the part of it that makes a subject ready.
fn pairs(all: &[&Template]) -> (f64, f64) {
    let probes: Vec<Probe> = all.iter().map(|t| Probe::new(t)).collect();
    let started = Instant::now();
    let subjects: Vec<Subject> = all.iter().map(|t| Subject::new(t)).collect();
    let ready = started.elapsed();
    let mut scratch = Scratch::default();
    let started = Instant::now();
    let mut sum = 0.0;
    for probe in &probes {
        sum += subjects.iter().map(|s| probe.compare(s, &mut scratch)).sum::<f32>();
    }
    assert!(sum > 0.0);
    let per = |time: Duration, count: usize| time.as_secs_f64() * 1e6 / count as f64;
    (per(started.elapsed(), all.len() * all.len()), per(ready, all.len()))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder of templates");
    let count: usize = arguments.next().map_or(100_000, |n| n.parse().expect("a number"));
    let mut prints = BTreeMap::new();
    read(Path::new(&folder), &mut prints);
    let all: Vec<&Template> = prints.values().flatten().collect();
    let (pair, ready) = pairs(&all);
    println!("a comparison            {pair:.1} us (goal 25), {} templates with each other", all.len());
    println!("a subject made ready    {ready:.1} us");

    let (gallery, mut numbers) = (Gallery::default(), Numbers(88_172_645_463_325_252));
    let started = Instant::now();
    for subject in 0..count.saturating_sub(prints.len()) {
        put(&gallery, subject as u128, &stranger(all[subject % all.len()], &mut numbers));
    }
    let own = |finger: usize| (1u128 << 64) + finger as u128;
    prints.values().enumerate().for_each(|(finger, prints)| put(&gallery, own(finger), &prints[0]));
    println!("{} fingers enrolled in {:.1} s", gallery.usage().prints, started.elapsed().as_secs_f64());

    let (mut hits, mut found, mut wrong, mut times) = (0, 0, 0, Vec::<Duration>::new());
    for (finger, prints) in prints.values().enumerate() {
        for print in &prints[1..] {
            let question = question(print);
            // Whether a search that compares with everybody would find it.
            let hit = gallery.compare(&question, own(finger)).is_some_and(|c| c.score >= THRESHOLD);
            let started = Instant::now();
            let candidates = gallery.search(&question, THREADS);
            times.push(started.elapsed());
            hits += usize::from(hit);
            found += usize::from(hit && candidates.iter().any(|c| c.subject == own(finger)));
            wrong += candidates.iter().filter(|c| c.subject != own(finger)).count();
        }
    }
    let searches = times.len();
    let search = median(&times).as_secs_f64();
    let whole = pair * gallery.usage().prints as f64 / 1e6 / THREADS as f64;
    println!(
        "a search                {search:.3} s median on {THREADS} threads (goal 0.6), {:.2} of comparing with everybody",
        search / whole
    );
    println!(
        "hits kept               {found} of {hits} ({:.2} %, goal 99) in {searches} searches; {wrong} others above the threshold",
        100.0 * found as f64 / hits.max(1) as f64
    );
}
