//! What is held of one subject.

use std::sync::Arc;

use super::search::{Candidate, Question};
use crate::{Position, Scratch, Subject};

/// One impression of a subject.
#[derive(Clone, Debug)]
pub struct Print {
    /// Tells the subject's impressions apart.
    pub key: u64,
    /// The finger, where it is known.
    pub position: Option<Position>,
    /// Whether a client has made the template: its scores are judged by another scale.
    pub foreign: bool,
    /// Its template, ready to be compared.
    pub subject: Arc<Subject>,
}

/// What is to be held of a subject.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held<'a> {
    /// The owner's word; a question may filter by it.
    pub tag: u32,
    /// Collections the subject is in.
    pub collections: &'a [u128],
    /// Its impressions.
    pub prints: &'a [Print],
    /// Whether the subject is held in a gallery of another kind too: then it is not counted there.
    pub elsewhere: bool,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) subject: u128,
    pub(super) tag: u32,
    collections: Box<[u128]>,
    pub(super) prints: Box<[Print]>,
    pub(super) elsewhere: bool,
}

impl Entry {
    pub(super) fn new(subject: u128, held: &Held<'_>) -> Self {
        Self {
            subject,
            tag: held.tag,
            collections: held.collections.into(),
            prints: held.prints.into(),
            elsewhere: held.elsewhere,
        }
    }

    pub(super) fn is_in(&self, wanted: &[u128]) -> bool {
        self.collections.iter().any(|c| wanted.contains(c))
    }

    /// The impressions a question may be about.
    pub(super) fn asked<'a>(&'a self, question: &'a Question) -> impl Iterator<Item = &'a Print> {
        // Where the finger is known, one that nobody has named does not stand in for it.
        let named = self.prints.iter().any(|p| p.position.is_some() && p.position == question.position);
        let same = move |p: &&Print| match (p.position, question.position) {
            (Some(own), Some(asked)) => own == asked,
            (None, Some(_)) => !named,
            (_, None) => true,
        };
        self.prints.iter().filter(same)
    }

    /// The best of the impressions the question may be about.
    pub(super) fn compare(&self, question: &Question, scratch: &mut Scratch) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        for (count, print) in (1..).zip(self.asked(question)) {
            let score = question.probe.compare(&print.subject, scratch);
            let foreign = question.foreign || print.foreign;
            let candidate =
                Candidate { subject: self.subject, sample: print.key, score, foreign, comparisons: count };
            let kept = best.take().filter(|b| question.excess(b) >= question.excess(&candidate));
            best = Some(Candidate { comparisons: count, ..kept.unwrap_or(candidate) });
        }
        best
    }
}
