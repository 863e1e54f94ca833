//! Loading the gallery from the store at the start, and how soon an enrolment is seen by a search. Goals: a million
//! templates, decrypted, in at most 8 seconds on two threads; an enrolment visible within a millisecond of its commit.
//!
//! `target/release/load FOLDER [PERSONS]`; a folder that holds persons already is only loaded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bench::{Home, median};
use domain::person::{Change, Name, Patch};
use registry::{Enrolment, OnDuplicate, Presented, Question, Registry, Statuses, Wanted};
use testkit::supplied;

const TASKS: usize = 64;

fn enrolment(who: u64) -> Enrolment {
    let name = |text: &str| Change::Set(Name::parse(text).expect("a name"));
    Enrolment {
        patch: Patch { first_name: name("Bench"), last_name: name("Person"), ..Patch::default() },
        face: Some(registry::Capture::Image(supplied::face(who, 0, 0.2))),
        fingerprint: None,
        on_duplicate: Some(OnDuplicate::Allow),
    }
}

async fn fill(home: &Home, persons: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (registry, caller, next) = (Arc::clone(&home.registry), home.caller().await, Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let who = next.fetch_add(1, Ordering::Relaxed);
                if who >= persons {
                    return;
                }
                while let Err(error) = registry.create(&caller, enrolment(who as u64), None).await {
                    assert_eq!(error, registry::Error::Busy);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        });
    }
    tasks.join_all().await;
}

/// Loads on two threads, as the server does; the longest any other question waited meanwhile.
fn load(runtime: &tokio::runtime::Runtime, registry: &Arc<Registry>) -> (Duration, Duration) {
    let started = Instant::now();
    let (mut slowest, mut loading) = (Duration::ZERO, Vec::new());
    for _ in 0..2 {
        let (registry, handle) = (Arc::clone(registry), runtime.handle().clone());
        loading.push(std::thread::spawn(move || handle.block_on(registry.load_galleries()).expect("loaded")));
    }
    while loading.iter().any(|l| !l.is_finished()) {
        let asked = Instant::now();
        runtime.block_on(registry.ready()).expect("ready");
        slowest = slowest.max(asked.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    (started.elapsed(), slowest)
}

async fn search(home: &Home, who: u64) -> Duration {
    let question = Question {
        presented: Presented { face: Some(supplied::face(who, 1, 0.2)), finger: None },
        limit: 10,
        wanted: Wanted::Default,
        collections: None,
        statuses: Statuses::DEFAULT,
    };
    let caller = home.caller().await;
    let started = Instant::now();
    let found = home.registry.search(&caller, question).await.expect("a search");
    let time = started.elapsed();
    assert!(!found.candidates.is_empty(), "{who} is found");
    time
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = std::path::PathBuf::from(arguments.next().expect("a folder"));
    let persons: usize = arguments.next().map_or(100_000, |n| n.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    if !folder.join("persons.sqlite").exists() {
        std::fs::create_dir_all(&folder).expect("a folder");
        let started = Instant::now();
        runtime.block_on(async {
            let home = Home::open_unloaded(&folder, supplied::engine()).await;
            home.registry.load_galleries().await.expect("loaded");
            fill(&home, persons).await;
        });
        println!("filled with {persons} persons in {:.1?}", started.elapsed());
    }
    let home = runtime.block_on(Home::open_unloaded(&folder, supplied::engine()));
    let (time, slowest) = load(&runtime, &home.registry);
    let size = runtime.block_on(home.registry.check_galleries()).expect("a check").faces;
    println!(
        "{size} templates loaded in {time:.2?} ({:.1} s a million, goal 8); another question waited at most {slowest:.2?}",
        time.as_secs_f64() * 1e6 / size as f64
    );
    let (mut still, mut fresh) = (Vec::new(), Vec::new());
    for n in 0..100u64 {
        let who = 1_000_000_000 + n;
        let caller = runtime.block_on(home.caller());
        runtime.block_on(home.registry.create(&caller, enrolment(who), None)).expect("enrolled");
        fresh.push(runtime.block_on(search(&home, who)));
        still.push(runtime.block_on(search(&home, who)));
    }
    let (still, fresh) = (median(&still), median(&fresh));
    println!(
        "a search after an enrolment {fresh:.2?}, without one {still:.2?}: seen {:.2?} after its commit (goal 1 ms)",
        fresh.saturating_sub(still)
    );
}
