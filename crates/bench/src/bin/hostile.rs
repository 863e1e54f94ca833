//! Forty hostile clients of one tenant beside an honest one of another, against the real server: do all honest requests succeed,
//! how much later, and what does it cost in memory? Goals: every one succeeds, the 99th percentile is at most three times
//! that of a quiet server, and the memory stays within what the settings say.
//!
//! `target/release/hostile [SECONDS] [SERVER]`: the time of each phase, and the server's binary (by default the one beside this
//! program). All traffic is to 127.0.0.1.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bench::percentile;
use bench::process::{Client, Outcome, enrol, said, server, start};
use image::{DynamicImage, ImageBuffer, ImageFormat, Rgba};
use serde_json::{Value, json};

/// The server's memory for bodies and answers, as its settings say.
const BUDGETS: u64 = 512 + 256;
/// What one inference thread may hold of a picture: 25 million pixels of three bytes, and the same again while it is turned.
const PICTURE: u64 = 150;

/// A figure of the process in MiB.
fn memory(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
    line.trim_matches([':', ' ', '\t', 'k', 'B']).trim().parse::<u64>().unwrap_or_default() >> 10
}

/// What the honest client saw.
#[derive(Default)]
struct Seen {
    times: BTreeMap<&'static str, Vec<Duration>>,
    failures: Vec<String>,
}

/// Creates, reads, lists, verifies and searches, one after the other.
fn honest(address: SocketAddr, token: &str, person: &str, probe: &str, time: Duration) -> Seen {
    let (mut seen, until) = (Seen::default(), Instant::now() + time);
    let mut client = Client::connect(address, token).expect("a connection");
    let (mut n, mut id) = (0, person.to_owned());
    while Instant::now() < until {
        n += 1;
        let new = json!({ "firstName": "Honest", "lastName": format!("Person {n}"), "email": format!("h{n}@example.org") });
        let calls = [
            ("create", "POST", "/v2/persons".to_owned(), new.to_string(), 201),
            ("read", "GET", format!("/v2/persons/{id}"), String::new(), 200),
            ("list", "GET", "/v2/persons?limit=20".to_owned(), String::new(), 200),
            ("verify", "POST", format!("/v2/persons/{person}/verify"), probe.to_owned(), 200),
            ("search", "POST", "/v2/persons/search".to_owned(), probe.to_owned(), 200),
        ];
        for (kind, method, path, body, expected) in calls {
            let started = Instant::now();
            let outcome = client.ask(method, &path, &body);
            seen.times.entry(kind).or_default().push(started.elapsed());
            match outcome {
                Ok((status, answer)) if status == expected => {
                    if kind == "create" {
                        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                        answer["id"].as_str().unwrap_or_default().clone_into(&mut id);
                    }
                }
                Ok((status, answer)) => {
                    seen.failures.push(format!("{kind}: {status} {}", String::from_utf8_lossy(&answer)));
                }
                Err(error) => {
                    seen.failures.push(format!("{kind}: {error}"));
                    client = Client::connect(address, token).expect("a connection");
                }
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
    seen
}

/// A picture of 25 million pixels of 16 bits in a small file.
fn deep_picture() -> String {
    let picture: ImageBuffer<Rgba<u16>, Vec<u16>> = ImageBuffer::from_pixel(5_000, 5_000, Rgba([0x8000; 4]));
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut file, ImageFormat::Png).expect("a picture");
    json!({ "faceImage": BASE64_STANDARD.encode(file.into_inner()) }).to_string()
}

/// What the hostile clients share.
struct Attack {
    address: SocketAddr,
    token: String,
    probe: String,
    deep: String,
    stop: AtomicBool,
    requests: AtomicU64,
}

impl Attack {
    /// One hostile client: forty of them are of five kinds.
    fn run(&self, number: usize) {
        while !self.stop.load(Ordering::Relaxed) {
            let _ = match number % 10 {
                0..=2 => self.announce(),
                3 | 4 => self.read_slowly(),
                5 => self.flood("POST", "/v2/detect", &self.deep),
                6 | 7 => self.flood("POST", "/v2/persons/search", &self.probe),
                8 => self.flood("GET", "/v2/persons?sort=updatedAt&email=a@b.example", ""),
                _ => {
                    self.flood("GET", "/v2/persons?sort=updatedAt&verificationStatus=failed&name=hostile", "")
                }
            };
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Announces the largest body, sends a little, and waits to be shown out.
    fn announce(&self) -> Outcome<()> {
        let mut client = Client::connect(self.address, &self.token)?;
        client.head("POST", "/v2/persons", 16 << 20)?;
        client.stream().write_all(&vec![b' '; 64 << 10])?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.linger(&mut client)
    }

    /// Reads a list with images, a few bytes a second.
    fn read_slowly(&self) -> Outcome<()> {
        let mut client = Client::connect(self.address, &self.token)?;
        client.head("GET", "/v2/persons?include=biometricData&limit=50", 0)?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.linger(&mut client)
    }

    fn linger(&self, client: &mut Client) -> Outcome<()> {
        client.stream().set_read_timeout(Some(Duration::from_millis(200)))?;
        let mut some = [0; 64];
        while !self.stop.load(Ordering::Relaxed) {
            match client.stream().read(&mut some) {
                Ok(0) => return Ok(()),
                Ok(_) => thread::sleep(Duration::from_millis(200)),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The same request over and over.
    fn flood(&self, method: &str, path: &str, body: &str) -> Outcome<()> {
        let mut client = Client::connect(self.address, &self.token)?;
        while !self.stop.load(Ordering::Relaxed) {
            client.ask(method, path, body)?;
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The hostile clients, until the input ends.
fn attack(address: SocketAddr, token: String) {
    let probe = json!({ "faceImage": BASE64_STANDARD.encode(testkit::faces::ana()) }).to_string();
    let attack = Arc::new(Attack {
        address,
        token,
        probe,
        deep: deep_picture(),
        stop: AtomicBool::new(false),
        requests: AtomicU64::new(0),
    });
    for number in 0..40 {
        let attack = Arc::clone(&attack);
        thread::spawn(move || attack.run(number));
    }
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    attack.stop.store(true, Ordering::Relaxed);
    println!("{}", attack.requests.load(Ordering::Relaxed));
}

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq("--attack").is_some() {
        let address = arguments.next().and_then(|a| a.parse().ok()).expect("an address");
        return attack(address, arguments.next().expect("a token"));
    }
    let time = Duration::from_secs(arguments.next().map_or(20, |n| n.parse().expect("seconds")));
    let beside = || std::env::current_exe().expect("this program").with_file_name("personhood");
    let binary = arguments.next().map_or_else(beside, PathBuf::from);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let token = |tenant: &str| {
        let create = ["token", "create", "--name", "bench", "--scope", "admin", "--tenant", tenant];
        said(server(&binary, &data).args(create))
    };
    said(server(&binary, &data).args(["tenant", "create", "hostile"]));
    let (ours, theirs) = (token("default"), token("hostile"));
    let (mut child, address) = start(&binary, &data);
    let (pid, ana) = (child.id(), testkit::faces::ana());
    let probe = json!({ "faceImage": BASE64_STANDARD.encode(&ana) }).to_string();
    let person = enrol(address, &ours, "Ana", &ana);
    for n in 0..50 {
        enrol(address, &theirs, &format!("Hostile {n}"), &ana);
    }
    honest(address, &ours, &person, &probe, Duration::from_secs(3));
    let quiet = honest(address, &ours, &person, &probe, time);
    let rest = memory(pid, "VmHWM");
    // Hostile clients have machines of their own; here they may have what nobody else wants of this one.
    let program = std::env::current_exe().expect("this program");
    let mut clients = Command::new("nice")
        .args(["-n", "19"])
        .arg(program)
        .args(["--attack", &address.to_string(), &theirs])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("clients");
    thread::sleep(Duration::from_secs(4));
    let attacked = honest(address, &ours, &person, &probe, time);
    let peak = memory(pid, "VmHWM");
    drop(clients.stdin.take());
    let requests = clients.wait_with_output().expect("clients").stdout;
    let _ = child.kill();
    let _ = child.wait();
    report(&quiet, &attacked);
    let workers = thread::available_parallelism().map_or(1, usize::from) as u64;
    println!(
        "hostile requests {}; peak memory {peak} MiB, at rest {rest} MiB, stated {} MiB (at rest, bodies and answers {BUDGETS}, {workers} pictures of {PICTURE})",
        String::from_utf8_lossy(&requests).trim(),
        rest + BUDGETS + workers * PICTURE,
    );
}

fn report(quiet: &Seen, attacked: &Seen) {
    let p99 = |times: &[Duration]| percentile(times, 0.99);
    for (kind, times) in &attacked.times {
        let before = p99(&quiet.times[kind]);
        let after = p99(times);
        println!(
            "{kind}: quiet p99 {before:.1?}, attacked p99 {after:.1?}, {:.1} times; medians {:.1?} and {:.1?}",
            after.as_secs_f64() / before.as_secs_f64(),
            percentile(&quiet.times[kind], 0.5),
            percentile(times, 0.5),
        );
    }
    let all = |seen: &Seen| p99(&seen.times.values().flatten().copied().collect::<Vec<_>>());
    let requests = |seen: &Seen| seen.times.values().map(Vec::len).sum::<usize>();
    println!(
        "all: {:.1} times (goal 3); honest requests {} quiet, {} attacked, failures {} and {} (goal 0)",
        all(attacked).as_secs_f64() / all(quiet).as_secs_f64(),
        requests(quiet),
        requests(attacked),
        quiet.failures.len(),
        attacked.failures.len(),
    );
    for failure in attacked.failures.iter().chain(&quiet.failures).take(5) {
        println!("failed: {failure}");
    }
}
