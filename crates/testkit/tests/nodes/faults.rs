//! Databases that die, wires that are cut, and nodes that go on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use store_postgres::{PostgresStore, Settings};
use testkit::{App, Cluster, Home, Setup, Wire, shared_cluster};

use super::support::{Load, Node, insist, node, nodes, nodes_with};

/// Service is back by itself once the cause is gone. How soon is printed, and depends on the machine: in a second or two where
/// nothing else runs. Only what does not come back takes so long.
const BACK: Duration = Duration::from_secs(120);

fn apps(nodes: &[Node]) -> Vec<Arc<App>> {
    nodes.iter().map(|node| Arc::clone(&node.app)).collect()
}

/// Waits until a person can be created, and says how long that took.
async fn until_served(app: &App, key: &str) -> Duration {
    let started = Instant::now();
    insist(app, key, &json!({"firstName": "Back", "lastName": key})).await.0.expect(201);
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_primary_that_dies_in_the_middle_of_commits_loses_and_doubles_nobody() {
    let Some(mut cluster) = Cluster::start(&["fsync=off"]) else { return };
    let nodes = nodes(&cluster, 2, &Setup::default()).await;
    let load = Load::start(&apps(&nodes), 16);
    for _ in 0..3 {
        load.go_on(150).await;
        tokio::task::block_in_place(|| {
            cluster.kill();
            cluster.restart(&["fsync=off"]);
        });
        let back = Instant::now();
        load.go_on(1).await;
        let back = back.elapsed();
        assert!(back < BACK, "{back:?}");
        println!("served again {back:?} after the restart");
    }
    let count = load.nobody_is_lost_or_doubled(&nodes[0].app).await;
    println!("{count} acknowledged over three deaths, none lost or doubled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_a_synchronous_standby_takes_over_nobody_is_lost_or_doubled() {
    let Some(mut primary) = Cluster::start(&["fsync=off"]) else { return };
    let direct = primary.database().await;
    let standby = primary.standby(&["fsync=off"]).await;
    let name = direct.rsplit('/').next().unwrap();
    let url = format!("postgres://app@127.0.0.1:{},127.0.0.1:{}/{name}", primary.port(), standby.port());
    let mut apps = Vec::new();
    for _ in 0..2 {
        let settings = Settings { connections: 8, ..Settings::at(&url) };
        apps.push(Arc::new(App::over(Home::Used(Arc::new(settings)), Setup::default()).await));
    }
    let load = Load::start(&apps, 16);
    load.go_on(300).await;
    tokio::task::block_in_place(|| {
        primary.kill();
        standby.promote();
    });
    let promoted = Instant::now();
    load.go_on(1).await;
    let back = promoted.elapsed();
    assert!(back < BACK, "{back:?}");
    load.go_on(200).await;
    let count = load.nobody_is_lost_or_doubled(&apps[1]).await;
    println!(
        "{count} acknowledged over a failover, none lost or doubled; served again {back:?} after promotion"
    );
}

/// Seconds a wire stays cut: `PERSONHOOD_CUT_SECONDS`, 30 where all faults are to be seen, eight by default.
fn cut() -> Duration {
    Duration::from_secs(
        std::env::var("PERSONHOOD_CUT_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(8),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_is_cut_off_says_503_keeps_nobody_else_waiting_and_comes_back_by_itself() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes_with(cluster, 2, &Setup::default(), Duration::from_secs(5)).await;
    let load = Load::start(&apps(&nodes), 8);
    load.go_on(50).await;
    // In the middle of commits: one may be left half done on the other side, with the lock in its hands.
    nodes[0].wire.set(Wire::Silent);
    let cut_at = Instant::now();
    let person = json!({"firstName": "A", "lastName": "B"});
    let refused = nodes[0].app.post("/v2/persons", &person).await.problem(503, "unavailable");
    // Its patience is over, not the time a request may take, which is an hour here.
    assert!(cut_at.elapsed() < BACK, "{:?}: {refused:?}", cut_at.elapsed());
    assert!(nodes[0].app.get("/readyz").await.status.as_u16() == 503);
    let freed = until_served(&nodes[1].app, "other").await;
    assert!(freed < BACK, "{freed:?}");
    println!("another node was held up for {freed:?}");
    tokio::time::sleep(cut().saturating_sub(cut_at.elapsed())).await;
    nodes[0].wire.set(Wire::Whole);
    let back = until_served(&nodes[0].app, "same").await;
    assert!(back < BACK, "{back:?}");
    load.go_on(50).await;
    let (a, b) =
        (nodes[0].app.get("/v2/persons?name=Back").await, nodes[1].app.get("/v2/persons?name=Back").await);
    assert_eq!((a.json["data"].as_array().unwrap().len(), &a.json["data"]), (2, &b.json["data"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_break_all_the_time_lose_and_double_nobody() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 2, &Setup::default()).await;
    let load = Load::start(&apps(&nodes), 16);
    for round in 0..20 {
        load.go_on(20).await;
        let wire = &nodes[round % 2].wire;
        wire.set(Wire::Closed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        wire.set(Wire::Whole);
    }
    load.nobody_is_lost_or_doubled(&nodes[1].app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_database_makes_answers_late_not_wrong() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 1, &Setup::default()).await;
    let load = Load::start(&apps(&nodes), 16);
    load.go_on(20).await;
    nodes[0].wire.set(Wire::Slow(Duration::from_millis(20)));
    load.go_on(100).await;
    load.nobody_is_lost_or_doubled(&nodes[0].app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_no_connection_is_free_the_answer_is_busy_and_later_all_is_well() {
    let Some(cluster) = shared_cluster() else { return };
    let direct = cluster.database().await;
    let node = node(cluster, &direct, &Setup::default(), Duration::from_secs(4)).await;
    let client = cluster.client(direct.rsplit('/').next().unwrap()).await;
    client.batch_execute("BEGIN; LOCK TABLE persons IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let app = Arc::clone(&node.app);
        asked.spawn(async move { app.get("/v2/persons").await });
    }
    for reply in asked.join_all().await {
        assert_eq!(reply.status.as_u16(), 503, "{}", reply.text);
        assert!(reply.headers.contains_key("retry-after"));
    }
    client.batch_execute("ROLLBACK").await.unwrap();
    let back = until_served(&node.app, "k").await;
    assert!(back < BACK, "{back:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_together_on_an_empty_database_agree() {
    let Some(cluster) = shared_cluster() else { return };
    for _ in 0..5 {
        let direct: Arc<str> = cluster.database().await.into();
        let mut starting = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let home = Home::Database(Arc::clone(&direct));
            starting.spawn(App::over(home, Setup::default()));
        }
        let apps = starting.join_all().await;
        let made =
            apps[0].post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201).id();
        for app in &apps {
            app.get(&format!("/v2/persons/{made}")).await.expect(200);
            assert_eq!(app.registry.tenants().await.unwrap().len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_newer_program_that_only_added_this_one_goes_on_and_beside_another_it_does_not_start() {
    let Some(cluster) = shared_cluster() else { return };
    let direct = cluster.database().await;
    let name = direct.rsplit('/').next().unwrap();
    let app = App::over(Home::Database(direct.as_str().into()), Setup::default()).await;
    let client = cluster.client(name).await;
    // What the next version would do: add, and say which programs can go on beside it.
    client
        .batch_execute(
            "ALTER TABLE persons ADD COLUMN added bigint; UPDATE schema_version SET version = version + 1",
        )
        .await
        .unwrap();
    app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201);
    let second = App::over(Home::Database(direct.as_str().into()), Setup::default()).await;
    second.post("/v2/persons", &json!({"firstName": "C", "lastName": "D"})).await.expect(201);
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 2);
    client.batch_execute("UPDATE schema_version SET oldest = version").await.unwrap();
    let refused = PostgresStore::open(&Settings::at(&direct)).await.map(drop);
    assert!(matches!(refused, Err(store::StoreError::Damaged(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_that_changes_connections_by_the_transaction_everything_works() {
    let Some(cluster) = shared_cluster() else { return };
    let Some(pooler) = Pooler::start(cluster.port()) else { return };
    let direct = cluster.database().await;
    let url = direct.replace(&format!(":{}/", cluster.port()), &format!(":{}/", pooler.port));
    let settings = Settings { prepared: false, listen: false, connections: 8, ..Settings::at(&url) };
    let app = Arc::new(App::over(Home::Used(Arc::new(settings)), Setup::default()).await);
    let load = Load::start(&[Arc::clone(&app)], 16);
    load.go_on(300).await;
    load.nobody_is_lost_or_doubled(&app).await;
    let store = app.home().open().await;
    assert_eq!(store.ready().await, Ok(()));
}

/// A `PgBouncer` in front of a cluster, where it is installed.
struct Pooler {
    port: u16,
    child: std::process::Child,
    _folder: tempfile::TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pooler {
    fn start(database: u16) -> Option<Self> {
        let program =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].iter().find(|p| std::path::Path::new(p).exists());
        let Some(program) = program else {
            assert!(
                std::env::var_os("PERSONHOOD_REQUIRE_POSTGRES").is_none(),
                "PgBouncer is required and not installed"
            );
            eprintln!("\n*** PgBouncer is not installed: THIS TEST PROVED NOTHING. ***\n");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let users = folder.path().join("users");
        std::fs::write(&users, "\"app\" \"\"\n").unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={database}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = 3\n\
             ignore_startup_parameters = extra_float_digits\n",
            users.display()
        );
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let user =
            if std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m)).unwrap() == 0
            {
                vec!["-u", "postgres"]
            } else {
                Vec::new()
            };
        let child = std::process::Command::new(program)
            .args(["-q"])
            .args(user)
            .arg(&file)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let pooler = Self { port, child, _folder: folder };
        for _ in 0..3_000 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(pooler);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the pooler does not start");
    }
}
