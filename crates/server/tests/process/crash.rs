//! Nothing that was acknowledged is lost, and nothing readable is left behind: the real binary, killed and
//! restarted. `PERSONHOOD_CRASH_ROUNDS` sets how often (8 by default; 200 takes about a minute and a half).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::{Client, GIVEN_UP, Server, folder, personhood, token};
use serde_json::Value;

const CLIENTS: usize = 4;

/// A small generator: the moment of a kill should vary, not be strong.
struct Dice(u64);

impl Dice {
    #[expect(clippy::disallowed_methods, reason = "a fresh seed for each run, printed")]
    fn fresh() -> Self {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        println!("seed {seed}");
        Self(seed | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Creates and updates persons until told to stop; notes the version of each that was acknowledged.
fn load(
    server: &Server,
    token: &str,
    stop: &AtomicBool,
    acknowledged: &Mutex<HashMap<String, u64>>,
    client: usize,
) {
    let Ok(mut connection) = Client::connect(server.address, token) else { return };
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let body = format!(
            r#"{{"firstName":"Client {client}","lastName":"Number {n}","email":"c{client}n{n}@example.com"}}"#
        );
        let Ok(created) = connection.send("POST", "/v2/persons", Some(&body)) else { return };
        assert_eq!(created.status, 201, "{}", created.body);
        let person: Value = serde_json::from_str(&created.body).unwrap();
        let id = person["id"].as_str().unwrap().to_owned();
        acknowledged.lock().unwrap().insert(id.clone(), 1);
        let update = connection.send("PUT", &format!("/v2/persons/{id}"), Some(r#"{"phone":"+1234567890"}"#));
        let Ok(updated) = update else { return };
        assert_eq!(updated.status, 200, "{}", updated.body);
        acknowledged.lock().unwrap().insert(id, 2);
    }
}

fn rounds() -> usize {
    std::env::var("PERSONHOOD_CRASH_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(8)
}

#[test]
fn no_acknowledged_person_is_lost_however_often_the_server_is_killed() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(&data);
    let (mut dice, mut total, mut slowest) = (Dice::fresh(), 0, Duration::ZERO);
    for round in 0..rounds() {
        let server = Arc::new(Server::start(&data));
        slowest = slowest.max(server.ready);
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(HashMap::new())));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (server, token, stop, acknowledged) =
                    (Arc::clone(&server), token.clone(), Arc::clone(&stop), Arc::clone(&acknowledged));
                std::thread::spawn(move || load(&server, &token, &stop, &acknowledged, client))
            })
            .collect();
        // However slow this machine is, something was acknowledged before the kill.
        let begun = Instant::now();
        while acknowledged.lock().unwrap().is_empty() {
            assert!(begun.elapsed() < GIVEN_UP, "nothing is acknowledged");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(dice.below(150)));
        // The kill comes while requests are under way; the clients then find their connections gone.
        assert!(
            std::process::Command::new("kill")
                .args(["-KILL", &server.pid().to_string()])
                .status()
                .unwrap()
                .success()
        );
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().for_each(|c| c.join().unwrap());
        Arc::into_inner(server).unwrap().kill();

        let server = Server::start(&data);
        let mut client = Client::connect(server.address, &token).unwrap();
        let acknowledged = acknowledged.lock().unwrap();
        for (id, version) in acknowledged.iter() {
            let read = client.send("GET", &format!("/v2/persons/{id}"), None).unwrap();
            assert_eq!(read.status, 200, "round {round}: {id} was acknowledged and is gone");
            let person: Value = serde_json::from_str(&read.body).unwrap();
            assert!(person["version"].as_u64() >= Some(*version), "round {round}: {id} lost an update");
        }
        total += acknowledged.len();
        server.kill();
    }
    println!("{} kills, {total} persons acknowledged, 0 lost; slowest start {slowest:?}", rounds());
    assert!(total > 0);
    let doctor = personhood(&data).args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let store = report["checks"].as_array().unwrap().iter().find(|c| c["name"] == "store integrity").unwrap();
    assert_eq!(store["ok"], true, "{report}");
}

/// All files below `folder`, the key apart.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("keys") => {}
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)
}

#[test]
fn nothing_of_a_person_or_token_is_readable_at_rest_or_in_the_log() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(&data);
    let server = Server::start(&data);
    let log = server.log.clone();
    let mut client = Client::connect(server.address, &token).unwrap();
    let print = testkit::fingers::record(40);
    let values = [
        "Canaryfirst",
        "Canarylast",
        "canary@mail.example",
        "+4915112345678",
        "CANARY-778899",
        "canary-external",
        "canary-metadata",
    ];
    let body = format!(
        r#"{{"firstName":"{}","lastName":"{}","email":"{}","phone":"{}","documentNumber":"{}","externalId":"{}","metadata":{{"k":"{}"}},"biometricData":{{"fingerprint":"{}"}}}}"#,
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        values[5],
        values[6],
        base64(&print)
    );
    let created = client.send("POST", "/v2/persons", Some(&body)).unwrap();
    assert_eq!(created.status, 201, "{}", created.body);
    let listed =
        client.send("GET", "/v2/persons?email=canary%40mail.example&name=canaryfirst", None).unwrap();
    assert!(listed.body.contains("Canaryfirst"));
    assert_eq!(
        client
            .send("POST", "/v2/persons", Some(r#"{"firstName":"Canaryfirst","email":"canary@mail.example"#))
            .unwrap()
            .status,
        400
    );
    assert!(server.terminate());

    let mut found = Vec::new();
    files(&data, &mut found);
    found.push(log);
    assert!(found.len() >= 2, "{found:?}");
    let needles = values.iter().map(|v| v.as_bytes().to_vec()).chain([print, token.into_bytes()]);
    for needle in needles {
        let hex: String = needle.iter().map(|b| format!("{b:02x}")).collect();
        // Base64 of a text inside a longer one depends on where it begins: three ways.
        let inner = (0..3).map(|skip| {
            let text = base64(&[vec![0; skip], needle.clone()].concat());
            text.as_bytes()[4 * skip.div_ceil(3)..text.len() - 4].to_vec()
        });
        for form in inner.chain([needle.clone(), hex.to_uppercase().into_bytes(), hex.into_bytes()]) {
            for file in &found {
                let bytes = std::fs::read(file).unwrap();
                assert!(
                    !contains(&bytes, &form),
                    "{} holds {}",
                    file.display(),
                    String::from_utf8_lossy(&form)
                );
            }
        }
    }
}

#[test]
fn a_wrong_or_missing_key_is_refused_and_never_replaced() {
    let folder = folder();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    token(&data);
    token(&other);
    let key = data.join("keys/kek");
    let refused = |why: &str| {
        let output = personhood(&data).args(["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
        assert!(!output.status.success(), "{why}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    std::fs::remove_file(&key).unwrap();
    assert!(refused("missing").contains("missing"));
    assert!(!key.exists(), "no new key over existing data");
    std::fs::copy(other.join("keys/kek"), &key).unwrap();
    assert!(refused("wrong").contains("key"));
}

#[test]
fn told_to_stop_the_server_finishes_what_it_was_doing() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(&data);
    // Nothing is ended by time: each request is under way for as long as this test likes.
    let settings = folder.path().join("settings.toml");
    let limits = "[limits]\nbody_seconds = 3600\ngrace_seconds = 3600\nrequest_seconds = 3600\nshutdown_seconds = 3600\n";
    std::fs::write(&settings, limits).unwrap();
    let server = Server::start_with(&data, &["--config", settings.to_str().unwrap()]);
    let (address, log) = (server.address, server.log.clone());
    let body = r#"{"firstName":"A","lastName":"B"}"#;
    let mut under_way: Vec<Client> = (0..CLIENTS)
        .map(|_| {
            let mut client = Client::connect(address, &token).unwrap();
            client.begin("POST", "/v2/persons", body.len()).unwrap();
            client
        })
        .collect();
    let stopped = std::thread::spawn(move || server.terminate());
    Server::has_logged(&log, "stopping");
    // It takes nobody new, and every request that it had begun is answered.
    let refused =
        || Client::connect(address, &token).and_then(|mut c| c.send("GET", "/livez", None)).is_err();
    let deadline = Instant::now() + GIVEN_UP;
    while !refused() {
        assert!(Instant::now() < deadline, "the server takes new requests");
    }
    let mut ids = Vec::new();
    for client in &mut under_way {
        let created =
            client.finish(body).expect("the request was under way when the server was told to stop");
        assert_eq!(created.status, 201, "{}", created.body);
        let created: Value = serde_json::from_str(&created.body).unwrap();
        ids.push(created["id"].as_str().unwrap().to_owned());
    }
    assert!(stopped.join().unwrap(), "a clean end");
    let server = Server::start(&data);
    let mut client = Client::connect(server.address, &token).unwrap();
    for id in &ids {
        assert_eq!(client.send("GET", &format!("/v2/persons/{id}"), None).unwrap().status, 200);
    }
    server.kill();
}

#[test]
fn a_token_revoked_by_another_process_stops_working_within_a_second() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(&data);
    let server = Server::start(&data);
    let mut client = Client::connect(server.address, &token).unwrap();
    assert_eq!(client.send("GET", "/v2/persons", None).unwrap().status, 200);
    let own: Value =
        serde_json::from_str(&client.send("GET", "/v2/tokens/self", None).unwrap().body).unwrap();
    assert!(
        personhood(&data).args(["token", "revoke", own["id"].as_str().unwrap()]).status().unwrap().success()
    );
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(client.send("GET", "/v2/persons", None).unwrap().status, 401);
    server.kill();
}
