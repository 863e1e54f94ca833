//! One pass over a gallery for several questions at once: the codes come from memory once for all of them.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use roaring::RoaringBitmap;

use crate::block::{Block, CAPACITY};
use crate::gallery::{Gallery, Shared};
use crate::kernel::GROUP;
use crate::nearest::{Candidate, Hit, Nearest};
use crate::probe::Probe;

/// Groups that are read for all questions before the next: their codes stay in the nearest cache.
const TILE: usize = 16;
/// With so few members in a tile, scoring them is quicker than ruling the others out.
const FEW: u32 = 12;

/// What is asked.
#[derive(Clone)]
pub struct Question {
    /// Whom to look for.
    pub probe: Probe,
    /// Cosine, less the discount, from which a template, or the mean of several, counts.
    pub threshold: f32,
    /// Most candidates.
    pub limit: usize,
    /// Only members of at least one of these.
    pub collections: Option<Vec<u128>>,
    /// Only subjects whose tag pleases.
    pub accepts: Option<Arc<dyn Fn(u32) -> bool + Send + Sync>>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Nearest first, by [`Candidate::score`].
    pub candidates: Vec<Candidate>,
}

/// A question under way.
struct Asked {
    question: Question,
    /// One bit a slot.
    members: Option<Vec<u64>>,
    /// The highest floor any thread has reached, as the bits of a positive float; zero before there is one.
    floor: AtomicU32,
}

/// Several questions under way.
pub(crate) struct Scan {
    gallery: Arc<Gallery>,
    blocks: Vec<Shared>,
    asked: Vec<Asked>,
    next: AtomicUsize,
    /// From where on changes concern it.
    start: usize,
}

impl Drop for Scan {
    fn drop(&mut self) {
        self.gallery.watch.end_scan(self.start);
    }
}

fn bits(members: &RoaringBitmap, slots: usize) -> Vec<u64> {
    let mut words = vec![0u64; slots.div_ceil(64)];
    for slot in members {
        if let Some(word) = words.get_mut(slot as usize / 64) {
            *word |= 1 << (slot % 64);
        }
    }
    words
}

impl Scan {
    pub(crate) fn new(gallery: Arc<Gallery>, questions: Vec<Question>) -> Self {
        let start = gallery.watch.begin_scan();
        let blocks = gallery.blocks();
        let asked = questions
            .into_iter()
            .map(|question| Asked {
                members: question
                    .collections
                    .as_deref()
                    .map(|c| bits(&gallery.members(c), blocks.len() * CAPACITY)),
                floor: AtomicU32::new(0),
                question,
            })
            .collect();
        Self { gallery, blocks, asked, next: AtomicUsize::new(0), start }
    }

    /// Whether blocks are left that no thread has taken.
    pub(crate) fn has_work(&self) -> bool {
        self.next.load(Ordering::Relaxed) < self.blocks.len()
    }

    /// Takes blocks until none is left, and answers what was found in them, a value a question.
    pub(crate) fn work(&self) -> Vec<Nearest> {
        let mut found: Vec<Nearest> =
            self.asked.iter().map(|a| Nearest::new(a.question.limit, a.question.threshold)).collect();
        let mut slots = Vec::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = self.blocks.get(number) else { return found };
            let block = block.read().unwrap_or_else(PoisonError::into_inner);
            let groups = block.slots() / GROUP;
            for first in (0..groups).step_by(TILE) {
                let tile = (first, TILE.min(groups - first));
                for (asked, nearest) in self.asked.iter().zip(&mut found) {
                    self.scan_tile(&block, number, tile, asked, nearest, &mut slots);
                }
            }
        }
    }

    fn scan_tile(
        &self,
        block: &Block,
        number: usize,
        tile: (usize, usize),
        asked: &Asked,
        nearest: &mut Nearest,
        slots: &mut Vec<u32>,
    ) {
        let Asked { question, members, floor } = asked;
        let reached = f32::from_bits(floor.load(Ordering::Relaxed));
        if reached > 0.0 {
            nearest.raise(reached);
        }
        let before = nearest.floor();
        slots.clear();
        let word = |slot: usize| (number * CAPACITY + slot) / 64;
        let words = members.as_ref().map(|m| &m[word(tile.0 * GROUP)..word((tile.0 + tile.1) * GROUP)]);
        let few = words.is_some_and(|w| w.iter().map(|w| w.count_ones()).sum::<u32>() <= FEW);
        match words {
            Some(words) if few => slots.extend(set_bits(words, tile.0 * GROUP)),
            _ => block.survivors(
                self.gallery.kernel,
                tile,
                &question.probe,
                question.probe.floor(before),
                slots,
            ),
        }
        for slot in slots.iter().map(|s| *s as usize) {
            let outside = words.is_some_and(|w| {
                let at = slot - tile.0 * GROUP;
                w[at / 64] >> (at % 64) & 1 == 0
            });
            let label = block.label(slot);
            if outside || !question.accepts.as_ref().is_none_or(|accepts| accepts(label.tag)) {
                continue;
            }
            nearest.push(Hit { subject: label.subject, score: block.score(slot, &question.probe) });
        }
        if nearest.floor() > before {
            floor.fetch_max(nearest.floor().max(0.0).to_bits(), Ordering::Relaxed);
        }
    }

    /// The answers, from what all threads have found.
    pub(crate) fn conclude(&self, parts: Vec<Vec<Nearest>>) -> Vec<Found> {
        let mut of_question: Vec<Vec<Nearest>> = self.asked.iter().map(|_| Vec::new()).collect();
        for part in parts {
            of_question.iter_mut().zip(part).for_each(|(all, nearest)| all.push(nearest));
        }
        let changed = self.gallery.watch.changed_since(self.start);
        let answers = self.asked.iter().zip(of_question);
        answers.map(|(asked, parts)| self.answer(&asked.question, Nearest::merge(parts), &changed)).collect()
    }

    /// Looks at each candidate once more, with all its templates; who has gone meanwhile is no candidate.
    fn answer(&self, question: &Question, hits: Vec<Hit>, changed: &[u128]) -> Found {
        let mut subjects: Vec<u128> = hits.into_iter().map(|hit| hit.subject).collect();
        let unseen: Vec<u128> = changed.iter().copied().filter(|s| !subjects.contains(s)).collect();
        let pleases = |subject: &u128| {
            question
                .accepts
                .as_ref()
                .is_none_or(|a| self.gallery.held(*subject).is_some_and(|(tag, _)| a(tag)))
        };
        subjects.extend(unseen.into_iter().filter(pleases));
        // A slot may have passed from a member to somebody else while it was scanned.
        subjects.retain(|subject| {
            question.collections.as_ref().is_none_or(|wanted| self.gallery.is_member(*subject, wanted))
        });
        let whole = subjects.into_iter().filter_map(|subject| self.gallery.compare(&question.probe, subject));
        let mut candidates: Vec<Candidate> = whole.filter(|c| c.score() >= question.threshold).collect();
        candidates.sort_by(|a, b| b.score().total_cmp(&a.score()).then(a.subject.cmp(&b.subject)));
        candidates.truncate(question.limit);
        Found { candidates }
    }
}

/// The numbers of the bits set, counted from `first`.
fn set_bits(words: &[u64], first: usize) -> impl Iterator<Item = u32> {
    words.iter().enumerate().flat_map(move |(i, word)| {
        let from = u32::try_from(first + 64 * i).unwrap_or(u32::MAX);
        std::iter::successors(Some(*word).filter(|w| *w != 0), |w| Some(w & (w - 1)).filter(|w| *w != 0))
            .map(move |w| from + w.trailing_zeros())
    })
}

impl Gallery {
    /// Answers a question on this thread.
    #[must_use]
    pub fn search(self: &Arc<Self>, question: Question) -> Found {
        let scan = Scan::new(Arc::clone(self), vec![question]);
        let part = scan.work();
        scan.conclude(vec![part]).pop().unwrap_or(Found { candidates: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{Held, Sample};
    use crate::kernel::Kernel;
    use crate::probe::tests::hardest;

    #[test]
    fn the_hardest_probes_find_whom_they_show() {
        for kernel in Kernel::available() {
            let gallery = Arc::new(Gallery::with_kernel(96, kernel));
            for (i, (vector, ..)) in hardest().take(500).enumerate() {
                let samples = [Sample { key: 0, vector: &vector, discount: 0.0 }];
                gallery.put(i as u128 + 1, &Held { samples: &samples, ..Held::default() });
            }
            for (i, (vector, _, probe)) in hardest().take(500).enumerate() {
                let cosine: f32 = vector.iter().zip(probe.values()).map(|(a, b)| a * b).sum();
                let question = Question {
                    probe,
                    threshold: cosine - 2e-4,
                    limit: 500,
                    collections: None,
                    accepts: None,
                };
                let found = gallery.search(question);
                assert!(found.candidates.iter().any(|c| c.subject == i as u128 + 1), "{kernel:?} lost {i}");
            }
        }
    }
}
