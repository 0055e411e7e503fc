//! The memory budget of messages that are kept whole.
//!
//! A valid message becomes a few bytes of Arrow columns, unless its key or headers are large. A
//! rejected one is kept whole, twice: in its row until the batch is stored, and for its dead letter
//! until that is sent. The row of a rejected message or of a tombstone has the key in two columns.
//! The budget counts all copies over all batches in flight. While it is exhausted, the poller
//! fetches no message. A batch ends with an eighth of the budget: while a file is encoded, its rows,
//! its pages and the file itself are in memory, and these copies of one batch don't count.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Number of batches that share the budget: one each is filled, encoded, stored, and sent as dead
/// letters. The copies of the one that is encoded take as much again.
const BATCHES: usize = 8;

/// The budget. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct MemoryBudget {
    limit: usize,
    used: Arc<AtomicUsize>,
}

impl MemoryBudget {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: Arc::default() }
    }

    /// Returns true if the bytes held reach the limit.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.used() >= self.limit
    }

    /// The bytes held.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// A share of the budget, empty at first.
    pub(crate) fn share(&self) -> MemoryShare {
        MemoryShare { budget: self.clone(), bytes: 0 }
    }
}

/// Bytes of the budget. Dropping the share returns them.
#[derive(Debug)]
pub(crate) struct MemoryShare {
    budget: MemoryBudget,
    bytes: usize,
}

impl MemoryShare {
    /// Returns true if the share is as large as that of a batch may become.
    pub(crate) const fn is_full(&self) -> bool {
        self.bytes >= self.budget.limit / BATCHES
    }

    /// Adds bytes. A share may exceed the budget: the message that exceeds it is already there.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.budget.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes the bytes, and leaves an empty share.
    pub(crate) fn take(&mut self) -> Self {
        let bytes = std::mem::take(&mut self.bytes);
        Self { budget: self.budget.clone(), bytes }
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_returns_its_bytes_when_it_is_dropped() {
        let budget = MemoryBudget::new(20);
        let mut share = budget.share();
        share.add(19);
        assert!(!budget.is_exhausted());
        share.add(3);
        assert!(budget.is_exhausted() && share.is_full());
        let taken = share.take();
        share.add(1);
        assert!(!share.is_full());
        drop(share);
        assert_eq!(budget.used(), 22);
        drop(taken);
        assert_eq!(budget.used(), 0);
    }
}
