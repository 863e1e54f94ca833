//! Encrypted connections, and replicas that lag.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use domain::TenantId;
use serde_json::json;
use store::{ListQuery, Sort, Total};
use store_postgres::{PostgresStore, Settings};
use testkit::{App, Cluster, Home, Proxy, Setup, Wire, shared_cluster};

fn openssl(folder: &Path, arguments: &str) {
    let status = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

/// A certificate authority and a certificate of it for `localhost`.
fn certificates(folder: &Path, authority: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"
        ),
    );
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
    openssl(
        folder,
        &format!(
            "x509 -req -in server.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 -extfile names -out server.pem"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_connection_is_made_to_the_right_server_only() {
    if shared_cluster().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path(), "other");
    certificates(folder.path(), "ours");
    let file = |name: &str| folder.path().join(name).display().to_string();
    // The server reads its key as its own user, and wants it to be nobody else's.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let _ = Command::new("chown").args(["postgres", &file("server.key")]).status();
    std::fs::set_permissions(file("server.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let (certificate, key) =
        (format!("ssl_cert_file={}", file("server.pem")), format!("ssl_key_file={}", file("server.key")));
    let Some(cluster) = Cluster::start(&["fsync=off", "ssl=on", &certificate, &key]) else { return };
    let plain = cluster.database().await;
    let named = plain.replace("127.0.0.1", "localhost");
    let open = async |url: String| PostgresStore::open(&Settings::at(&url)).await;
    let store = open(format!("{named}?sslrootcert={}", file("ours.pem"))).await.unwrap();
    let client = cluster.client("postgres").await;
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'app' AND NOT ssl";
    assert_eq!(client.query_one(encrypted, &[]).await.unwrap().get::<_, i64>(0), 0);
    drop(store);
    for wrong in [
        // Another authority; another name; and whoever the system trusts, who has not signed this.
        format!("{named}?sslrootcert={}", file("other.pem")),
        format!("{plain}?sslrootcert={}", file("ours.pem")),
        format!("{named}?sslmode=require"),
    ] {
        assert!(open(wrong.clone()).await.is_err(), "{wrong}");
    }
}

fn list() -> ListQuery {
    ListQuery { count: true, ..ListQuery::all(domain::Time::EPOCH, Sort::CreatedAt, 50) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_serves_lists_but_never_without_what_this_node_has_answered() {
    let Some(primary) = Cluster::start(&["fsync=off"]) else { return };
    let direct = primary.database().await;
    let standby = primary.standby(&["fsync=off"]).await;
    let name = direct.rsplit('/').next().unwrap();
    let wire = Proxy::to(primary.port()).await;
    let settings = Settings {
        replicas: vec![standby.url(name)],
        patience: Duration::from_secs(1),
        ..Settings::at(&wire.url(&direct, primary.port()))
    };
    let app = App::over(Home::Used(settings.into()), Setup::default()).await;
    let store = app.home().open().await;
    let lagging = standby.client("postgres").await;
    let create = async |n: u32| {
        let body = json!({"firstName": "A", "lastName": n.to_string()});
        app.post("/v2/persons", &body).await.expect(201);
    };
    let total = async || app.get("/v2/persons").await.expect(200).json["pagination"]["total"].clone();
    create(1).await;
    lagging.batch_execute("SELECT pg_wal_replay_pause()").await.unwrap();
    create(2).await;
    assert_eq!(total().await, 2, "the replica knows of one only");
    lagging.batch_execute("SELECT pg_wal_replay_resume()").await.unwrap();
    // Once it has caught up the list comes from there: even while the primary cannot be reached.
    let there = async || store.persons(TenantId::DEFAULT, list()).await.map(|page| page.total);
    // When the node hears that it has is the machine's affair.
    loop {
        wire.set(Wire::Silent);
        if there().await == Ok(Some(Total::Exact(2))) {
            break;
        }
        wire.set(Wire::Whole);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(store.tenants().await.is_err(), "the primary is out of reach");
}
