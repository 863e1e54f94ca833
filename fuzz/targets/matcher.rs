//! Two templates of any minutiae: a comparison comes to a number, both ways, and so does a search.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use minutiae::gallery::{Gallery, Held, Print, Question};
use minutiae::{Kind, Minutia, Probe, Scratch, Subject, Template};

fn template(bytes: &[u8]) -> Template {
    let minutia = |b: &[u8; 5]| Minutia {
        x: u16::from_le_bytes([b[0], b[1] & 0x1f]),
        y: u16::from_le_bytes([b[2], b[1] >> 5]),
        angle: b[3],
        kind: Kind::Ending,
        quality: b[4] % 101,
    };
    Template::new(bytes.as_chunks::<5>().0.iter().map(minutia).collect())
}

fuzz_target!(|bytes: &[u8]| {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let (one, other) = (template(one), template(other));
    assert_eq!(Template::from_bytes(&one.to_bytes()), Some(one.clone()));
    let (probe, mut scratch) = (Probe::new(&one), Scratch::default());
    for (probe, subject) in [(&probe, &other), (&Probe::new(&other), &one), (&probe, &one)] {
        let score = probe.compare(&Subject::new(subject), &mut scratch);
        assert!(score.is_finite() && score >= 0.0);
    }
    let gallery = Gallery::default();
    let subject = Arc::new(Subject::new(&other));
    let print = Print { key: 1, position: None, foreign: false, subject };
    gallery.put(1, &Held { tag: 0, collections: &[], prints: &[print], elsewhere: false });
    let question = Question {
        probe: Arc::new(probe),
        foreign: false,
        position: None,
        thresholds: [0.0; 2],
        limit: 3,
        collections: None,
        accepts: None,
    };
    assert!(gallery.search(&question, 1).len() <= 1);
});
