//! A map whose last changes can be taken back.

use std::collections::HashMap;
use std::hash::Hash;

/// A map with a memory of what was there before the change under way.
pub(super) struct Tracked<K, V> {
    now: HashMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K: Copy + Eq + Hash, V: Clone> Tracked<K, V> {
    pub(super) fn new(now: HashMap<K, V>) -> Self {
        Self { now, before: Vec::new() }
    }

    pub(super) fn get(&self, key: K) -> Option<&V> {
        self.now.get(&key)
    }

    pub(super) fn set(&mut self, key: K, value: V) {
        let before = self.now.insert(key, value);
        self.before.push((key, before));
    }

    pub(super) fn remove(&mut self, key: K) {
        if let Some(before) = self.now.remove(&key) {
            self.before.push((key, Some(before)));
        }
    }

    /// What was changed stays so.
    pub(super) fn keep(&mut self) {
        self.before.clear();
    }

    /// What was changed since [`Self::keep`] is as it was.
    pub(super) fn take_back(&mut self) {
        while let Some((key, before)) = self.before.pop() {
            match before {
                Some(value) => self.now.insert(key, value),
                None => self.now.remove(&key),
            };
        }
    }

    pub(super) fn keys_where(&self, wanted: impl Fn(&V) -> bool) -> Vec<K> {
        self.now.iter().filter(|(_, v)| wanted(v)).map(|(k, _)| *k).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_as_it_was() {
        let mut map = Tracked::new([(1, 'a'), (2, 'b')].into());
        map.set(1, 'c');
        map.keep();
        map.set(1, 'd');
        map.set(1, 'e');
        map.remove(2);
        map.set(3, 'f');
        map.take_back();
        assert_eq!((map.get(1), map.get(2), map.get(3)), (Some(&'c'), Some(&'b'), None));
    }
}
