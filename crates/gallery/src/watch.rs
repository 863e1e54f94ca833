//! Who was changed while a scan was under way. A subject's templates may lie in several blocks: a scan that has passed
//! the one and not yet reached the other can miss a subject that is changed in between, so it looks at all of these once
//! more at its end.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
struct State {
    /// Where each scan under way began, counted over all changes that were ever kept.
    starts: Vec<usize>,
    /// How many of those were forgotten.
    forgotten: usize,
    /// Subjects that are being changed now.
    changing: Vec<u128>,
    /// Subjects whose change began or ended while there was a scan, oldest first.
    changed: Vec<u128>,
}

/// Changes, as scans must know them.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<State>);

/// A change under way.
pub(crate) struct Change<'a> {
    watch: &'a Watch,
    subject: u128,
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a change; it ends when what is answered is dropped.
    pub(crate) fn change(&self, subject: u128) -> Change<'_> {
        let mut state = self.lock();
        state.changing.push(subject);
        if !state.starts.is_empty() {
            state.changed.push(subject);
        }
        Change { watch: self, subject }
    }

    /// Begins a scan, and answers from where on changes concern it.
    pub(crate) fn begin_scan(&self) -> usize {
        let mut state = self.lock();
        let start = state.forgotten + state.changed.len();
        state.starts.push(start);
        start
    }

    /// All that were changed since a scan under way began, each once.
    pub(crate) fn changed_since(&self, start: usize) -> Vec<u128> {
        let state = self.lock();
        let mut subjects =
            [state.changed.get(start - state.forgotten..).unwrap_or_default(), &state.changing].concat();
        drop(state);
        subjects.sort_unstable();
        subjects.dedup();
        subjects
    }

    /// Ends a scan. What concerns no other is forgotten.
    pub(crate) fn end_scan(&self, start: usize) {
        let mut state = self.lock();
        if let Some(at) = state.starts.iter().position(|s| *s == start) {
            state.starts.swap_remove(at);
        }
        let all = state.forgotten + state.changed.len();
        let oldest = state.starts.iter().copied().min().unwrap_or(all);
        let needless = oldest - state.forgotten;
        state.changed.drain(..needless);
        state.forgotten = oldest;
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let mut state = self.watch.lock();
        if let Some(at) = state.changing.iter().position(|s| *s == self.subject) {
            state.changing.swap_remove(at);
        }
        if !state.starts.is_empty() {
            let subject = self.subject;
            state.changed.push(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_knows_every_change_that_touched_it() {
        let watch = Watch::default();
        drop(watch.change(1));
        let before = watch.change(2);
        let first = watch.begin_scan();
        drop(watch.change(3));
        let second = watch.begin_scan();
        assert_eq!(watch.changed_since(first), [2, 3]);
        assert_eq!(watch.changed_since(second), [2]);
        drop(before);
        assert_eq!(watch.changed_since(second), [2]);
        watch.end_scan(first);
        assert_eq!(watch.changed_since(second), [2]);
        drop(watch.change(4));
        watch.end_scan(second);
        assert_eq!(watch.changed_since(watch.begin_scan()), [0u128; 0]);
    }
}
