//! What one node has answered every other knows.

use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use serde_json::{Value, json};
use store::Store as _;
use store_postgres::{PostgresStore, Settings};
use testkit::supplied::{body, face, not_live, probe, setup};
use testkit::{App, Setup, shared_cluster};

use super::support::{Node, nodes};

async fn found(app: &App, who: u64) -> Vec<Value> {
    let reply = app.post("/v2/persons/search", &probe(&face(who, 9, 0.2))).await.expect(200);
    reply.json["candidates"].as_array().unwrap().iter().map(|c| c["personId"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_on_one_node_sees_what_another_has_answered() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 3, &setup()).await;
    for who in 1..=30 {
        let (a, b) = (&nodes[who as usize % 3].app, &nodes[(who as usize + 1) % 3].app);
        let made = a.post("/v2/persons/liveness", &body("P", &face(who, 0, 0.2))).await.expect(201).id();
        assert_eq!(found(b, who).await, [json!(made)]);
        if who % 3 == 0 {
            b.delete(&format!("/v2/persons/{made}")).await.expect(200);
            assert!(found(a, who).await.is_empty(), "the very next search does not find who is gone");
        }
    }
    for Node { app, .. } in &nodes {
        assert!(app.registry.check_galleries().await.unwrap().is_equal());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_revoked_on_one_node_is_refused_everywhere_within_a_second() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 3, &Setup::default()).await;
    let own = "/v2/tokens/self";
    let token = nodes[0].app.get(own).await.expect(200).json["id"].as_str().unwrap().parse().unwrap();
    let with = async |node: &Node| {
        let request =
            axum::http::Request::get(own).header("authorization", format!("Bearer {}", nodes[0].app.token));
        node.app.raw(request.body(axum::body::Body::empty()).unwrap()).await.status.as_u16()
    };
    for node in &nodes {
        assert_eq!(with(node).await, 200);
    }
    nodes[1].app.registry.revoke_token(TenantId::DEFAULT, token).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for node in &nodes {
        assert_eq!(with(node).await, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_and_a_brake_hold_on_every_node() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 2, &setup()).await;
    let body = json!({"firstName": "A", "lastName": "B"});
    // A key belongs to its token: the second node is asked with the token of the first.
    let ask = async |node: &Node, path: &str, key: &str, body: &Value| {
        let request = axum::http::Request::post(path)
            .header("authorization", format!("Bearer {}", nodes[0].app.token))
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        node.app.raw(request.body(axum::body::Body::from(body.to_string())).unwrap()).await
    };
    let first = ask(&nodes[0], "/v2/persons", "k", &body).await.expect(201);
    assert_eq!(ask(&nodes[1], "/v2/persons", "k", &body).await.expect(201).id(), first.id());
    assert_eq!(nodes[1].app.get("/v2/persons").await.json["pagination"]["total"], 1);

    // Five failed checks of one person, by turns on either node, are enough for both.
    let path = format!("/v2/persons/{}/liveness", first.id());
    for take in 0..5 {
        let (node, key) = (&nodes[take % 2], format!("f{take}"));
        ask(node, &path, &key, &probe(&not_live(1, take as u64, 0.1))).await.expect(200);
    }
    for (n, node) in nodes.iter().enumerate() {
        let braked = ask(node, &path, &format!("b{n}"), &probe(&face(1, 9, 0.1))).await;
        braked.problem(429, "liveness-brake");
    }
    // Of this person: another is not held up.
    let other = nodes[1].app.post("/v2/persons", &body).await.expect(201).id();
    ask(&nodes[0], &format!("/v2/persons/{other}/liveness"), "o", &probe(&face(2, 0, 0.1))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_for_all_is_done_by_one_node() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 3, &Setup::default()).await;
    for _ in 0..2 {
        let mut turns = Vec::new();
        for node in &nodes {
            turns.push(node.app.registry.has_turn("evidence", 60).await.unwrap());
        }
        assert_eq!(turns, [true, false, false], "and it goes on with it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_hear_of_each_others_commits_without_looking() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 2, &Setup::default()).await;
    let other = Arc::clone(&nodes[1].app);
    let heard = tokio::spawn(async move { other.registry.news().await });
    // Listening begins a moment after the start: something is said until it is heard.
    for n in 0..3_000 {
        nodes[0]
            .app
            .post("/v2/persons", &json!({"firstName": "A", "lastName": n.to_string()}))
            .await
            .expect(201);
        tokio::time::sleep(Duration::from_millis(20)).await;
        if heard.is_finished() {
            return;
        }
    }
    panic!("nothing was heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_keeps_tenants_apart() {
    let Some(cluster) = shared_cluster() else { return };
    let url = cluster.database().await;
    let app = App::over(testkit::Home::Database(url.as_str().into()), Setup::default()).await;
    app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201);
    let store = PostgresStore::open(&Settings::at(&url)).await.unwrap();
    assert_eq!(store.weaknesses(), ["fsync is off: a crash of the machine can destroy the database"]);
    assert_eq!(store.tenants().await.unwrap().len(), 1);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let count = async |tenant: &str| {
        client.batch_execute(&format!("SET personhood.tenant = '{tenant}'")).await.unwrap();
        // A statement that forgot to name the tenant.
        client.query_one("SELECT count(*) FROM persons", &[]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!(client.query_one("SELECT count(*) FROM tenants", &[]).await.unwrap().get::<_, i64>(0), 0);
    client.batch_execute("SET personhood.tenant = '*'").await.unwrap();
    let ours: String = client.query_one("SELECT id::text FROM tenants", &[]).await.unwrap().get(0);
    client.batch_execute("RESET personhood.tenant").await.unwrap();
    assert_eq!(client.query_one("SELECT count(*) FROM persons", &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(count(&ours).await, 1);
    assert_eq!(count("00000000-0000-0000-0000-00000000beef").await, 0);
    let moved = client.execute("UPDATE persons SET tenant = gen_random_uuid()", &[]).await;
    assert!(moved.is_err() || moved.unwrap() == 0, "no row changes its tenant");
}

#[tokio::test]
async fn where_the_tests_are_to_run_over_postgres_they_do() {
    if !testkit::over_postgres() {
        return;
    }
    let app = App::start().await;
    app.post("/v2/persons", &json!({"firstName": "A", "lastName": "B"})).await.expect(201);
    let testkit::Home::Database(url) = app.home() else { panic!("the data is not in a database") };
    let cluster = shared_cluster().unwrap();
    let client = cluster.client(url.rsplit('/').next().unwrap()).await;
    let persons: i64 = client.query_one("SELECT count(*) FROM persons", &[]).await.unwrap().get(0);
    let version: String = client.query_one("SELECT version()", &[]).await.unwrap().get(0);
    assert!(version.starts_with("PostgreSQL") && persons == 1, "{version}: {persons}");
}
