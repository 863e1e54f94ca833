//! The same human, enrolled through several nodes at once.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use serde_json::json;
use testkit::supplied::{body, face, setup};
use testkit::{App, Setup, faces, shared_cluster};
use tokio::task::JoinSet;

use super::support::{node, nodes};

/// Sends so many enrolments at once, over all nodes, and counts those that created somebody.
async fn all_at_once(apps: &[Arc<App>], count: usize, image: impl Fn(usize) -> Vec<u8>) -> usize {
    let mut asked = JoinSet::new();
    for n in 0..count {
        let (app, body) = (Arc::clone(&apps[n % apps.len()]), body("Ann", &image(n)));
        let image = body["biometricData"]["faceImage"].as_str().unwrap().to_owned();
        let key = format!("{n} {}", &image[image.len().saturating_sub(28)..]);
        asked.spawn(async move {
            let mut wait = Duration::from_millis(300);
            loop {
                let headers = [("idempotency-key", key.as_str())];
                let reply = app.send(Method::POST, "/v2/persons/liveness", &headers, Some(&body)).await;
                match (reply.status.as_u16(), reply.json["code"].as_str()) {
                    (503, _) | (409, Some("idempotency-in-progress")) => {
                        tokio::time::sleep(wait).await;
                        wait = (wait * 2).min(Duration::from_secs(5));
                    }
                    (409, _) => {
                        reply.problem(409, "duplicate-person");
                        return false;
                    }
                    _ => {
                        reply.expect(201);
                        return true;
                    }
                }
            }
        });
    }
    asked.join_all().await.into_iter().filter(|created| *created).count()
}

/// Runs with supplied faces: `PERSONHOOD_DUPLICATE_RUNS`, two by default.
fn runs() -> usize {
    std::env::var("PERSONHOOD_DUPLICATE_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(2)
}

async fn one_person_is_left(setup: &Setup, image: impl Fn(usize) -> Vec<u8>) {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 3, setup).await;
    let apps: Vec<Arc<App>> = nodes.iter().map(|node| Arc::clone(&node.app)).collect();
    assert_eq!(all_at_once(&apps, 1_000, image).await, 1);
    for app in &apps {
        assert_eq!(app.get("/v2/persons").await.expect(200).json["pagination"]["total"], json!(1));
        let check = app.registry.check_galleries().await.unwrap();
        assert!(check.is_equal() && check.faces == 1, "{check:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_identical_enrolments_over_three_nodes_leave_one_person() {
    for _ in 0..runs() {
        one_person_is_left(&setup(), |_| face(1, 0, 0.1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_over_three_nodes_through_the_real_engine_leave_one_person() {
    let image = faces::ana();
    let setup = Setup { faces: Some(faces::own_engine()), ..Setup::default() };
    one_person_is_left(&setup, |_| image.clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn people_who_meet_three_nodes_at_once_are_each_enrolled_once() {
    let Some(cluster) = shared_cluster() else { return };
    // An engine for each, so that no node waits for another.
    let mut nodes = Vec::new();
    let direct = cluster.database().await;
    for _ in 0..3 {
        nodes.push(node(cluster, &direct, &setup(), Duration::from_secs(60)).await);
    }
    let apps: Vec<Arc<App>> = nodes.iter().map(|node| Arc::clone(&node.app)).collect();
    // Each of ten asks every node in the same moment, in twenty waves: two hundred races.
    for wave in 0..20 {
        let who = |n: usize| (wave * 10 + n / 3 + 1) as u64;
        assert_eq!(all_at_once(&apps, 30, |n| face(who(n), n as u64, 0.1)).await, 10, "wave {wave}");
    }
    assert_eq!(apps[0].get("/v2/persons").await.expect(200).json["pagination"]["total"], json!(200));
}
