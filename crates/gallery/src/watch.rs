//! Who was changed while a scan was under way. A subject's templates may lie in several blocks: a scan that has passed
//! the one and not yet reached the other can miss a subject that is changed in between, so it looks at all of these once
//! more at its end.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
struct State {
    /// Scans under way.
    scans: usize,
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
        if state.scans > 0 {
            state.changed.push(subject);
        }
        Change { watch: self, subject }
    }

    /// Begins a scan, and answers from where on changes concern it.
    pub(crate) fn begin_scan(&self) -> usize {
        let mut state = self.lock();
        state.scans += 1;
        state.changed.len()
    }

    /// All that were changed since, each once.
    pub(crate) fn changed_since(&self, start: usize) -> Vec<u128> {
        let state = self.lock();
        let mut subjects = [&state.changed[start.min(state.changed.len())..], &state.changing].concat();
        drop(state);
        subjects.sort_unstable();
        subjects.dedup();
        subjects
    }

    /// Ends a scan. With the last one all is forgotten.
    pub(crate) fn end_scan(&self) {
        let mut state = self.lock();
        state.scans -= 1;
        if state.scans == 0 {
            state.changed.clear();
            state.changed.shrink_to(1_024);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let mut state = self.watch.lock();
        if let Some(at) = state.changing.iter().position(|s| *s == self.subject) {
            state.changing.swap_remove(at);
        }
        if state.scans > 0 {
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
        watch.end_scan();
        assert_eq!(watch.changed_since(first), [2, 3]);
        watch.end_scan();
        assert_eq!(watch.changed_since(watch.begin_scan()), [0u128; 0]);
    }
}
