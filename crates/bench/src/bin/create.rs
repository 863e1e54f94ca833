//! Durable creates by 64 clients, against the very same statements without HTTP and cryptography, 32 a commit.
//! Goal: at least 60 %.

use std::sync::Arc;
use std::time::Duration;

use api::{Api, Limits};
use bench::{Call, Home, Recording, median, percentile, run, serve};
use bytes::Bytes;
use store::Store as _;

const TIME: Duration = Duration::from_secs(4);
const BODY: &str = r#"{"firstName":"John","lastName":"Doe","email":"john.doe@example.com","phone":"+1234567890","dateOfBirth":"1990-01-15","documentType":"passport","documentNumber":"123456789"}"#;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    // On the disk of the project, not in memory: the sync is the point.
    let folder = || tempfile::tempdir_in("target").expect("a folder");
    let (recorded, ours, bare) = (folder(), folder(), folder());

    let recording = Arc::new(Recording::new(Home::store(recorded.path())));
    let home = runtime.block_on(Home::open(Arc::clone(&recording) as _, None));
    let call = |token: &str| Call {
        method: "POST",
        path: "/v2/persons".into(),
        token: token.into(),
        body: Bytes::from_static(BODY.as_bytes()),
        expect: 201,
    };
    let address = serve(&runtime, api::router(Api::new(Arc::clone(&home.registry), Limits::default())));
    let _ = run(address, call(&home.token), 64, TIME);
    let changes = recording.take();
    let tenant = runtime.block_on(recording.tenants()).expect("tenants").remove(0);

    let home = runtime.block_on(Home::open(Arc::new(Home::store(ours.path())), None));
    let address = serve(&runtime, api::router(Api::new(Arc::clone(&home.registry), Limits::default())));
    let ours = run(address, call(&home.token), 64, TIME);
    let bare = store_sqlite::bench::write_in_batches(bare.path(), &tenant, &changes, 32)
        .expect("the statements run");
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let bare = changes.len() as f64 / bare.as_secs_f64();
    println!(
        "statements alone {bare:.0}/s ({} creates), ours {:.0}/s, ratio {:.2}   median {:?} p99 {:?}",
        changes.len(),
        ours.rate,
        ours.rate / bare,
        median(&ours.times),
        percentile(&ours.times, 0.99)
    );
}
