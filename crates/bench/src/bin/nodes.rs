//! Durable creates through 1, 2 and 4 nodes over one PostgreSQL on this machine, against what `pgbench` reaches for the same
//! rows and indexes, in one run. Goal: at least 60 % with two nodes.
//!
//! `pgbench` writes the rows of one person a transaction, without HTTP, cryptography, or the place in the tenant's sequence
//! that no two may share; its second figure has that too.
//!
//! `target/release/nodes`; needs PostgreSQL.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use api::{Api, Limits};
use bench::{Call, Home, median, percentile, run, serve};
use bytes::Bytes;
use store_postgres::{PostgresStore, Settings};
use testkit::Cluster;

const TIME: Duration = Duration::from_secs(8);
const CLIENTS: usize = 64;
const BODY: &str = r#"{"firstName":"John","lastName":"Doe","email":"john.doe@example.com","phone":"+1234567890","dateOfBirth":"1990-01-15","documentType":"passport","documentNumber":"123456789"}"#;

/// What one create leaves: how many rows of the blind index, and how long the sealed parts are.
struct Rows {
    terms: i64,
    sealed: i32,
    key: i32,
    event: i32,
}

async fn rows(cluster: &Cluster, database: &str) -> Rows {
    let client = cluster.client(database).await;
    let one = async |sql: &str| client.query_one(sql, &[]).await.expect("a figure");
    let persons = one("SELECT count(*) FROM persons").await.get::<_, i64>(0);
    let sizes = one("SELECT length(sealed), length(wrapped_key) FROM persons LIMIT 1").await;
    Rows {
        terms: one("SELECT count(*) FROM person_index").await.get::<_, i64>(0) / persons,
        sealed: sizes.get(0),
        key: sizes.get(1),
        event: one("SELECT length(sealed) FROM events LIMIT 1").await.get(0),
    }
}

/// One create as `pgbench` would do it.
fn script(rows: &Rows, with_sequence: bool) -> String {
    let tenant = "'00000000-0000-0000-0000-000000000001'::uuid";
    let bytes = |length: i32| format!("decode(repeat('ab', {length}), 'hex')");
    let mut text =
        String::from("BEGIN;\nSET LOCAL personhood.tenant = '*';\nSELECT gen_random_uuid() AS id \\gset\n");
    let _ = writeln!(
        text,
        "INSERT INTO persons (tenant, id, version, created_at, updated_at, status, sequence, wrapped_key, sealed, terms)
         VALUES ({tenant}, :id::uuid, 1, 1, 1, 1, 1, {}, {}, {});",
        bytes(rows.key),
        bytes(rows.sealed),
        bytes(i32::try_from(rows.terms).unwrap_or(0) * 17)
    );
    let _ = writeln!(
        text,
        "INSERT INTO person_index (tenant, field, hash, person)
         SELECT {tenant}, 5, gen_random_uuid(), :id::uuid FROM generate_series(1, {});",
        rows.terms
    );
    let _ = writeln!(
        text,
        "INSERT INTO events (tenant, person, id, at, sequence, sealed)
         VALUES ({tenant}, :id::uuid, gen_random_uuid(), 1, 1, {});",
        bytes(rows.event)
    );
    if with_sequence {
        text.push_str("UPDATE tenants SET sequence = sequence + 1, persons = persons + 1;\n");
    }
    text.push_str("END;\n");
    text
}

fn pgbench(cluster: &Cluster, database: &str, script: &str, folder: &Path) -> f64 {
    let file = folder.join("script.sql");
    std::fs::write(&file, script).expect("a script");
    let output = Command::new(cluster.bin().join("pgbench"))
        .args(["-n", "-M", "prepared", "-h", "127.0.0.1", "-U", "app", "-p", &cluster.port().to_string()])
        .args(["-c", &CLIENTS.to_string(), "-j", "2", "-T", &TIME.as_secs().to_string(), "-f"])
        .arg(&file)
        .arg(database)
        .output()
        .expect("pgbench");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = said.lines().find_map(|l| l.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.unwrap_or_else(|| {
        panic!("pgbench: {}", String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default())
    })
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    // With every promise of a database in production: the sync is the point.
    let settings = ["fsync=on", "synchronous_commit=on", "shared_buffers=512MB", "max_wal_size=8GB"];
    let cluster = Cluster::start(&settings).expect("PostgreSQL is needed");
    let folder = tempfile::tempdir().expect("a folder");
    let mut best = Vec::new();
    for count in [1, 2, 4] {
        let url = runtime.block_on(cluster.database());
        let (mut addresses, mut tokens) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let store = runtime.block_on(PostgresStore::open(&Settings::at(&url))).expect("a store");
            let home = runtime.block_on(Home::open(Arc::new(store), None));
            addresses
                .push(serve(&runtime, api::router(Api::new(Arc::clone(&home.registry), Limits::default()))));
            tokens.push(home.token);
        }
        let loads: Vec<_> = std::thread::scope(|scope| {
            let each: Vec<_> = addresses
                .iter()
                .zip(&tokens)
                .map(|(address, token)| {
                    let call = Call {
                        method: "POST",
                        path: "/v2/persons".into(),
                        token: token.clone(),
                        body: Bytes::from_static(BODY.as_bytes()),
                        expect: 201,
                    };
                    scope.spawn(move || run(*address, call, CLIENTS / count, TIME))
                })
                .collect();
            each.into_iter().map(|load| load.join().expect("a load")).collect()
        });
        let rate: f64 = loads.iter().map(|load| load.rate).sum();
        let times: Vec<Duration> = loads.iter().flat_map(|load| load.times.iter().copied()).collect();
        println!(
            "{count} nodes: {rate:.0} creates a second, median {:?}, p99 {:?}",
            median(&times),
            percentile(&times, 0.99)
        );
        best.push((count, rate, url));
    }
    let name = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
    let rows = runtime.block_on(rows(&cluster, &name(&best[0].2)));
    let fresh = runtime.block_on(cluster.database());
    drop(runtime.block_on(PostgresStore::open(&Settings::at(&fresh))).expect("a store"));
    let bare = pgbench(&cluster, &name(&fresh), &script(&rows, false), folder.path());
    let client = runtime.block_on(cluster.client(&name(&fresh)));
    runtime
        .block_on(client.batch_execute("INSERT INTO tenants (id, wrapped_key, sealed_name, created_at) VALUES (gen_random_uuid(), '', '', 0)"))
        .expect("a tenant");
    let counted = pgbench(&cluster, &name(&fresh), &script(&rows, true), folder.path());
    println!(
        "pgbench, {} index rows a person: {bare:.0}/s, with the tenant's sequence {counted:.0}/s",
        rows.terms
    );
    for (count, rate, _) in best {
        println!(
            "{count} nodes: {:.2} x pgbench (goal 0.60 with two), {:.2} x with the sequence",
            rate / bare,
            rate / counted
        );
    }
}
