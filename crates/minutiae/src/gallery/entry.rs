//! What is held of one subject.

use std::sync::Arc;

use super::search::{Candidate, Question};
use crate::{Position, Scratch, Subject, Template};

/// One impression of a subject.
#[derive(Clone, Copy, Debug)]
pub struct Print<'a> {
    /// Tells the subject's impressions apart.
    pub key: u64,
    /// The finger, where it is known.
    pub position: Option<Position>,
    /// Whether a client has made the template: its scores are judged by another scale.
    pub foreign: bool,
    /// Its template.
    pub template: &'a Template,
}

/// What is to be held of a subject.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held<'a> {
    /// The owner's word; a question may filter by it.
    pub tag: u32,
    /// Collections the subject is in.
    pub collections: &'a [u128],
    /// Its impressions.
    pub prints: &'a [Print<'a>],
}

/// An impression, prepared.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) key: u64,
    pub(super) position: Option<Position>,
    pub(super) foreign: bool,
    pub(super) subject: Subject,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) subject: u128,
    pub(super) tag: u32,
    collections: Box<[u128]>,
    pub(super) prints: Box<[Arc<Prepared>]>,
}

impl Entry {
    /// What is prepared already is taken over from `old`.
    pub(super) fn new(subject: u128, held: &Held<'_>, old: Option<&Self>) -> Self {
        let prepared = |p: &Print<'_>| {
            let known =
                old.and_then(|old| old.prints.iter().find(|o| o.key == p.key && o.position == p.position));
            known.map_or_else(
                || {
                    let subject = Subject::new(p.template);
                    Arc::new(Prepared { key: p.key, position: p.position, foreign: p.foreign, subject })
                },
                Arc::clone,
            )
        };
        let prints = held.prints.iter().map(prepared).collect();
        Self { subject, tag: held.tag, collections: held.collections.into(), prints }
    }

    pub(super) fn is_in(&self, wanted: &[u128]) -> bool {
        self.collections.iter().any(|c| wanted.contains(c))
    }

    /// The impressions a question may be about.
    pub(super) fn asked<'a>(&'a self, question: &'a Question) -> impl Iterator<Item = &'a Prepared> {
        let same = |p: &&Prepared| match (p.position, question.position) {
            (Some(own), Some(asked)) => own == asked,
            _ => true,
        };
        self.prints.iter().map(Arc::as_ref).filter(same)
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
