//! Concurrent clients on three nodes with faults between: what they saw must be what one after the other could have
//! seen (linearizability, person by person).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Method;
use serde_json::json;
use testkit::supplied::{body, face, probe, setup};
use testkit::{App, Cluster, Wire, shared_cluster};
use tokio::task::JoinSet;

use super::support::{Node, insist, nodes};

/// What was done to one person, and what came of it.
#[derive(Clone, Debug, PartialEq)]
enum Did {
    /// A value was written; this version.
    Wrote { value: String, version: u64 },
    /// A value may have been written.
    MayHaveWritten { value: String },
    /// This value was read, of this version; none is the first.
    Read { value: Option<String>, version: u64 },
    /// The face was recognised.
    Verified,
    /// The person is gone.
    Missing,
    /// The person was erased.
    Erased,
    /// The person may have been erased.
    MayHaveErased,
}

/// An operation: when it began and ended, by one counter for all.
#[derive(Clone, Debug)]
struct Operation {
    began: u64,
    ended: u64,
    did: Did,
}

/// A small generator, so that a run can be told by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % sides
    }
}

struct Client {
    app: Arc<App>,
    number: usize,
    dice: Dice,
    time: Arc<AtomicU64>,
    persons: Arc<[(String, u64)]>,
    seen: Vec<(usize, Operation)>,
}

impl Client {
    async fn run(mut self, steps: usize) -> Vec<(usize, Operation)> {
        for step in 0..steps {
            let which = usize::try_from(self.dice.roll(self.persons.len() as u64)).unwrap();
            let began = self.time.fetch_add(1, Ordering::SeqCst);
            let did = self.act(which, step).await;
            let ended = self.time.fetch_add(1, Ordering::SeqCst);
            self.seen.extend(did.map(|did| (which, Operation { began, ended, did })));
        }
        self.seen
    }

    /// Does something to a person; nothing is learned where a read was refused.
    async fn act(&mut self, which: usize, step: usize) -> Option<Did> {
        let (id, who) = &self.persons[which];
        let path = format!("/v2/persons/{id}");
        let choice = self.dice.roll(100);
        let value = format!("v{}x{step}@example.com", self.number);
        let reply = match choice {
            0..40 => self.app.send(Method::PUT, &path, &[], Some(&json!({"email": value}))).await,
            40..75 => self.app.get(&path).await,
            75..97 => self.app.post(&format!("{path}/verify"), &probe(&face(*who, 5, 0.1))).await,
            _ => self.app.delete(&path).await,
        };
        let version = || reply.json["version"].as_u64().unwrap();
        Some(match (choice, reply.status.as_u16()) {
            (0..40, 200) => Did::Wrote { value, version: version() },
            (0..40, 503) => Did::MayHaveWritten { value },
            (40..75, 200) => {
                Did::Read { value: reply.json["email"].as_str().map(str::to_owned), version: version() }
            }
            (75..97, 200) => {
                assert_eq!(reply.json["match"], true, "{}", reply.text);
                Did::Verified
            }
            (40..97, 503) => return None,
            (97.., 200) => Did::Erased,
            (97.., 503) => Did::MayHaveErased,
            (_, 404) => Did::Missing,
            (_, status) => panic!("{status}: {}", reply.text),
        })
    }
}

/// Why a history cannot be explained.
fn anomaly(history: &[Operation]) -> Option<String> {
    let mut written: BTreeMap<u64, &str> = BTreeMap::new();
    for o in history {
        if let Did::Wrote { value, version } = &o.did
            && let Some(other) = written.insert(*version, value)
        {
            return Some(format!("version {version} was written twice: {other} and {value}"));
        }
    }
    // What is read of a version is what was written as it, or may have been: each such value as one version only.
    let doubtful: BTreeSet<&str> = history
        .iter()
        .filter_map(|o| if let Did::MayHaveWritten { value } = &o.did { Some(value.as_str()) } else { None })
        .collect();
    let mut read_as: BTreeMap<&str, u64> = BTreeMap::new();
    for o in history {
        let Did::Read { value, version } = &o.did else { continue };
        let Some(value) = value.as_deref() else {
            if *version != 1 {
                return Some(format!("version {version} has lost what was written before"));
            }
            continue;
        };
        match written.get(version) {
            Some(wrote) if *wrote != value => {
                return Some(format!("version {version} is {wrote}, read as {value}"));
            }
            Some(_) => {}
            None if !doubtful.contains(value) => {
                return Some(format!("{value} was never written as {version}"));
            }
            None => {
                if read_as.insert(value, *version).is_some_and(|other| other != *version) {
                    return Some(format!("{value} was read as two versions"));
                }
            }
        }
    }
    let version = |o: &Operation| match &o.did {
        Did::Wrote { version, .. } | Did::Read { version, .. } => Some(*version),
        _ => None,
    };
    let there = |o: &Operation| matches!(o.did, Did::Wrote { .. } | Did::Read { .. } | Did::Verified);
    for a in history {
        for b in history.iter().filter(|b| a.ended < b.began) {
            if let (Some(first), Some(then)) = (version(a), version(b)) {
                let grows = matches!(b.did, Did::Wrote { .. });
                if then < first || (grows && then == first) {
                    return Some(format!("{b:?} does not know of {a:?}"));
                }
            }
            if matches!(a.did, Did::Erased | Did::Missing) && there(b) {
                return Some(format!("{b:?} sees who is gone since {a:?}"));
            }
        }
        // Nobody is missing before somebody began to erase.
        let erasing = |o: &&Operation| matches!(o.did, Did::Erased | Did::MayHaveErased);
        if a.did == Did::Missing && !history.iter().filter(erasing).any(|o| o.began < a.ended) {
            return Some(format!("{a:?}, and nobody was erased"));
        }
    }
    None
}

/// Breaks something now and then, until it is stopped.
async fn break_things(cluster: &'static Cluster, database: String, nodes: Arc<Vec<Node>>, mut dice: Dice) {
    let client = cluster.client(&database).await;
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    loop {
        tokio::time::sleep(Duration::from_millis(10 + dice.roll(30))).await;
        let wire = &nodes[usize::try_from(dice.roll(3)).unwrap()].wire;
        match dice.roll(3) {
            0 => drop(client.execute(ended, &[]).await),
            1 => {
                wire.set(Wire::Closed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            _ => {
                wire.set(Wire::Silent);
                tokio::time::sleep(Duration::from_millis(dice.roll(60))).await;
            }
        }
        wire.set(Wire::Whole);
    }
}

async fn run(cluster: &'static Cluster, seed: u64) -> usize {
    let nodes = Arc::new(nodes(cluster, 3, &setup()).await);
    let mut persons = Vec::new();
    for who in 1..=4 {
        let (reply, _) = insist(&nodes[0].app, &format!("p{who}"), &body("P", &face(who, 0, 0.1))).await;
        persons.push((reply.expect(201).id(), who));
    }
    let persons: Arc<[(String, u64)]> = persons.into();
    let testkit::Home::Used(settings) = nodes[0].app.home() else { panic!("a database") };
    let database = settings.url.rsplit('/').next().unwrap().to_owned();
    let breaking =
        tokio::spawn(break_things(cluster, database, Arc::clone(&nodes), Dice(seed ^ 0xabcd_ef01)));
    let time = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for number in 0..9 {
        let client = Client {
            app: Arc::clone(&nodes[number % 3].app),
            number,
            dice: Dice(seed.wrapping_mul(31).wrapping_add(number as u64 + 1)),
            time: Arc::clone(&time),
            persons: Arc::clone(&persons),
            seen: Vec::new(),
        };
        clients.spawn(client.run(25));
    }
    let seen: Vec<(usize, Operation)> = clients.join_all().await.into_iter().flatten().collect();
    breaking.abort();
    for which in 0..persons.len() {
        let history: Vec<Operation> =
            seen.iter().filter(|(w, _)| *w == which).map(|(_, o)| o.clone()).collect();
        if let Some(why) = anomaly(&history) {
            panic!("seed {seed}: {why}\n{history:#?}");
        }
    }
    seen.len()
}

/// Runs: `PERSONHOOD_HISTORY_RUNS`, ten by default.
fn runs() -> u64 {
    std::env::var("PERSONHOOD_HISTORY_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_clients_of_three_nodes_see_under_faults_could_have_been_seen_one_after_the_other() {
    let Some(cluster) = shared_cluster() else { return };
    let mut operations = 0;
    for seed in 1..=runs() {
        operations += run(cluster, seed).await;
    }
    println!("{} histories with {operations} operations, no anomaly", runs());
}

#[test]
fn a_history_that_cannot_be_is_found_out() {
    let at = |began, ended, did| Operation { began, ended, did };
    let wrote = |value: &str, version| Did::Wrote { value: value.into(), version };
    let read = |value: &str, version| Did::Read { value: Some(value.into()), version };
    assert_eq!(anomaly(&[at(0, 1, wrote("a", 2)), at(2, 3, read("a", 2)), at(4, 5, Did::Erased)]), None);
    assert_eq!(anomaly(&[at(0, 9, Did::MayHaveWritten { value: "b".into() }), at(2, 3, read("b", 2))]), None);
    for impossible in [
        vec![at(0, 1, wrote("a", 2)), at(0, 1, wrote("b", 2))],
        vec![at(0, 1, wrote("a", 2)), at(2, 3, wrote("b", 3)), at(4, 5, read("a", 2))],
        vec![at(0, 1, wrote("a", 2)), at(0, 3, read("b", 2))],
        vec![at(0, 1, read("a", 2))],
        vec![at(0, 1, Did::Erased), at(2, 3, Did::Verified)],
        vec![at(0, 1, Did::Missing)],
        vec![at(0, 1, wrote("a", 2)), at(2, 3, wrote("b", 2))],
    ] {
        assert!(anomaly(&impossible).is_some(), "{impossible:?}");
    }
}
