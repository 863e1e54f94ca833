//! Clients that dawdle are shown out, and cost nobody else anything.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Client, GIVEN_UP, Server, folder, token};

/// Whether the server ends a connection on which `then` is sent twice a second, rather than this client.
fn is_ended(address: std::net::SocketAddr, first: &[u8], then: &[u8]) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let started = Instant::now();
    let _ = stream.write_all(first);
    let mut answer = [0; 4096];
    while started.elapsed() < GIVEN_UP {
        match stream.read(&mut answer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                if !then.is_empty() && stream.write_all(then).is_err() {
                    return true;
                }
            }
            Err(_) => return true,
        }
    }
    false
}

#[test]
fn silent_and_slow_connections_are_closed_while_others_are_served() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(&data);
    // Short limits keep the test short; the mechanism is the same.
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[limits]\nheader_seconds = 1\nbody_seconds = 2\n").unwrap();
    let server = Server::start_with(&data, &["--config", settings.to_str().unwrap()]);
    let address = server.address;
    let head = format!(
        "POST /v2/persons HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    );
    let cases: [(&str, Vec<u8>, &[u8]); 3] = [
        ("silent", Vec::new(), b""),
        ("a header a second", b"GET /livez HTTP/1.1\r\n".to_vec(), b"x-a: b\r\n"),
        ("a byte a second", head.into_bytes(), b"x"),
    ];
    let slow: Vec<_> = cases
        .into_iter()
        .map(|(name, first, then)| {
            let then = then.to_vec();
            std::thread::spawn(move || (name, is_ended(address, &first, &then)))
        })
        .collect();
    let mut client = Client::connect(address, &token).unwrap();
    for _ in 0..50 {
        assert_eq!(client.send("GET", "/livez", None).unwrap().status, 200);
    }
    for thread in slow {
        let (name, is_ended) = thread.join().unwrap();
        assert!(is_ended, "{name}: kept");
    }
    server.kill();
}

#[test]
fn beyond_the_cap_connections_are_closed_at_once_and_places_come_free_again() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(&data);
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[limits]\nconnections = 3\n").unwrap();
    let server = Server::start_with(&data, &["--config", settings.to_str().unwrap()]);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::connect(server.address, &token).unwrap()).collect();
    for client in &mut clients {
        assert_eq!(client.send("GET", "/livez", None).unwrap().status, 200);
    }
    let refused = Client::connect(server.address, &token).and_then(|mut c| c.send("GET", "/livez", None));
    assert!(refused.is_err(), "a fourth connection");
    drop(clients);
    let deadline = Instant::now() + GIVEN_UP;
    while Client::connect(server.address, &token).and_then(|mut c| c.send("GET", "/livez", None)).is_err() {
        assert!(Instant::now() < deadline, "places come free");
    }
    server.kill();
}

/// The client asks for much, and its own system takes in little of it.
fn unread(address: std::net::SocketAddr, path: &str) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    stream
}

#[test]
fn connections_whose_answer_is_not_read_are_reset() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let settings = folder.path().join("settings.toml");
    // Short limits keep the test short; the mechanism is the same.
    std::fs::write(&settings, "[limits]\ngrace_seconds = 1\nanswer_bytes_per_second = 1000000000\n").unwrap();
    let server = Server::start_with(&data, &["--config", settings.to_str().unwrap()]);
    let silent = unread(server.address, "/docs/swagger-ui-bundle.js");
    // A reset, and not an end that the system would keep what was not read for.
    let deadline = Instant::now() + GIVEN_UP;
    let error = loop {
        if let Some(error) = silent.take_error().unwrap() {
            break error;
        }
        assert!(Instant::now() < deadline, "the connection is not reset");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    server.kill();
}
