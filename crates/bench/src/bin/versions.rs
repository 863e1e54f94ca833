//! Two builds of the server beside one another: how much slower or faster is the second? Each call goes to the one and then to the
//! other, so that whatever else the machine does meets both. Goal: create, read, verify and search within 5 %.
//!
//! `target/release/versions BEFORE AFTER [ROUNDS]`: two binaries, and how often each call is made.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bench::process::{Client, enrol, said, server, start};
use bench::{median, percentile};
use serde_json::json;

/// Calls that are not counted: caches fill.
const WARM: usize = 50;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let binaries: Vec<PathBuf> = arguments.by_ref().take(2).map(PathBuf::from).collect();
    assert_eq!(binaries.len(), 2, "two binaries are needed");
    let rounds: usize = arguments.next().map_or(1_000, |n| n.parse().expect("a number of rounds"));
    let folder = tempfile::tempdir().expect("a folder");
    let ana = testkit::faces::ana();
    let probe = json!({ "faceImage": BASE64_STANDARD.encode(testkit::faces::ana_again()) }).to_string();
    let mut sides = Vec::new();
    for (n, binary) in binaries.iter().enumerate() {
        let data = folder.path().join(format!("data-{n}"));
        let token =
            said(server(binary, &data).args(["token", "create", "--name", "bench", "--scope", "admin"]));
        let (child, address) = start(binary, &data);
        let person = enrol(address, &token, "Ana", &ana);
        sides.push((child, Client::connect(address, &token).expect("a connection"), person));
    }
    let mut times: BTreeMap<&str, [Vec<Duration>; 2]> = BTreeMap::new();
    for round in 0..WARM + rounds {
        for kind in ["create", "read", "verify", "search"] {
            // Pictures take fifty times as long, and are as steady with fewer.
            if matches!(kind, "verify" | "search") && round % 5 != 0 {
                continue;
            }
            // Whoever comes second finds the processor's caches warm: turn about.
            for turn in 0..2 {
                let side = (turn + round) % 2;
                let (_, client, person) = &mut sides[side];
                let new = json!({ "firstName": "Bench", "lastName": format!("Person {round}"), "email": format!("b{round}@example.org") });
                let (method, path, body, expected) = match kind {
                    "create" => ("POST", "/v2/persons".to_owned(), new.to_string(), 201),
                    "read" => ("GET", format!("/v2/persons/{person}"), String::new(), 200),
                    "verify" => ("POST", format!("/v2/persons/{person}/verify"), probe.clone(), 200),
                    _ => ("POST", "/v2/persons/search".to_owned(), probe.clone(), 200),
                };
                let started = Instant::now();
                let (status, answer) = client.ask(method, &path, &body).expect("an answer");
                let elapsed = started.elapsed();
                assert_eq!(status, expected, "{}", String::from_utf8_lossy(&answer));
                if round >= WARM {
                    times.entry(kind).or_default()[side].push(elapsed);
                }
            }
        }
    }
    for (mut child, ..) in sides {
        let _ = child.kill();
        let _ = child.wait();
    }
    for (kind, [before, after]) in &times {
        let ratio = |of: fn(&[Duration]) -> Duration| of(after).as_secs_f64() / of(before).as_secs_f64();
        println!(
            "{kind}: median {:.0?} and {:.0?}, {:.3} times; p90 {:.3} times ({} calls each)",
            median(before),
            median(after),
            ratio(median),
            ratio(|times| percentile(times, 0.9)),
            before.len(),
        );
    }
}
