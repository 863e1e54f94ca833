//! Who, of all that are held, has left this impression?
//!
//! A first pass looks at everybody for a third of a microsecond ([`Probe::glance`]) and keeps the quarter that has most in common with
//! the probe; those are compared. Of the impressions that match, more than ninety-nine in a hundred are among them
//! (`docs/accuracy.md`). A small gallery is compared whole.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Gallery;
use super::entry::Entry;
use crate::{Position, Probe, Scratch};

/// Impressions that are always compared: no time is to be gained there.
const ALWAYS: usize = 2_000;
/// One in so many is compared in larger galleries.
const PART: usize = 4;
/// Slots looked at in one go.
const TOGETHER: usize = 512;

/// Which subjects a question is about, by their tags.
pub type Accepts = Arc<dyn Fn(u32) -> bool + Send + Sync>;

/// What is asked of a gallery.
#[derive(Clone)]
pub struct Question {
    /// The impression to look for.
    pub probe: Arc<Probe>,
    /// Whether a client has made its template.
    pub foreign: bool,
    /// The finger, where it is known: only impressions of it, or of unknown fingers, are looked at.
    pub position: Option<Position>,
    /// Least score of a candidate: on our scale, and where a client's template takes part.
    pub thresholds: [f32; 2],
    /// Most candidates.
    pub limit: usize,
    /// Only members of at least one of these.
    pub collections: Option<Vec<u128>>,
    /// Only subjects whose tag this accepts.
    pub accepts: Option<Accepts>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("thresholds", &self.thresholds)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Question {
    /// By how much a candidate exceeds its threshold.
    pub(super) fn excess(&self, candidate: &Candidate) -> f32 {
        candidate.score - self.thresholds[usize::from(candidate.foreign)]
    }

    fn is_about(&self, entry: &Entry) -> bool {
        self.accepts.as_ref().is_none_or(|accepts| accepts(entry.tag))
            && self.collections.as_ref().is_none_or(|wanted| entry.is_in(wanted))
    }
}

/// Somebody it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Who.
    pub subject: u128,
    /// The impression that is most alike.
    pub sample: u64,
    /// Its score.
    pub score: f32,
    /// Whether a client's template takes part: then another scale judges the score.
    pub foreign: bool,
    /// Impressions of the subject that were compared.
    pub comparisons: usize,
}

impl Gallery {
    /// The candidates for a question, those most above their threshold first; on so many threads.
    #[must_use]
    pub fn search(&self, question: &Question, threads: usize) -> Vec<Candidate> {
        let usage = self.usage();
        let threads = threads.clamp(1, usage.prints.div_ceil(TOGETHER).max(1));
        let slots = if usage.prints <= ALWAYS { self.all_slots() } else { self.likely(question, threads) };
        let mut found = self.compare_all(question, &slots, threads);
        found.sort_by(|a, b| question.excess(b).total_cmp(&question.excess(a)));
        found.truncate(question.limit);
        found
    }

    fn all_slots(&self) -> Vec<usize> {
        (0..self.read().entries.len()).collect()
    }

    /// The entries in a range of slots.
    fn entries(&self, slots: &[usize]) -> Vec<Arc<Entry>> {
        let held = self.read();
        slots.iter().filter_map(|slot| held.entries.get(*slot)?.clone()).collect()
    }

    /// The slots with most in common with the probe at a glance.
    fn likely(&self, question: &Question, threads: usize) -> Vec<usize> {
        let all = self.all_slots();
        let mut seen: Vec<(i32, usize)> = in_parallel(&all, threads, |slots| {
            let held = self.read();
            let entries: Vec<_> =
                slots.iter().filter_map(|s| Some((*s, held.entries.get(*s)?.clone()?))).collect();
            drop(held);
            let about = entries.into_iter().filter(|(_, entry)| question.is_about(entry));
            let glance = |(slot, entry): (usize, Arc<Entry>)| {
                entry
                    .asked(question)
                    .map(|print| (question.probe.glance(&print.subject), slot))
                    .collect::<Vec<_>>()
            };
            about.flat_map(glance).collect()
        });
        let keep = (seen.len() / PART).max(ALWAYS);
        if seen.len() > keep {
            seen.select_nth_unstable_by(keep, |a, b| b.0.cmp(&a.0));
            seen.truncate(keep);
        }
        let mut slots: Vec<usize> = seen.into_iter().map(|(_, slot)| slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    fn compare_all(&self, question: &Question, slots: &[usize], threads: usize) -> Vec<Candidate> {
        in_parallel(slots, threads, |slots| {
            let mut scratch = Scratch::default();
            let entries = self.entries(slots);
            let about = entries.iter().filter(|entry| question.is_about(entry));
            let found = about.filter_map(|entry| entry.compare(question, &mut scratch));
            found.filter(|candidate| question.excess(candidate) >= 0.0).collect()
        })
    }
}

/// Does a piece of work for every few of `items`, on so many threads, and gathers what comes out.
fn in_parallel<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&[I]) -> Vec<T> + Sync,
) -> Vec<T> {
    let pieces: Vec<&[I]> = items.chunks(TOGETHER).collect();
    if threads <= 1 || pieces.len() <= 1 {
        return pieces.into_iter().flat_map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.extend(work(piece));
        }
        done
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(pieces.len())).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}
