//! Failed comparisons are counted in the store: what one node counts holds on the others.

use domain::Scope;
use serde_json::json;
use testkit::shared_cluster;
use testkit::supplied::{body, face, probe, setup};

use super::support::nodes;

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_holds_on_every_node_and_so_does_what_a_reviewer_lifts() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 3, &setup()).await;
    let app = |n: usize| &nodes[n % 3].app;
    let id = app(0).post("/v2/persons/liveness", &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
    let token = app(0).token_with(&[Scope::BiometricsMatch]).await;
    let verify = format!("/v2/persons/{id}/verify");
    let guess = async |n: usize, who: u64| {
        app(n).ask(&token, axum::http::Method::POST, &verify, Some(&probe(&face(who, 1, 0.1)))).await
    };
    for n in 0..10 {
        assert_eq!(guess(n, 100 + n as u64).await.expect(200).json["match"], json!(false));
    }
    for n in 0..3 {
        guess(n, 1).await.problem(429, "attempt-limit");
    }
    app(1).delete(&format!("/v2/persons/{id}/attempts")).await.expect(204);
    guess(2, 1).await.problem(429, "attempt-limit");
    let own = app(0).ask(&token, axum::http::Method::GET, "/v2/tokens/self", None).await.expect(200).id();
    app(2).delete(&format!("/v2/tokens/{own}/attempts")).await.expect(204);
    assert_eq!(guess(0, 1).await.expect(200).json["match"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_proved_liveness_on_one_node_proves_nothing_on_another() {
    let Some(cluster) = shared_cluster() else { return };
    let nodes = nodes(cluster, 2, &setup()).await;
    let id = nodes[0].app.post("/v2/persons/liveness", &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
    let check = format!("/v2/persons/{id}/liveness");
    nodes[1].app.post(&check, &probe(&face(1, 0, 0.1))).await.problem(409, "liveness-replayed");
}
