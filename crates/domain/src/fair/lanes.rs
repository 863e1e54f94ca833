//! Lanes by key, served in turn; within a lane first come, first served.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// What waits, in one lane a key.
///
/// The places are shared: a lane may hold at most as many as are free beside it. So one lane takes at most half of the
/// places, two a third each, and however many are greedy there is a place left for the next that comes.
#[derive(Debug)]
pub struct Lanes<K, T> {
    lanes: HashMap<K, VecDeque<T>>,
    /// Keys whose lanes hold something, the next to be served in front.
    turns: VecDeque<K>,
    waiting: usize,
    places: usize,
}

impl<K: Clone + Eq + Hash, T> Lanes<K, T> {
    /// Empty lanes with so many places together.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self { lanes: HashMap::new(), turns: VecDeque::new(), waiting: 0, places: places.max(1) }
    }

    /// Whether `key` may put in so many at once. An empty lane may always, as long as there are places.
    #[must_use]
    pub fn has_room(&self, key: &K, items: usize) -> bool {
        let held = self.lanes.get(key).map_or(0, VecDeque::len);
        let Some(free) = self.places.checked_sub(self.waiting + items) else { return false };
        held == 0 || held + items <= free
    }

    /// Puts `item` at the end of its lane.
    ///
    /// # Errors
    /// The item itself, when its lane is full.
    pub fn push(&mut self, key: K, item: T) -> Result<(), T> {
        if !self.has_room(&key, 1) {
            return Err(item);
        }
        self.waiting += 1;
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.push_back(item);
        } else {
            self.turns.push_back(key.clone());
            self.lanes.insert(key, VecDeque::from([item]));
        }
        Ok(())
    }

    /// The first of the lane whose turn it is; the lane then goes to the end of the line.
    pub fn pop(&mut self) -> Option<(K, T)> {
        self.pop_where(|_| true)
    }

    /// As [`Self::pop`], among the lanes that `may` allows; the others keep their turn.
    pub fn pop_where(&mut self, may: impl Fn(&K) -> bool) -> Option<(K, T)> {
        let at = self.turns.iter().position(may)?;
        let key = self.turns.remove(at)?;
        let item = self.take(&key)?;
        if self.lanes.contains_key(&key) {
            self.turns.push_back(key.clone());
        }
        Some((key, item))
    }

    /// The next of this lane, whoever's turn it is.
    pub fn pop_of(&mut self, key: &K) -> Option<T> {
        let item = self.take(key)?;
        if !self.lanes.contains_key(key) {
            self.turns.retain(|k| k != key);
        }
        Some(item)
    }

    fn take(&mut self, key: &K) -> Option<T> {
        let lane = self.lanes.get_mut(key)?;
        let item = lane.pop_front();
        if lane.is_empty() {
            self.lanes.remove(key);
        }
        self.waiting -= usize::from(item.is_some());
        item
    }

    /// Lets go of what `keep` does not hold on to.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        for lane in self.lanes.values_mut() {
            let before = lane.len();
            lane.retain(&mut keep);
            self.waiting -= before - lane.len();
        }
        self.lanes.retain(|_, lane| !lane.is_empty());
        self.turns.retain(|key| self.lanes.contains_key(key));
    }

    /// How many wait in all.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lanes_are_served_in_turn_and_each_in_its_order() {
        let mut lanes = Lanes::new(100);
        for (key, item) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)] {
            lanes.push(key, item).unwrap();
        }
        let served: Vec<_> = std::iter::from_fn(|| lanes.pop()).collect();
        assert_eq!(served, [("a", 1), ("b", 4), ("c", 5), ("a", 2), ("b", 6), ("a", 3)]);
        assert!(lanes.is_empty());
    }

    #[test]
    fn a_greedy_lane_leaves_room_for_the_others() {
        let mut lanes = Lanes::new(32);
        let fill =
            |lanes: &mut Lanes<u8, ()>, key| (0..100).take_while(|_| lanes.push(key, ()).is_ok()).count();
        assert_eq!(fill(&mut lanes, 0), 16, "one lane takes half");
        assert!(fill(&mut lanes, 1) >= 5, "and a second finds places");
        assert!(fill(&mut lanes, 2) >= 2);
        assert!(fill(&mut lanes, 3) >= 1, "and so does a third that comes late");
        assert!(lanes.len() <= 32);
        assert!(lanes.push(0, ()).is_err(), "a full lane refuses only its own");
    }

    #[test]
    fn one_place_is_a_place() {
        let mut lanes = Lanes::new(1);
        lanes.push('a', 1).unwrap();
        assert_eq!(lanes.push('b', 2), Err(2));
        assert_eq!(lanes.pop(), Some(('a', 1)));
    }

    #[test]
    fn a_lane_that_may_not_be_served_keeps_its_turn() {
        let mut lanes = Lanes::new(9);
        for (key, item) in [('a', 1), ('b', 2), ('b', 3)] {
            lanes.push(key, item).unwrap();
        }
        assert_eq!(lanes.pop_where(|k| *k != 'a'), Some(('b', 2)));
        assert_eq!(lanes.pop(), Some(('a', 1)));
        assert_eq!(lanes.pop_of(&'b'), Some(3));
        assert_eq!(lanes.pop(), None);
    }

    proptest! {
        /// Whatever is put in and taken out: nothing is lost, nothing comes twice, and the count is right.
        #[test]
        fn nothing_is_lost(steps in prop::collection::vec((0u8..5, 0u8..4), 0..200)) {
            let mut lanes = Lanes::new(24);
            let (mut next, mut held) = (0u32, Vec::new());
            for (key, what) in steps {
                let out = match what {
                    0 => lanes.pop().map(|(_, item)| item),
                    1 => lanes.pop_of(&key),
                    2 => {
                        lanes.retain(|item| item % 7 != 0);
                        held.retain(|item| item % 7 != 0);
                        None
                    }
                    _ => {
                        if lanes.push(key, next).is_ok() {
                            held.push(next);
                        }
                        next += 1;
                        None
                    }
                };
                if let Some(out) = out {
                    prop_assert!(held.contains(&out));
                    held.retain(|item| *item != out);
                }
                prop_assert_eq!(lanes.len(), held.len());
            }
            let mut rest: Vec<u32> = std::iter::from_fn(|| lanes.pop()).map(|(_, item)| item).collect();
            rest.sort_unstable();
            prop_assert_eq!(rest, held);
        }
    }
}
