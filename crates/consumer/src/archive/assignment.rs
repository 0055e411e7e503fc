//! Which partitions are ours, and since when.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// A count of assignments; rows remember the one they were read under.
pub(crate) type Epoch = u64;

/// The current epoch of every partition that is ours. Rows of another epoch were read before
/// the partition was lost or rewound, and must not be committed.
#[derive(Debug, Default)]
pub(crate) struct Epochs(Mutex<(Epoch, BTreeMap<i32, Epoch>)>);

impl Epochs {
    /// `partition` is ours, as of now.
    pub(crate) fn begin(&self, partition: i32) -> Epoch {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += 1;
        let epoch = state.0;
        state.1.insert(partition, epoch);
        epoch
    }

    /// `partition` is no longer ours.
    pub(crate) fn end(&self, partition: i32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&partition);
    }

    /// Whether `partition` is ours and has been since `epoch`.
    pub(crate) fn holds(&self, partition: i32, epoch: Epoch) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.get(&partition) == Some(&epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_comes_back_is_in_another_epoch() {
        let epochs = Epochs::default();
        let first = epochs.begin(3);
        assert!(epochs.holds(3, first));
        epochs.end(3);
        assert!(!epochs.holds(3, first));
        let second = epochs.begin(3);
        assert!(epochs.holds(3, second) && !epochs.holds(3, first));
    }
}
