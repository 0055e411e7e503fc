//! The patients whose states have to be looked at, in the order in which they were added.

use std::collections::{HashSet, VecDeque};

/// A queue in which every patient is once.
#[derive(Debug, Default)]
pub(super) struct StateQueue {
    /// Ids that were removed stay until their turn.
    order: VecDeque<String>,
    members: HashSet<String>,
    /// Number of ids that had their turn.
    taken: u64,
}

impl StateQueue {
    /// Adds patient `id`, unless the patient is in the queue already.
    pub(super) fn insert(&mut self, id: &str) {
        if !self.members.contains(id) {
            self.members.insert(id.to_owned());
            self.order.push_back(id.to_owned());
        }
    }

    /// Removes patient `id`.
    pub(super) fn remove(&mut self, id: &str) {
        self.members.remove(id);
    }

    /// The patient who is next.
    pub(super) fn first(&mut self) -> Option<&str> {
        while self.order.front().is_some_and(|id| !self.members.contains(id)) {
            self.order.pop_front();
            self.taken += 1;
        }
        self.order.front().map(String::as_str)
    }

    /// Takes the patient who is next.
    pub(super) fn take_first(&mut self) -> Option<String> {
        self.first()?;
        let id = self.order.pop_front()?;
        self.taken += 1;
        self.members.remove(&id);
        Some(id)
    }

    /// Returns true if no patient is in the queue.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Number of patients.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The place behind the last patient.
    pub(super) fn end(&self) -> u64 {
        self.taken + u64::try_from(self.order.len()).unwrap_or(u64::MAX)
    }

    /// Returns true if every patient before `place` had the turn, or was removed.
    pub(super) fn has_passed(&mut self, place: u64) -> bool {
        self.first();
        self.taken >= place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(ids: &[&str]) -> StateQueue {
        let mut queue = StateQueue::default();
        ids.iter().for_each(|id| queue.insert(id));
        queue
    }

    #[test]
    fn every_patient_has_one_turn_in_the_order_of_the_arrivals() {
        let mut queue = queue(&["q", "p", "q", "r"]);
        assert_eq!(queue.len(), 3);
        assert_eq!(queue.take_first().as_deref(), Some("q"));
        // Behind those who wait already.
        queue.insert("q");
        let left: Vec<_> = std::iter::from_fn(|| queue.take_first()).collect();
        assert_eq!(left, ["p", "r", "q"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_place_is_passed_once_everyone_before_it_had_the_turn() {
        let mut queue = queue(&["p", "q"]);
        let end = queue.end();
        queue.insert("r");
        assert!(!queue.has_passed(end));
        queue.take_first();
        assert!(!queue.has_passed(end));
        queue.take_first();
        assert!(queue.has_passed(end));
        assert!(!queue.has_passed(queue.end()));
    }

    #[test]
    fn a_removed_patient_has_no_turn_and_holds_nobody_up() {
        let mut queue = queue(&["p", "q"]);
        let end = queue.end();
        queue.remove("p");
        queue.remove("q");
        assert!(queue.has_passed(end));
        queue.insert("p");
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.first(), Some("p"));
    }
}
