//! A store that speaks S3, for as long as a test runs: `moto_server`, where it is installed.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An S3 server with one bucket.
pub struct Bucket {
    port: u16,
    server: Child,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// `PERSONHOOD_S3_SERVER`, or what the search path has.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PERSONHOOD_S3_SERVER") {
        return Some(named.into());
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join("moto_server"))
        .find(|file| file.exists())
}

impl Bucket {
    /// A fresh server with an empty bucket; `None` where none is installed, which is said loudly, and is a failure where
    /// `PERSONHOOD_REQUIRE_S3` is set.
    #[must_use]
    pub fn start() -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                std::env::var_os("PERSONHOOD_REQUIRE_S3").is_none(),
                "an S3 server is required and not installed"
            );
            eprintln!(
                "\n*** No S3 server is installed: THIS TEST PROVED NOTHING. `pip install 'moto[server,s3]'` brings one. ***\n"
            );
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the S3 server can be started");
        let bucket = Self { port, server };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "the S3 server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        bucket.ask("PUT", "/images");
        Some(bucket)
    }

    /// The URL for a store's settings.
    #[must_use]
    pub fn url(&self) -> String {
        format!("s3://images/some/where?endpoint=http://127.0.0.1:{}&region=us-east-1", self.port)
    }

    /// Sends a request that nobody has signed, and answers the body.
    pub fn ask(&self, method: &str, path: &str) -> String {
        self.send(method, path, &[])
    }

    /// As [`Self::ask`], with a body.
    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> String {
        use std::io::{Read as _, Write as _};
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the S3 server");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("a request");
        stream.write_all(body).expect("a body");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Names of all objects.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        let list = self.ask("GET", "/images?list-type=2");
        list.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
    }

    /// Names of all objects that are images.
    #[must_use]
    pub fn images(&self) -> Vec<String> {
        self.objects().into_iter().filter(|name| !name.ends_with("/marker")).collect()
    }
}
