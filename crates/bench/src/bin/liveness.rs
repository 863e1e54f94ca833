//! `POST /v2/persons/liveness` of a 640 × 480 JPEG against the three inferences alone. Goals: at most 1.35 times
//! their sum with one client; with two clients p99 at most three times the median.

use std::io::Cursor;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Api, Limits};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bench::{Call, Home, median, percentile, run, serve};
use engine::models::Models;
use engine::runtime::{Fallback, Runtime};
use testkit::faces;

const ROUNDS: usize = 60;

/// Median time of each of the three networks on one thread.
fn inferences(models: &Models, runtime: &dyn Runtime) -> [Duration; 3] {
    let shapes = [[1, 3, 256, 320], [1, 3, 112, 112], [1, 3, 128, 128]];
    let mut networks: Vec<_> = models
        .manifest()
        .weights()
        .into_iter()
        .map(|w| runtime.load(&std::fs::read(models.file(w)).expect("a model")).expect("a network"))
        .collect();
    let inputs = shapes.map(|s| vec![100.0f32; s.iter().product()]);
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for i in 0..3 {
            let started = Instant::now();
            networks[i].run(shapes[i], &inputs[i], &mut |_, _| {}).expect("a run");
            times[i].push(started.elapsed());
        }
    }
    times.map(|t| median(&t))
}

/// A photograph of a webcam's size with one live face.
fn photo() -> Vec<u8> {
    let crop = faces::photo(5).crop_imm(100, 700, 800, 600);
    let image = crop.resize_exact(640, 480, image::imageops::FilterType::Triangle);
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a JPEG");
    bytes.into_inner()
}

fn main() {
    let models = faces::installed();
    let sum = |times: [Duration; 3]| times.iter().sum::<Duration>();

    // The server first: other runtimes in the same process would take memory and threads from it.
    let image = photo();
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let home = threads.block_on(Home::open(Arc::new(Home::store(folder.path())), Some(faces::engine())));
    let address = serve(&threads, api::router(Api::new(Arc::clone(&home.registry), Limits::default())));
    let body = format!(
        r#"{{"firstName":"John","lastName":"Doe","onDuplicate":"allow","biometricData":{{"livenessDetection":true,"faceImage":"{}"}}}}"#,
        BASE64_STANDARD.encode(&image)
    );
    let call = || Call {
        method: "POST",
        path: "/v2/persons/liveness".into(),
        token: home.token.clone(),
        body: body.clone().into(),
        expect: 201,
    };
    let _ = run(address, call(), 1, Duration::from_secs(1));
    let one = median(&run(address, call(), 1, Duration::from_secs(5)).times);
    let two = run(address, call(), 2, Duration::from_secs(8));

    let default = engine::runtime::choose(models.library().as_deref());
    let (ours, fallback) = (inferences(&models, default.as_ref()), inferences(&models, &Fallback));
    println!("{}: detector, embedder, liveness {ours:?}, sum {:?}", default.name(), sum(ours));
    println!(
        "rten: {fallback:?}, sum {:?}, ratio {:.2}",
        sum(fallback),
        sum(fallback).as_secs_f64() / sum(ours).as_secs_f64()
    );
    let ratio = one.as_secs_f64() / sum(ours).as_secs_f64();
    println!("one client, {} byte JPEG: median {one:?}, {ratio:.2} times the inferences", image.len());
    let (m, p) = (median(&two.times), percentile(&two.times, 0.99));
    let tail = p.as_secs_f64() / m.as_secs_f64();
    println!("two clients: {:.1}/s, median {m:?}, p99 {p:?}, {tail:.2} times the median", two.rate);
}
