//! The real binary over PostgreSQL.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use testkit::{Bucket, Cluster, shared_cluster};

use crate::support::{Client, KEK, Server, folder, over, personhood, token, token_from};

/// A fresh database, from a thread without a runtime.
fn database(cluster: &Cluster) -> String {
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.database())
}

fn create(client: &mut Client, name: &str) -> u16 {
    let body = json!({"firstName": "A", "lastName": name}).to_string();
    client.send("POST", "/v2/persons", Some(&body)).unwrap().status
}

fn total(client: &mut Client) -> Value {
    let body = client.send("GET", "/v2/persons", None).unwrap().body;
    serde_json::from_str::<Value>(&body).unwrap()["pagination"]["total"].clone()
}

#[test]
fn nodes_start_together_and_one_goes_on_when_another_is_killed() {
    let Some(cluster) = shared_cluster() else { return };
    let (url, folders) = (database(cluster), [(); 3].map(|()| folder()));
    let nodes: Vec<Server> = std::thread::scope(|scope| {
        let starting: Vec<_> =
            folders.iter().map(|folder| scope.spawn(|| Server::start_over(&url, folder.path()))).collect();
        starting.into_iter().map(|node| node.join().unwrap()).collect()
    });
    let token = token_from(&mut over(&url, folders[0].path()));
    let mut clients: Vec<Client> =
        nodes.iter().map(|node| Client::connect(node.address, &token).unwrap()).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        assert_eq!(create(client, &n.to_string()), 201);
    }
    let mut nodes = nodes.into_iter();
    nodes.next().unwrap().kill();
    for client in &mut clients[1..] {
        assert_eq!(create(client, "later"), 201);
        assert!(total(client).as_u64().unwrap() > 3);
    }
    // Nothing of it lies in the folders.
    for folder in &folders {
        assert!(!store_sqlite::SqliteStore::file(folder.path()).exists());
        assert!(!folder.path().join("keys").exists());
    }
    assert!(nodes.all(Server::terminate));
}

#[test]
fn a_database_is_not_opened_without_its_key() {
    let Some(cluster) = shared_cluster() else { return };
    let (url, folder) = (database(cluster), folder());
    token_from(&mut over(&url, folder.path()));
    let said = |output: Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let without =
        over(&url, folder.path()).env_remove("PERSONHOOD_KEK").args(["token", "list"]).output().unwrap();
    assert!(said(without).contains("the key comes from outside"));
    let other = KEK.replace('B', "C");
    let wrong =
        over(&url, folder.path()).env("PERSONHOOD_KEK", other).args(["token", "list"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(wrong).contains("the key does not open the data"));
    assert!(!folder.path().join("keys").exists());
}

fn doctor(data: &Path, other: &str) -> Value {
    let output = personhood(data).args(["doctor", "--json", "--same-as", other]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["checks"].as_array().unwrap().iter().find(|c| c["name"] == "same content").unwrap().clone()
}

#[test]
fn a_folder_moves_into_a_database_and_back_and_is_the_same() {
    let Some(cluster) = shared_cluster() else { return };
    let url = database(cluster);
    let [data, back, logs] = [(); 3].map(|()| folder());
    let secret = token(data.path());
    let server = Server::start(data.path());
    let mut client = Client::connect(server.address, &secret).unwrap();
    for n in 0..50 {
        assert_eq!(create(&mut client, &n.to_string()), 201);
    }
    drop(client);
    assert!(server.terminate());
    let place = |folder: &tempfile::TempDir| folder.path().to_str().unwrap().to_owned();
    // The URL of a database may hold a password: it need not stand on the command line.
    let file = logs.path().join("url");
    std::fs::write(&file, &url).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let from_file = format!("file:{}", file.display());
    for (from, to) in [(place(&data), "env:TARGET_URL".to_owned()), (from_file, place(&back))] {
        let output = personhood(data.path())
            .env("TARGET_URL", &url)
            .args(["migrate-store", "--json", "--from", &from, "--to", &to])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["equal"], true, "{said}");
    }
    assert_eq!(doctor(data.path(), &url)["ok"], true);
    // The token of the folder opens the database, with the folder's key.
    let key = data.path().join("keys/kek");
    let mut node = over(&url, logs.path());
    node.env_remove("PERSONHOOD_KEK").env("PERSONHOOD_KEK_FILE", &key);
    let server = Server::run(&mut node, logs.path());
    let mut client = Client::connect(server.address, &secret).unwrap();
    assert_eq!(total(&mut client), 50);
    assert_eq!(create(&mut client, "more"), 201);
    assert!(server.terminate());
    assert_eq!(doctor(data.path(), &url)["ok"], false, "one more is a difference");
    let said = doctor(data.path(), &place(&back));
    assert_eq!(said["ok"], true, "{said}");
}

#[test]
fn images_lie_in_an_image_store_with_signed_requests_and_come_back() {
    let (Some(cluster), Some(bucket)) = (shared_cluster(), Bucket::start()) else { return };
    let (url, folder) = (database(cluster), folder());
    let secret = token_from(&mut over(&url, folder.path()));
    let mut command = over(&url, folder.path());
    command
        .env("PERSONHOOD_DATABASE_IMAGES_URL", bucket.url())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let server = Server::run(&mut command, folder.path());
    let mut client = Client::connect(server.address, &secret).unwrap();
    let print = testkit::fingers::text(&testkit::fingers::record(40));
    let body = json!({"firstName": "A", "lastName": "B", "biometricData": {"fingerprint": print}});
    // Galleries are loaded after the start.
    let made = loop {
        let made = client.send("POST", "/v2/persons", Some(&body.to_string())).unwrap();
        if made.status != 503 {
            break made;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert_eq!(made.status, 201, "{}", made.body);
    let id = serde_json::from_str::<Value>(&made.body).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(bucket.images().len(), 1);
    let read = client.send("GET", &format!("/v2/persons/{id}"), None).unwrap().body;
    let read: Value = serde_json::from_str(&read).unwrap();
    assert_eq!(read["biometricData"]["fingerprint"], print);
    assert_eq!(client.send("DELETE", &format!("/v2/persons/{id}"), None).unwrap().status, 200);
    assert_eq!(bucket.images(), [""; 0]);
    assert!(server.terminate());
}
