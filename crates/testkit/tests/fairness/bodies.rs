//! Memory for bodies.

use std::sync::Arc;
use std::time::Duration;

use api::Limits;
use serde_json::json;
use testkit::Setup;
use tokio::sync::Semaphore;

use crate::support::{Stalled, post, request, two};

/// Nothing is ended by time: what the tests see is what memory allows.
fn patient(bodies_bytes: usize, body_bytes: usize) -> Setup {
    Setup { limits: Limits { bodies_bytes, body_bytes, ..testkit::patient() }, ..Setup::default() }
}

#[tokio::test]
async fn idle_requests_that_announce_the_largest_body_stop_nobody() {
    let (app, other) = two(patient(512 << 20, 16 << 20)).await;
    let stalled = Arc::new(Semaphore::new(0));
    for _ in 0..64 {
        let body = Stalled::body(16 << 20, 1, &stalled);
        let (app, request) = (Arc::clone(&app), request(&app.token, "POST", "/v2/persons", body));
        tokio::spawn(async move { app.raw(request).await });
    }
    stalled.acquire_many(64).await.unwrap().forget();
    let person = json!({ "firstName": "Ann", "lastName": "Doe", "metadata": { "k": "x".repeat(400) } });
    post(&app, &other, "/v2/persons", &person).await.expect(201);
    post(&app, &app.token, "/v2/persons", &person).await.expect(201);
}

#[tokio::test]
async fn half_read_bodies_never_wait_for_each_other_and_leave_room_for_another_tenant() {
    let (app, other) = two(patient(3 << 20, 1 << 20)).await;
    let stalled = Arc::new(Semaphore::new(0));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let body = Stalled::body(1 << 20, 600 << 10, &stalled);
        let (app, request) = (Arc::clone(&app), request(&app.token, "POST", "/v2/persons", body));
        all.spawn(async move { app.raw(request).await });
    }
    // Each of them stalls in the end: some with what they got, the others while the rest of what they send is thrown away.
    stalled.acquire_many(40).await.unwrap().forget();
    let large = json!({ "firstName": "Ann", "lastName": "Doe", "metadata": { "k": "x".repeat(300 << 10) } });
    // Too long for a value, which is told only after it was read as a whole.
    post(&app, &other, "/v2/persons", &large).await.problem(422, "validation-failed");
    post(&app, &other, "/v2/persons", &json!({ "firstName": "Ann", "lastName": "Doe" })).await.expect(201);
    // Those that got nothing are told so, and are not kept.
    let refused = all.join_next().await.unwrap().unwrap().problem(503, "busy");
    assert_eq!(refused.header("retry-after"), "1");
}

#[tokio::test]
async fn a_body_slower_than_it_may_be_is_ended() {
    let mut setup = patient(512 << 20, 16 << 20);
    setup.limits.grace = Duration::from_millis(30);
    setup.limits.body_bytes_per_second = 1 << 20;
    let (app, _) = two(setup).await;
    for sent in [0, 1, 10_000] {
        let body = Stalled::body(16 << 20, sent, &Arc::new(Semaphore::new(0)));
        app.raw(request(&app.token, "POST", "/v2/persons", body)).await.problem(408, "request-timeout");
    }
}
