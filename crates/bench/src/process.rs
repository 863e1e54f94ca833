//! A real server in a process of its own, and a plain client of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// What a client's call comes to.
pub type Outcome<T> = std::io::Result<T>;

/// The server's binary over a folder.
#[must_use]
pub fn server(binary: &Path, data: &Path) -> Command {
    let mut command = Command::new(binary);
    command.arg("--data").arg(data);
    command
}

/// What a command of the server says.
///
/// # Panics
/// When it fails.
pub fn said(command: &mut Command) -> String {
    let output = command.output().expect("the server's binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// Starts a server on a port of its own.
///
/// # Panics
/// When it does not listen, or has no models.
#[must_use]
pub fn start(binary: &Path, data: &Path) -> (Child, SocketAddr) {
    let mut child = server(binary, data)
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--no-first-token"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut log = BufReader::new(child.stderr.take().expect("a log"));
    let address = loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).expect("a log") > 0, "the server does not listen");
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        if line["event"] == "listening" {
            assert_eq!(line["faces"], true, "this benchmark needs the models: personhood models pull");
            break line["address"].as_str().and_then(|a| a.parse().ok()).expect("an address");
        }
    };
    thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    (child, address)
}

/// A connection that is used again and again.
pub struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Of the network.
    pub fn connect(address: SocketAddr, token: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(90)))?;
        Ok(Self { stream: BufReader::new(stream), token: token.to_owned() })
    }

    /// Sends a head that announces a body.
    ///
    /// # Errors
    /// Of the network.
    pub fn head(&mut self, method: &str, path: &str, length: usize) -> Outcome<()> {
        let token = &self.token;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.stream.get_mut().write_all(head.as_bytes())
    }

    /// The stream below, for what no honest client does.
    pub fn stream(&mut self) -> &mut TcpStream {
        self.stream.get_mut()
    }

    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    /// Of the network.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> Outcome<(u16, Vec<u8>)> {
        self.head(method, path, body.len())?;
        self.stream.get_mut().write_all(body.as_bytes())?;
        let broken = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        let (mut status, mut length) = (0, None);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(broken());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|s| s.parse().ok()).ok_or_else(broken)?;
            } else if let Some(rest) = line.strip_prefix("content-length:") {
                length = rest.trim().parse::<usize>().ok();
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length.unwrap_or_default()];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }
}

/// A person with a face; the identifier.
///
/// # Panics
/// When the server refuses it.
pub fn enrol(address: SocketAddr, token: &str, name: &str, image: &[u8]) -> String {
    let image = BASE64_STANDARD.encode(image);
    let body = json!({ "firstName": name, "lastName": "Doe", "onDuplicate": "allow", "biometricData": { "faceImage": image } });
    let mut client = Client::connect(address, token).expect("a connection");
    let (status, answer) = client.ask("POST", "/v2/persons", &body.to_string()).expect("an answer");
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    answer["id"].as_str().expect("an identifier").to_owned()
}
