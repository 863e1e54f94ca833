//! The queue before the engine.

use std::sync::{Arc, Mutex, mpsc};

use domain::biometric::{Calibration, Rejection, RejectionCode};
use engine::EngineError;
use engine::face::{Analysis, Detection, ModelIds, Want};
use engine::models::Known;
use engine::worker::{Analyst, Faces, Meaning};
use testkit::{Setup, supplied};
use tokio::sync::Semaphore;

use crate::support::{Told, request, two};

/// Notes what it is shown, and goes on when it is told to.
struct Held {
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    go: mpsc::Receiver<()>,
}

impl Analyst for Held {
    fn analyse(&mut self, _: &[u8], _: Want) -> Result<Analysis, EngineError> {
        Err(Rejection::new(RejectionCode::ImageUndecodable).into())
    }

    fn detect(&mut self, bytes: &[u8]) -> Result<Detection, EngineError> {
        self.seen.lock().unwrap().push(bytes.to_vec());
        let _ = self.go.recv();
        Err(Rejection::new(RejectionCode::ImageUndecodable).into())
    }
}

/// All tasks share one thread, and wait for nothing between the end of a body and the engine's queue: once a body was read, its
/// image has been handed in.
#[tokio::test]
async fn a_flood_of_images_of_one_tenant_does_not_stand_before_another() {
    let (seen, (go, told)) = (Arc::default(), mpsc::channel());
    let meaning = Meaning {
        ids: ModelIds { detector: "x".into(), embedder: "x".into(), liveness: "x".into() },
        dimensions: 4,
        calibration: Calibration::new(&[(-1.0, 1.0), (0.0, 0.5), (0.3, 1e-2), (0.6, 1e-6)], 1e-6).unwrap(),
        known: Known::default(),
    };
    let analyst = Held { seen: Arc::clone(&seen), go: told };
    let faces = Faces::employ(vec![analyst], 16, meaning, "held").unwrap();
    let (app, other) = two(Setup { faces: Some(faces), ..Setup::default() }).await;
    let read = Arc::new(Semaphore::new(0));
    let ask = |token: &str, mark: &'static [u8]| {
        let body = Told::body(supplied::probe(mark).to_string(), &read);
        let (app, request) = (Arc::clone(&app), request(token, "POST", "/v2/detect", body));
        tokio::spawn(async move { app.raw(request).await })
    };
    let flood: Vec<_> = (0..20).map(|_| ask(&app.token, b"flood")).collect();
    read.acquire_many(20).await.unwrap().forget();
    let honest = ask(&other, b"honest");
    read.acquire().await.unwrap().forget();
    for _ in 0..40 {
        go.send(()).unwrap();
    }
    honest.await.unwrap().problem(422, "image-undecodable");
    let mut refused = 0;
    for task in flood {
        refused += usize::from(task.await.unwrap().status.as_u16() == 503);
    }
    assert!(refused > 0, "there is an end to its places");
    let order = seen.lock().unwrap();
    let at = order.iter().position(|bytes| bytes == b"honest").unwrap();
    // One was looked at already, and one had its turn before.
    assert!(at <= 2 && order.len() > 5, "{at} of {}", order.len());
}
