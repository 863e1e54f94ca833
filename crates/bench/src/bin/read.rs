//! `GET /v2/persons/{id}` against a bare axum handler that answers the same bytes. Goal: at least 40 %.

use std::time::Duration;

use api::{Api, Limits};
use axum::Router;
use axum::http::header;
use axum::routing::get;
use bench::{Call, Home, median, percentile, run, serve};
use bytes::Bytes;
use std::sync::Arc;

const TIME: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let home = runtime.block_on(Home::open(Arc::new(Home::store(folder.path())), None));
    let ours = serve(&runtime, api::router(Api::new(Arc::clone(&home.registry), Limits::default())));

    let body = r#"{"firstName":"John","lastName":"Doe","email":"john.doe@example.com","phone":"+1234567890","dateOfBirth":"1990-01-15","documentType":"passport","documentNumber":"123456789"}"#;
    let call = |method, path: String, body: &'static str, expect| Call {
        method,
        path,
        token: home.token.clone(),
        body: Bytes::from_static(body.as_bytes()),
        expect,
    };
    let created = run(ours, call("POST", "/v2/persons".into(), body, 201), 1, Duration::from_millis(1));
    assert!(!created.times.is_empty());
    let listed = runtime.block_on(async {
        let caller = home.registry.authenticate(&home.token).await.expect("a caller");
        let list = registry::List {
            filter: registry::Filter::default(),
            sort: store::Sort::CreatedAt,
            limit: 1,
            offset: 0,
            after: None,
        };
        home.registry.list(&caller, &list).await.expect("a list").persons.remove(0)
    });
    let path = format!("/v2/persons/{}", listed.id);
    let json = runtime.block_on(fetch(ours, &path, &home.token));
    println!("answer: {} bytes", json.len());

    let bare_path = path.clone();
    let bare = Router::new().route(
        &bare_path,
        get(move || async move { ([(header::CONTENT_TYPE, "application/json")], json.clone()) }),
    );
    let bare = serve(&runtime, bare);
    for connections in [1, 16, 64] {
        let get = || call("GET", path.clone(), "", 200);
        let _ = (run(bare, get(), connections, TIME / 6), run(ours, get(), connections, TIME / 6));
        let (b, o) = (run(bare, get(), connections, TIME), run(ours, get(), connections, TIME));
        println!(
            "{connections:3} connections: bare {:8.0}/s, ours {:8.0}/s, ratio {:.2}   ours median {:?} p99 {:?}",
            b.rate,
            o.rate,
            o.rate / b.rate,
            median(&o.times),
            percentile(&o.times, 0.99)
        );
    }
}

async fn fetch(address: std::net::SocketAddr, path: &str, token: &str) -> Bytes {
    use http_body_util::{BodyExt as _, Empty};
    let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream))
            .await
            .expect("a handshake");
    tokio::spawn(connection);
    let request =
        hyper::Request::get(path).header("host", "bench").header("authorization", format!("Bearer {token}"));
    let response = sender
        .send_request(request.body(Empty::<Bytes>::new()).expect("a request"))
        .await
        .expect("an answer");
    response.into_body().collect().await.expect("a body").to_bytes()
}
