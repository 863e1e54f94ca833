//! What a face and a finger say together, and what three impressions say more than one: false non-matches at the same rate of
//! false matches. The persons are chimeric: each is a person of one set of faces with a finger of one set of fingerprints.
//!
//! `target/release/fusion FACES FINGERS [--built-in]`; FACES holds a folder of images a person, FINGERS folders of
//! FINGER_IMPRESSION.png. Models come from the user's cache.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::biometric::fused_rate;
use engine::face::{Template as Face, Want};
use engine::finger::{Fingers, Gate, Sent, USUAL_DPI};
use engine::worker::Faces;
use minutiae::{Probe, Scratch, Subject};
use testkit::{faces, fingers};

/// Images of each face, and impressions of each finger, that take part.
const EACH: usize = 8;
const RATES: [f64; 3] = [1e-2, 1e-3, 1e-4];

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// People with two usable images or more, those with most first.
fn people(engine: &Faces, folder: &Path, most: usize) -> Vec<Vec<Face>> {
    let mut folders: Vec<Vec<PathBuf>> =
        entries(folder).iter().filter(|p| p.is_dir()).map(|p| entries(p)).collect();
    folders.sort_by_key(|images| std::cmp::Reverse(images.len()));
    let template = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("an image");
        engine.analyse_blocking(bytes, Want::Central).ok().and_then(|a| a.template)
    };
    let people =
        folders.iter().take(most).map(|images| images.iter().take(EACH).filter_map(template).collect());
    people.filter(|all: &Vec<Face>| all.len() >= 2).collect()
}

struct Finger {
    probes: Vec<Probe>,
    subjects: Vec<Subject>,
}

fn prints(engine: &Fingers, folder: &Path) -> Vec<Finger> {
    let mut by_finger: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in entries(folder).iter().filter(|p| p.is_dir()).flat_map(|p| entries(p)) {
        let name = path.with_extension("").to_string_lossy().into_owned();
        let finger = name.rsplit_once('_').map_or(name.as_str(), |(finger, _)| finger).to_owned();
        by_finger.entry(finger).or_default().push(path);
    }
    let finger = |paths: &Vec<PathBuf>| {
        let template = |path: &PathBuf| {
            let bytes = std::fs::read(path).expect("an image");
            engine.extract_blocking(Sent { bytes, dpi: USUAL_DPI }, Gate::Open).expect("a template").template
        };
        let templates: Vec<_> = paths.iter().take(EACH).map(template).collect();
        Finger {
            probes: templates.iter().map(Probe::new).collect(),
            subjects: templates.iter().map(Subject::new).collect(),
        }
    };
    by_finger.values().map(finger).collect()
}

/// Rates of pairs of one person, and of strangers: the lower, the more alike.
#[derive(Default)]
struct Rates {
    genuine: Vec<f64>,
    impostor: Vec<f64>,
}

impl Rates {
    fn add(&mut self, same: bool, rate: f64) {
        if same { &mut self.genuine } else { &mut self.impostor }.push(rate);
    }

    /// The part of genuine pairs that are no more alike than the strangers at a rate.
    fn missed(&mut self, rate: f64) -> f64 {
        self.impostor.sort_unstable_by(f64::total_cmp);
        let limit = self.impostor[(rate * self.impostor.len() as f64) as usize];
        self.genuine.iter().filter(|r| **r >= limit).count() as f64 / self.genuine.len() as f64
    }

    fn print(&mut self, name: &str) {
        let missed: Vec<String> = RATES.iter().map(|r| format!("{:6.2}", 100.0 * self.missed(*r))).collect();
        println!(
            "{name:28} {}   ({} genuine, {} impostor)",
            missed.join(" "),
            self.genuine.len(),
            self.impostor.len()
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [face_folder, finger_folder, rest @ ..] = &arguments[..] else {
        panic!("FACES FINGERS [--built-in]")
    };
    let engine = if rest.is_empty() { fingers::engine() } else { fingers::built_in() };
    let prints = prints(&engine, Path::new(finger_folder));
    let faces = faces::engine();
    let people = people(&faces, Path::new(face_folder), prints.len());
    let persons = people.len().min(prints.len());
    println!(
        "{persons} chimeric persons, {}; false non-matches in % at false match rates 1e-2, 1e-3, 1e-4",
        engine.id()
    );

    let (mut face, mut finger, mut both) = (Rates::default(), Rates::default(), Rates::default());
    let (mut one, mut three) = (Rates::default(), Rates::default());
    let mut scratch = Scratch::default();
    let mut score = |a: (usize, usize), b: (usize, usize)| {
        engine
            .calibration(false)
            .rate(prints[a.0].probes[a.1].compare(&prints[b.0].subjects[b.1], &mut scratch))
    };
    for p in 0..persons {
        for q in p..persons {
            for i in 0..EACH {
                for j in if p == q { i + 1 } else { 0 }..EACH {
                    let (first, second) = (i % people[p].len(), j % people[q].len());
                    // An image is never compared with itself.
                    let second =
                        if p == q && first == second { (second + 1) % people[q].len() } else { second };
                    let cosine = people[p][first].cosine(&people[q][second]).expect("one model");
                    let (a, b) = (faces.calibration().rate(cosine), score((p, i), (q, j)));
                    face.add(p == q, a);
                    finger.add(p == q, b);
                    both.add(p == q, fused_rate(&[a, b]));
                }
            }
        }
    }
    face.print("face");
    finger.print("finger");
    both.print("face and finger");
    // The first impression enrolled, or the first three; the last five are presented.
    for p in 0..persons {
        for q in 0..persons {
            for presented in 3..EACH {
                let rates: Vec<f64> = (0..3).map(|enrolled| score((p, presented), (q, enrolled))).collect();
                one.add(p == q, rates[0]);
                three.add(p == q, rates.iter().copied().fold(1.0, f64::min));
            }
        }
    }
    one.print("one impression enrolled");
    three.print("three impressions enrolled");
}
