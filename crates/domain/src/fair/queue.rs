//! A queue between threads, of lanes that are served in turn.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Lanes;

/// What a wait for work comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<K, T> {
    /// A piece of work, and whose it is.
    Work(K, T),
    /// Nothing came in time.
    Nothing,
    /// No more will come.
    Closed,
}

/// Work for threads. A closed queue takes nothing in, and hands out what it holds before it says that it is closed.
#[derive(Debug)]
pub struct Queue<K, T> {
    state: Mutex<State<K, T>>,
    /// Work has come, or the end.
    more: Condvar,
    /// A place has come free.
    room: Condvar,
}

#[derive(Debug)]
struct State<K, T> {
    lanes: Lanes<K, T>,
    /// Pieces of work in hand by lane, of those taken by [`Queue::pop_sharing`].
    in_hand: HashMap<K, usize>,
    /// Whose the last piece was, and for how many more it is taken that others come as well.
    last: Option<K>,
    mixed: usize,
    closed: bool,
}

/// For so many pieces after one of another lane it is taken that others come as well.
const MIXED: usize = 64;

impl<K: Clone + Eq + Hash, T> Queue<K, T> {
    /// A queue with so many places, shared as [`Lanes`] says.
    #[must_use]
    pub fn new(places: usize) -> Self {
        let state =
            State { lanes: Lanes::new(places), in_hand: HashMap::new(), last: None, mixed: 0, closed: false };
        Self { state: Mutex::new(state), more: Condvar::new(), room: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<K, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts work in.
    ///
    /// # Errors
    /// The work itself, when its lane is full or the queue is closed.
    pub fn push(&self, key: K, work: T) -> Result<(), T> {
        let mut state = self.state();
        if state.closed {
            return Err(work);
        }
        state.lanes.push(key, work)?;
        drop(state);
        self.more.notify_one();
        Ok(())
    }

    /// Puts work in as soon as there is room: for threads that may wait.
    ///
    /// # Errors
    /// The work itself, when the queue is closed.
    pub fn push_waiting(&self, key: &K, mut work: T) -> Result<(), T> {
        let mut state = self.state();
        loop {
            if state.closed {
                return Err(work);
            }
            match state.lanes.push(key.clone(), work) {
                Ok(()) => break,
                Err(back) => work = back,
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.more.notify_one();
        Ok(())
    }

    /// Waits for work; `None` when no more will come.
    pub fn pop(&self) -> Option<(K, T)> {
        let mut state = self.state();
        loop {
            if let Some(next) = state.lanes.pop() {
                self.room.notify_all();
                return Some(next);
            }
            if state.closed {
                return None;
            }
            state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for work of a lane that has fewer than `most` pieces in hand, so that slow work of one lane does not take every
    /// thread; `None` when no more will come. Whoever takes some says when it is [`Self::done`].
    pub fn pop_sharing(&self, most: usize) -> Option<(K, T)> {
        self.pop_up_to(|_| most)
    }

    /// As [`Self::pop_sharing`] for one of `threads`: a lane may have them all as long as no other comes, and all but one while
    /// others do.
    pub fn pop_of(&self, threads: usize) -> Option<(K, T)> {
        self.pop_up_to(|mixed| if mixed { threads.saturating_sub(1) } else { threads })
    }

    fn pop_up_to(&self, most: impl Fn(bool) -> usize) -> Option<(K, T)> {
        let mut state = self.state();
        loop {
            let State { lanes, in_hand, last, mixed, closed } = &mut *state;
            let most = most(*mixed > 0).max(1);
            let next = lanes.pop_where(|key| in_hand.get(key).is_none_or(|held| *held < most));
            if let Some((key, work)) = next {
                *in_hand.entry(key.clone()).or_insert(0) += 1;
                let is_another = last.as_ref().is_some_and(|last| *last != key);
                *mixed = if is_another { MIXED } else { mixed.saturating_sub(1) };
                let alone = *mixed == 0;
                *last = Some(key.clone());
                drop(state);
                self.room.notify_all();
                if alone {
                    // Threads that were left to others may help.
                    self.more.notify_one();
                }
                return Some((key, work));
            }
            // Whoever has the rest's share in hand comes back for it.
            if *closed {
                return None;
            }
            state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A piece taken by [`Self::pop_sharing`] is done. The thread that says so must look for the next one.
    pub fn done(&self, key: &K) {
        let mut state = self.state();
        if let Some(held) = state.in_hand.get_mut(key) {
            *held -= 1;
            if *held == 0 {
                state.in_hand.remove(key);
            }
        }
    }

    /// Work of a lane that `may` allows; where there is none, waits for at most `patience` for any work to come and looks once
    /// more.
    pub fn pop_where(&self, may: impl Fn(&K) -> bool, patience: Duration) -> Next<K, T> {
        let mut state = self.state();
        let mut waited = false;
        loop {
            if let Some((key, work)) = state.lanes.pop_where(&may) {
                self.room.notify_all();
                return Next::Work(key, work);
            }
            if state.closed {
                return Next::Closed;
            }
            if waited || patience.is_zero() {
                return Next::Nothing;
            }
            waited = true;
            let woken = self.more.wait_timeout(state, patience);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes nothing in from now on.
    pub fn close(&self) {
        self.state().closed = true;
        self.more.notify_all();
        self.room.notify_all();
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.state().lanes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn a_closed_queue_hands_out_what_it_holds_and_takes_nothing_in() {
        let queue = Queue::new(8);
        queue.push('a', 1).unwrap();
        queue.close();
        assert_eq!(queue.push('a', 2), Err(2));
        assert_eq!(queue.push_waiting(&'a', 3), Err(3));
        assert_eq!(queue.pop(), Some(('a', 1)));
        assert_eq!(queue.pop(), None);
        assert_eq!(queue.pop_where(|_| true, Duration::ZERO), Next::Closed);
    }

    #[test]
    fn whoever_may_wait_gets_a_place_and_all_work_is_done_once() {
        let queue = Arc::new(Queue::new(2));
        let makers: Vec<_> = (0..3)
            .map(|key| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || (0..50).for_each(|n| queue.push_waiting(&key, key * 100 + n).unwrap()))
            })
            .collect();
        let mut done: Vec<u32> = (0..150).map(|_| queue.pop().unwrap().1).collect();
        for maker in makers {
            maker.join().unwrap();
        }
        done.sort_unstable();
        let all: Vec<u32> = (0..3).flat_map(|key| (0..50).map(move |n| key * 100 + n)).collect();
        assert_eq!(done, all);
        assert!(queue.is_empty());
    }

    #[test]
    fn slow_work_of_one_lane_does_not_take_every_thread() {
        let queue = Arc::new(Queue::new(32));
        for n in 0..4 {
            queue.push('a', n).unwrap();
        }
        assert_eq!(queue.pop_sharing(2), Some(('a', 0)));
        assert_eq!(queue.pop_sharing(2), Some(('a', 1)));
        queue.push('b', 9).unwrap();
        assert_eq!(queue.pop_sharing(2), Some(('b', 9)), "it has two in hand: the next thread is another's");
        queue.done(&'a');
        assert_eq!(queue.pop_sharing(2), Some(('a', 2)));
    }

    #[test]
    fn a_thread_is_left_to_others_for_as_long_as_others_come() {
        let queue = Queue::new(1_000);
        let push = |key, times| (0..times).for_each(|n| queue.push(key, n).unwrap());
        push('a', 3);
        assert_eq!(queue.pop_of(2), Some(('a', 0)));
        assert_eq!(queue.pop_of(2), Some(('a', 1)), "alone it has both threads");
        push('b', 1);
        queue.done(&'a');
        queue.done(&'a');
        assert!(queue.pop_of(2).is_some() && queue.pop_of(2).is_some(), "one of each");
        push('a', 2 * MIXED as i32);
        push('b', 1);
        queue.done(&'b');
        assert_eq!(queue.pop_of(2), Some(('b', 0)), "the second thread is not for the crowd");
        queue.done(&'b');
        for _ in 0..=MIXED {
            queue.done(&'a');
            assert_eq!(queue.pop_of(2).map(|(key, _)| key), Some('a'));
        }
        assert_eq!(queue.pop_of(2).map(|(key, _)| key), Some('a'), "until nobody else has come for a while");
    }

    #[test]
    fn nothing_for_the_lanes_allowed_is_said_so() {
        let queue = Queue::new(4);
        queue.push('a', 1).unwrap();
        assert_eq!(queue.pop_where(|k| *k == 'b', Duration::ZERO), Next::Nothing);
        assert_eq!(queue.pop_where(|k| *k == 'a', Duration::ZERO), Next::Work('a', 1));
    }
}
