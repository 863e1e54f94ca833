//! PostgreSQL clusters that are thrown away.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

/// A cluster of its own. It ends with this, or with the process, however that ends.
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    /// The shell that waits for the end.
    keeper: Option<(Child, ChildStdin)>,
    databases: AtomicU32,
}

/// Where the server's programs are: `PERSONHOOD_PG_BIN`, or the newest that the system has.
fn programs() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PERSONHOOD_PG_BIN") {
        return Some(named.into());
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

/// The server refuses to run as root: then it runs as `postgres`.
fn as_owner(program: &str) -> Command {
    // SAFETY-free way to ask who we are: the owner of our own entry in /proc.
    let root = std::fs::metadata("/proc/self")
        .map(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
        .unwrap_or_default();
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
    command
}

fn run(command: &mut Command) -> String {
    command.current_dir("/");
    let output = command.output().expect("a program of the database can be started");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A port that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

impl Cluster {
    /// A fresh cluster; `None` where PostgreSQL is not installed, which is said loudly, and is a failure where
    /// `PERSONHOOD_REQUIRE_POSTGRES` is set. `settings` are lines such as `fsync=off`.
    #[must_use]
    pub fn start(settings: &[&str]) -> Option<Self> {
        let Some(bin) = programs() else {
            assert!(
                std::env::var_os("PERSONHOOD_REQUIRE_POSTGRES").is_none(),
                "PostgreSQL is required and not installed"
            );
            eprintln!(
                "\n*** PostgreSQL is not installed: THIS TEST PROVED NOTHING. Install postgresql, or set PERSONHOOD_PG_BIN. ***\n"
            );
            return None;
        };
        let folder = PathBuf::from(run(as_owner("mktemp").args(["-d", "/tmp/personhood-pg-XXXXXX"])));
        let mut init = as_owner(&bin.join("initdb").to_string_lossy());
        run(init
            .args([
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "-D",
            ])
            .arg(folder.join("data")));
        let mut cluster = Self { bin, folder, port: free_port(), keeper: None, databases: AtomicU32::new(0) };
        cluster.launch(settings);
        Some(cluster)
    }

    /// A standby of this cluster, which it commits to synchronously from now on.
    #[must_use]
    pub async fn standby(&self, settings: &[&str]) -> Self {
        let folder = PathBuf::from(run(as_owner("mktemp").args(["-d", "/tmp/personhood-pg-XXXXXX"])));
        let mut copy = as_owner(&self.bin.join("pg_basebackup").to_string_lossy());
        let primary = format!("host=127.0.0.1 port={} user=postgres application_name=standby", self.port);
        run(copy
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-d", &primary, "-D"])
            .arg(folder.join("data")));
        let mut standby = Self {
            bin: self.bin.clone(),
            folder,
            port: free_port(),
            keeper: None,
            databases: AtomicU32::new(0),
        };
        standby.launch(settings);
        let client = self.client("postgres").await;
        client
            .batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            .await
            .expect("a setting");
        client.batch_execute("SELECT pg_reload_conf()").await.expect("a reload");
        for _ in 0..2_400 {
            let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            if client.query_one(synchronous, &[]).await.expect("a count").get::<_, i64>(0) == 1 {
                return standby;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the standby does not become synchronous");
    }

    /// Makes this standby the primary.
    pub fn promote(&self) {
        let mut promote = as_owner(&self.bin.join("pg_ctl").to_string_lossy());
        run(promote.args(["promote", "--wait", "-D"]).arg(self.folder.join("data")));
    }

    /// Starts the server, under a shell that stops it when this process is gone.
    fn launch(&mut self, settings: &[&str]) {
        let port = self.port.to_string();
        let script = "\"$@\" & pid=$!; echo $pid; cat >/dev/null; kill -QUIT $pid 2>/dev/null; wait $pid; [ -z \"$KEEP\" ] && rm -rf \"$FOLDER\"";
        let mut shell = as_owner("sh");
        shell.args(["-c", script, "sh"]).arg(self.bin.join("postgres"));
        shell.arg("-D").arg(self.folder.join("data")).args(["-p", &port]);
        let always = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "log_min_messages=fatal",
            "max_wal_senders=4",
            "hot_standby=on",
        ];
        for setting in always.iter().chain(settings) {
            shell.args(["-c", setting]);
        }
        let log = std::fs::File::create(std::env::temp_dir().join(format!("personhood-pg-{port}.log")));
        let log = log.map_or_else(|_| Stdio::null(), Stdio::from);
        let mut keeper = shell
            .env("FOLDER", &self.folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server can be started");
        let mut line = String::new();
        let output = keeper.stdout.take().expect("an output");
        BufReader::new(output).read_line(&mut line).expect("the server's number");
        let stdin = keeper.stdin.take().expect("an input");
        self.keeper = Some((keeper, stdin));
        self.wait();
    }

    /// Waits until connections are taken.
    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut probe = Command::new(self.bin.join("pg_isready"));
        probe.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        while !probe.status().is_ok_and(|s| s.success()) {
            assert!(Instant::now() < deadline, "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where the programs are.
    #[must_use]
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// The port on the loopback address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server and all its processes at once, as a failing machine would.
    pub fn kill(&mut self) {
        let file = self.folder.join("data/postmaster.pid");
        let mut read = as_owner("sh");
        let pid = run(read.args(["-c", "head -1 \"$0\""]).arg(&file));
        // The children first: they would finish what they are at.
        let script = format!("kill -STOP {pid}; pkill -9 -P {pid}; kill -9 {pid}");
        let _ = Command::new("sh").args(["-c", &script]).status();
        if let Some((mut keeper, stdin)) = self.keeper.take() {
            // The shell would remove the folder: it is killed before it notices.
            let _ = keeper.kill();
            let _ = keeper.wait();
            drop(stdin);
        }
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts a server again that was killed.
    pub fn restart(&mut self, settings: &[&str]) {
        let _ = run(as_owner("rm").arg("-f").arg(self.folder.join("data/postmaster.pid")));
        self.launch(settings);
    }

    /// A connection of the superuser.
    pub async fn client(&self, database: &str) -> Client {
        let url = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }

    /// An empty database that belongs to a role without privileges; its URL.
    pub async fn database(&self) -> String {
        let name = format!("d{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let client = self.client("postgres").await;
        let role = "DO $$ BEGIN CREATE ROLE app LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$";
        client.batch_execute(role).await.expect("a role");
        client
            .batch_execute(&format!("CREATE DATABASE {name} OWNER app TEMPLATE template0"))
            .await
            .expect("a database");
        self.url(&name)
    }

    /// The URL of a database on this server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://app@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut keeper, mut stdin)) = self.keeper.take() {
            let _ = stdin.flush();
            drop(stdin);
            let _ = keeper.wait();
        } else {
            let _ = as_owner("rm").arg("-rf").arg(&self.folder).current_dir("/").status();
        }
    }
}
