//! A search of the gallery against one plain read of the bytes of its first pass, and against a plain scan over
//! floats, all on two threads. Goals: at most 1.4 times the read and 0.25 times the float scan; eight searches at once
//! in less than four one after the other; at most 256 bytes a template.
//!
//! An approximate index (HNSW) stands beside them for the smaller sizes: its time, recall and memory.
//!
//! `target/release/gallery [TEMPLATES]...`

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::{Spread, median};
use gallery::{Found, Gallery, Held, Probe, Question, Sample, Scanner};

const DIMENSIONS: usize = 128;
/// Bytes of a template that the first pass reads: the code, its scale and its error.
const FIRST_PASS: usize = DIMENSIONS / 2 + 8;
const ROUNDS: usize = 31;
/// Cosines at false match rates of about 1e-3 and 1e-5.
const THRESHOLDS: [f32; 2] = [0.36, 0.47];
/// Tag of one person in two: the filter of the benchmark.
const TAGS: u128 = 2;

fn fill(count: usize) -> (Arc<Gallery>, Vec<f32>) {
    let mut floats = vec![0.0f32; count * DIMENSIONS];
    let gallery = Arc::new(Gallery::new(DIMENSIONS));
    let half = count.div_ceil(2);
    std::thread::scope(|threads| {
        for (part, floats) in floats.chunks_mut(half * DIMENSIONS).enumerate() {
            let gallery = &gallery;
            threads.spawn(move || {
                let mut spread = Spread::new(part as u64 + 1);
                for (i, vector) in floats.chunks_exact_mut(DIMENSIONS).enumerate() {
                    vector.copy_from_slice(&spread.vector());
                    let subject = (part * half + i) as u128 + 1;
                    let samples = [Sample { key: 0, vector, discount: 0.0 }];
                    gallery.put(
                        subject,
                        &Held { tag: (subject % TAGS) as u32, samples: &samples, collections: &[] },
                    );
                }
            });
        }
    });
    (gallery, floats)
}

/// Sums `bytes` on two threads.
fn read(bytes: &[u64]) -> Duration {
    let started = Instant::now();
    std::thread::scope(|threads| {
        for part in bytes.chunks(bytes.len().div_ceil(2)) {
            threads.spawn(move || black_box(part.iter().fold(0u64, |a, b| a.wrapping_add(*b))));
        }
    });
    started.elapsed()
}

/// Most candidates of a search.
const LIMIT: usize = 10;

/// All subjects at or above the threshold with the right tag, by floats.
fn float_scan(floats: &[f32], probe: &[f32], threshold: f32) -> (Duration, Vec<(u128, f32)>) {
    let started = Instant::now();
    let rows = floats.len() / DIMENSIONS;
    let half = rows.div_ceil(2);
    let mut found: Vec<(u128, f32)> = std::thread::scope(|threads| {
        let parts: Vec<_> = floats
            .chunks(half * DIMENSIONS)
            .enumerate()
            .map(|(part, floats)| {
                threads.spawn(move || {
                    let mut found = Vec::new();
                    for (i, row) in floats.chunks_exact(DIMENSIONS).enumerate() {
                        let score = dot(row, probe);
                        let subject = (part * half + i) as u128 + 1;
                        if score >= threshold && subject.is_multiple_of(TAGS) {
                            found.push((subject, score));
                        }
                    }
                    found
                })
            })
            .collect();
        parts.into_iter().flat_map(|p| p.join().expect("a scan")).collect()
    });
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(LIMIT);
    (started.elapsed(), found)
}

/// Sixteen sums side by side, so that the compiler may use its widest registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for i in 0..16 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum()
}

fn question(probe: &[f32], threshold: f32) -> Question {
    Question {
        probe: Probe::new(probe).expect("a probe"),
        threshold,
        limit: LIMIT,
        collections: None,
        accepts: Some(Arc::new(|tag| tag == 0)),
    }
}

/// Asks all at once and waits for all.
fn ask(
    scanner: &Scanner,
    gallery: &Arc<Gallery>,
    probes: &[Vec<f32>],
    threshold: f32,
) -> (Duration, Vec<Found>) {
    let questions: Vec<Question> = probes.iter().map(|p| question(p, threshold)).collect();
    let started = Instant::now();
    let asked: Vec<_> =
        questions.into_iter().map(|q| scanner.ask(Arc::clone(gallery), q).expect("a place")).collect();
    let found = asked.into_iter().map(|a| a.blocking_recv().expect("an answer")).collect();
    (started.elapsed(), found)
}

/// The same candidates as the float scan, but for those on the very threshold, or as good as level with the last of ten;
/// scores to 2e-3.
fn check(found: &Found, expected: &[(u128, f32)], threshold: f32) {
    let last = found.candidates.get(LIMIT - 1).map_or(threshold, |c| c.best);
    for (subject, score) in expected {
        match found.candidates.iter().find(|c| c.subject == *subject) {
            Some(c) => assert!((c.best - score).abs() < 2e-3),
            None => assert!(score - last < 2e-3, "a candidate is missing"),
        }
    }
}

/// One template, as the approximate index wants it.
#[derive(Clone)]
struct Point([f32; DIMENSIONS]);

impl instant_distance::Point for Point {
    fn distance(&self, other: &Self) -> f32 {
        1.0 - dot(&self.0, &other.0)
    }
}

/// Beyond this the approximate index takes too long to build.
const APPROXIMATE: usize = 200_000;

/// Bytes of memory this process holds.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|n| n.parse::<usize>().ok()).unwrap_or_default() * 4_096
}

/// Builds an approximate index and asks it for the ten nearest of each probe.
fn approximate(floats: &[f32], probes: &[Vec<f32>]) {
    let (rows, _) = floats.as_chunks::<DIMENSIONS>();
    let (before, started) = (resident(), Instant::now());
    let points: Vec<Point> = rows.iter().map(|r| Point(*r)).collect();
    let (index, ids) = instant_distance::Builder::default().build_hnsw(points);
    let (built, held) = (started.elapsed(), resident().saturating_sub(before));
    let (mut times, mut hits) = (Vec::new(), 0);
    let mut search = instant_distance::Search::default();
    for probe in probes {
        let probe = Point(*probe.as_array().expect("a probe"));
        let started = Instant::now();
        let found: Vec<_> = index.search(&probe, &mut search).take(10).map(|f| f.pid).collect();
        times.push(started.elapsed());
        let mut exact: Vec<(f32, usize)> =
            rows.iter().enumerate().map(|(i, r)| (dot(r, &probe.0), i)).collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0));
        hits += exact[..10].iter().filter(|(_, i)| found.contains(&ids[*i])).count();
    }
    println!(
        "  approximate (HNSW): search {:.2} ms, recall of the ten nearest {:.1} %, {:.0} bytes a template, built in {built:.1?}",
        1e3 * median(&times).as_secs_f64(),
        10.0 * hits as f64 / probes.len() as f64,
        held as f64 / rows.len() as f64
    );
}

fn run(count: usize) {
    let started = Instant::now();
    let (gallery, floats) = fill(count);
    let usage = gallery.usage();
    println!("{count} templates, filled in {:.1?}", started.elapsed());
    println!("  memory {:.1} bytes a template (goal 256)", usage.bytes as f64 / usage.vectors as f64);
    let mut spread = Spread::new(99);
    let probes: Vec<Vec<f32>> = (0..ROUNDS)
        .map(|i| spread.near(&floats[i * (count / ROUNDS) * DIMENSIONS..][..DIMENSIONS], 0.8))
        .collect();
    let scanner = Scanner::start(2, 64).expect("threads");
    let bytes = vec![1u64; count * FIRST_PASS / 8];
    for threshold in THRESHOLDS {
        let (mut reads, mut scans, mut ones, mut eights) = (vec![], vec![], vec![], vec![]);
        for (i, probe) in probes.iter().enumerate() {
            reads.push(read(&bytes));
            let (time, expected) = float_scan(&floats, probe, threshold);
            scans.push(time);
            let (time, found) = ask(&scanner, &gallery, &probes[i..=i], threshold);
            ones.push(time);
            check(&found[0], &expected, threshold);
            let eight: Vec<Vec<f32>> = probes.iter().cycle().skip(i).take(8).cloned().collect();
            eights.push(ask(&scanner, &gallery, &eight, threshold).0);
        }
        let [read, scan, one, eight] = [reads, scans, ones, eights].map(|t| median(&t).as_secs_f64());
        println!(
            "  at cosine {threshold}: search {:.2} ms = {:.2} x the plain read ({:.2} ms, goal 1.4), {:.3} x the float scan ({:.2} ms, goal 0.25); \
             eight at once {:.2} ms = {:.2} x one (goal < 4)",
            1e3 * one,
            one / read,
            1e3 * read,
            one / scan,
            1e3 * scan,
            1e3 * eight,
            eight / one
        );
    }
    if count <= APPROXIMATE {
        approximate(&floats, &probes);
    }
}

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).map(|a| a.parse().expect("a number")).collect();
    for count in if sizes.is_empty() { vec![100_000, 1_000_000] } else { sizes } {
        run(count);
    }
}
