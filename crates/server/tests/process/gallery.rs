//! The index of faces is derived from the store: however the server ends, the next one finds whom the store holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Client, GIVEN_UP, Server, folder, seeing, token};
use serde_json::Value;

const CLIENTS: usize = 3;

/// Enrols the same face over and over, until the connection is gone.
fn load(server: &Server, token: &str, body: &str, enrolled: &AtomicUsize) {
    let Ok(mut connection) = Client::connect(server.address, token) else { return };
    while let Ok(answer) = connection.send("POST", "/v2/persons", Some(body)) {
        match answer.status {
            201 => drop(enrolled.fetch_add(1, Ordering::Relaxed)),
            status => assert_eq!(status, 503, "{}", answer.body),
        }
    }
}

#[test]
fn killed_while_enrolling_the_next_server_finds_everybody_and_nobody_else() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(&data);
    let image = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, testkit::faces::ana());
    let body: Arc<str> = format!(
        r#"{{"firstName":"A","lastName":"B","onDuplicate":"allow","biometricData":{{"faceImage":"{image}"}}}}"#
    )
    .into();
    let enrolled = Arc::new(AtomicUsize::new(0));
    for more in [2, 5] {
        let server = Arc::new(Server::start_seeing(&data));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (server, token, body, enrolled) =
                    (Arc::clone(&server), token.clone(), Arc::clone(&body), Arc::clone(&enrolled));
                std::thread::spawn(move || load(&server, &token, &body, &enrolled))
            })
            .collect();
        // However slow this machine is, somebody is enrolled and others are on their way when it is killed.
        let (begun, before) = (Instant::now(), enrolled.load(Ordering::Relaxed));
        while enrolled.load(Ordering::Relaxed) < before + more {
            assert!(begun.elapsed() < GIVEN_UP, "nobody is enrolled");
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = server.pid().to_string();
        assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        clients.into_iter().for_each(|c| c.join().unwrap());
        Arc::into_inner(server).unwrap().kill();
    }
    let enrolled = enrolled.load(Ordering::Relaxed);
    assert!(enrolled > 0);

    let doctor = seeing(&data).args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let index = report["checks"].as_array().unwrap().iter().find(|c| c["name"] == "search index").unwrap();
    assert_eq!(index["ok"], true, "{report}");

    let server = Server::start_seeing(&data);
    let mut client = Client::connect(server.address, &token).unwrap();
    let probe = format!(r#"{{"faceImage":"{image}","limit":100}}"#);
    let answer = loop {
        let answer = client.send("POST", "/v2/persons/search", Some(&probe)).unwrap();
        if answer.status != 503 {
            break answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let found: Value = serde_json::from_str(&answer.body).unwrap();
    assert!(found["gallerySize"].as_u64().unwrap() >= enrolled as u64, "{enrolled} were acknowledged");
    let listed = client.send("GET", "/v2/persons?limit=1", None).unwrap();
    let total = serde_json::from_str::<Value>(&listed.body).unwrap()["pagination"]["total"].clone();
    assert_eq!(found["gallerySize"], total);
    server.kill();
}
