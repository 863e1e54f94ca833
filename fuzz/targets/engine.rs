//! One engine for all inputs, for small images: so that many are tried.

use std::sync::OnceLock;

use engine::finger::{Fingers, Gate, Limits, Sent, Settings};
use engine::models::Manifest;

fn engine() -> &'static Fingers {
    static ENGINE: OnceLock<Fingers> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let limits = Limits { side: 512, pixels: 40_000, work: 400_000, window: 256 };
        let manifest = Manifest::built_in().expect("the manifest");
        Fingers::built_in(&manifest, Settings { workers: 1, queue: 1, limits }).expect("a thread")
    })
}

pub(crate) fn extract(bytes: &[u8]) {
    if let Ok(found) = engine().extract_blocking(Sent { bytes: bytes.to_vec(), dpi: 500 }, Gate::Open) {
        assert!(found.quality.score <= 100);
    }
}
