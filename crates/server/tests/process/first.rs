//! What a newcomer sees.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Client, Server, folder};

/// The token that a server printed; it prints before anybody could have asked it something.
fn token(printed: &Path) -> Option<String> {
    let text = std::fs::read_to_string(printed).unwrap();
    text.split_whitespace().find(|word| word.starts_with("ph_")).map(str::to_owned)
}

/// Waits until the server has said where it is: that comes after what it prints of a token.
fn said(printed: &Path) {
    let started = Instant::now();
    while !std::fs::read_to_string(printed).unwrap().contains("serves http://") {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing was printed");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_first_start_prints_a_token_that_may_create_and_none_once_something_is_kept() {
    let folder = folder();
    let (data, printed) = (folder.path().join("data"), folder.path().join("printed"));
    // Started once without asking for a token, and still nothing is kept.
    let asked_for_none = Server::start(&data);
    let alive = Client::connect(asked_for_none.address, "").unwrap().send("GET", "/livez", None);
    assert_eq!(alive.unwrap().status, 200);
    assert!(asked_for_none.terminate());
    let server = Server::first(&data, &printed);
    said(&printed);
    let first = token(&printed).expect("a token is printed where nothing is kept");
    let body = r#"{"firstName":"John","lastName":"Doe"}"#;
    let made = Client::connect(server.address, &first).unwrap().send("POST", "/v2/persons", Some(body));
    assert_eq!(made.unwrap().status, 201);
    assert!(server.terminate());
    let again = Server::first(&data, &printed);
    said(&printed);
    assert_eq!(token(&printed), None, "a second token is for those who have one, or the key");
    again.kill();
}
