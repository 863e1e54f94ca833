//! One engine for all inputs, for small images: so that many are tried.

use std::sync::OnceLock;

use engine::finger::{Fingers, Gate, Kind, Limits, Sent, Settings, received};
use engine::models::Manifest;

fn engine() -> &'static Fingers {
    static ENGINE: OnceLock<Fingers> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let limits = Limits { side: 512, pixels: 40_000, work: 400_000, window: 256 };
        let manifest = Manifest::built_in().expect("the manifest");
        Fingers::built_in(&manifest, Settings { workers: 1, queue: 1, limits }).expect("a thread")
    })
}

/// What a request does with a fingerprint: what is kept of it, and the template of that.
pub(crate) fn extract(bytes: &[u8]) {
    let Some(kind) = Kind::of(bytes) else { return };
    let Ok(kept) = received(bytes.to_vec(), kind, None) else { return };
    assert!(kept.kind != Kind::ImageRecord && Kind::of(&kept.bytes) == Some(kept.kind));
    if let Ok(found) = engine().extract_blocking(Sent { bytes: kept.bytes, dpi: kept.dpi }, Gate::Open) {
        assert!(found.quality.score <= 100);
    }
}
