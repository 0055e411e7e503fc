//! Counts by key, with a bounded number of keys.

use std::collections::BTreeMap;

/// Maximum number of keys: devices and misspelt fields are as many as their senders invent.
const MAX_KEYS: usize = 1000;

/// Number of occurrences by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts<K> {
    by_key: BTreeMap<K, u64>,
    /// Occurrences of keys beyond the maximum.
    other: u64,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { by_key: BTreeMap::new(), other: 0 }
    }
}

impl<K: Ord + Clone> Counts<K> {
    /// Adds `count` occurrences of `key`.
    pub fn add(&mut self, key: K, count: u64) {
        if self.by_key.len() < MAX_KEYS || self.by_key.contains_key(&key) {
            *self.by_key.entry(key).or_default() += count;
        } else {
            self.other += count;
        }
    }

    /// Adds the occurrences of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.other += other.other;
        for (key, count) in &other.by_key {
            self.add(key.clone(), *count);
        }
    }

    /// Number of all occurrences.
    pub fn total(&self) -> u64 {
        self.by_key.values().sum::<u64>() + self.other
    }

    /// The most frequent keys, at most `limit`, in falling order of their counts.
    pub fn most_frequent(&self, limit: usize) -> Vec<(&K, u64)> {
        let mut counts: Vec<_> = self.by_key.iter().map(|(key, count)| (key, *count)).collect();
        // Stable: equal counts stay in the order of their keys.
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.truncate(limit);
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_beyond_the_maximum_are_counted_without_a_name() {
        let mut counts = Counts::default();
        (0..MAX_KEYS + 5).for_each(|key| counts.add(key, 1));
        counts.add(7, 2);
        assert_eq!(counts.total(), 1007);
        assert_eq!(counts.most_frequent(2), [(&7, 3), (&0, 1)]);
        let mut merged = counts.clone();
        merged.merge(&counts);
        assert_eq!((merged.total(), merged.by_key.len()), (2014, MAX_KEYS));
    }
}
