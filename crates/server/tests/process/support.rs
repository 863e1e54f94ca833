//! The real binary as a child process, and a small client that speaks to it over a socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything takes on the busiest machine: what is waited for so long does not come.
pub(crate) const GIVEN_UP: Duration = Duration::from_secs(300);

/// A temporary folder that others cannot enter, as a data folder must be.
pub(crate) fn folder() -> tempfile::TempDir {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    tempfile::Builder::new().permissions(mode).tempdir().unwrap()
}

/// The binary, pointed at a data folder, without faces.
pub(crate) fn personhood(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_personhood"));
    command.arg("--data").arg(data).env("PERSONHOOD_ENGINE_RUNTIME", "none");
    // By default it would lie beside a folder that a test removes.
    command.env("PERSONHOOD_KEYS_DIR", data.join("keys"));
    command
}

/// The binary with faces.
pub(crate) fn seeing(data: &Path) -> Command {
    let mut command = personhood(data);
    command.env("PERSONHOOD_ENGINE_RUNTIME", "auto");
    command
}

/// The binary over a database, with a key from outside; the folder is for its log.
pub(crate) fn over(database: &str, folder: &Path) -> Command {
    let mut command = personhood(folder);
    command.env("PERSONHOOD_DATABASE_URL", database).env("PERSONHOOD_KEK", KEK);
    command
}

/// 32 bytes in base64.
pub(crate) const KEK: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) log: PathBuf,
    /// From start to the first answer it could give.
    pub(crate) ready: Duration,
}

impl Server {
    /// Starts the server and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same, with more arguments.
    pub(crate) fn start_with(data: &Path, more: &[&str]) -> Self {
        Self::run(personhood(data).args(more), data)
    }

    /// Starts a server that sees faces.
    pub(crate) fn start_seeing(data: &Path) -> Self {
        Self::run(&mut seeing(data), data)
    }

    /// Starts a node over a database.
    pub(crate) fn start_over(database: &str, folder: &Path) -> Self {
        Self::run(&mut over(database, folder), folder)
    }

    /// Starts a server as a newcomer does; what it prints goes into this file.
    pub(crate) fn first(data: &Path, printed: &Path) -> Self {
        Self::serve(personhood(data).stdout(std::fs::File::create(printed).unwrap()), data, &[])
    }

    pub(crate) fn run(command: &mut Command, data: &Path) -> Self {
        Self::serve(command.stdout(Stdio::null()), data, &["--no-first-token"])
    }

    fn serve(command: &mut Command, data: &Path, more: &[&str]) -> Self {
        let log = data.with_extension("log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let from = file.metadata().unwrap().len();
        let started = Instant::now();
        let child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(more)
            .stderr(file)
            .spawn()
            .unwrap();
        let address = loop {
            assert!(
                started.elapsed() < GIVEN_UP,
                "the server does not listen: {}",
                std::fs::read_to_string(&log).unwrap()
            );
            let text = std::fs::read(&log).unwrap();
            let text = String::from_utf8_lossy(&text[usize::try_from(from).unwrap()..]).into_owned();
            let listening = text
                .lines()
                .filter_map(|l| serde_json::from_str::<Value>(l).ok())
                .find(|l| l["event"] == "listening");
            match listening {
                Some(line) => break line["address"].as_str().unwrap().parse().unwrap(),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        Self { child, address, log, ready: started.elapsed() }
    }

    /// Waits until its log has a line of this event.
    pub(crate) fn has_logged(log: &Path, event: &str) {
        let started = Instant::now();
        let named = |line: &str| serde_json::from_str::<Value>(line).is_ok_and(|l| l["event"] == event);
        while !std::fs::read_to_string(log).unwrap().lines().any(named) {
            assert!(started.elapsed() < GIVEN_UP, "the server does not log `{event}`");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without any warning.
    pub(crate) fn kill(mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and answers whether it did so cleanly.
    pub(crate) fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().success()
    }
}

/// A token made beside whatever is running.
pub(crate) fn token(data: &Path) -> String {
    token_from(&mut personhood(data))
}

/// A token made by this command.
pub(crate) fn token_from(command: &mut Command) -> String {
    let output = command.args(["token", "create", "--name", "test", "--scope", "admin"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// One kept-alive connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, token: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GIVEN_UP))?;
        Ok(Self { stream: BufReader::new(stream), token: token.to_owned() })
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: Option<&str>) -> std::io::Result<Answer> {
        let body = body.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.read()
    }

    /// Announces a request, and waits until the server has begun to read its body.
    pub(crate) fn begin(&mut self, method: &str, path: &str, length: usize) -> std::io::Result<()> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n",
            self.token
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        let go_on = self.read()?;
        assert_eq!(go_on.status, 100, "{}", go_on.body);
        Ok(())
    }

    /// Sends the body of a request that was begun.
    pub(crate) fn finish(&mut self, body: &str) -> std::io::Result<Answer> {
        self.stream.get_mut().write_all(body.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> std::io::Result<Answer> {
        let ended = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let (mut line, mut length, mut status) = (String::new(), 0, 0);
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(ended());
            }
            let lower = line.to_ascii_lowercase();
            if let Some(rest) = lower.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().map_err(|_| ended())?;
            } else if let Some(rest) = lower.strip_prefix("content-length:") {
                length = rest.trim().parse().map_err(|_| ended())?;
            } else if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body: String::from_utf8(body).map_err(|_| ended())? })
    }
}
