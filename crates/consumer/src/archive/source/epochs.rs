//! Which partitions are ours, and since when.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A count of assignments, from 1; rows remember the one they were read under. 0 is the one of
/// batches that an earlier process left in the spool.
pub(crate) type Epoch = u64;

/// The current epoch of every partition that is ours. Rows of another epoch were read before
/// the partition was lost or rewound.
#[derive(Debug, Default)]
pub(crate) struct Epochs(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Epoch,
    current: BTreeMap<i32, Epoch>,
    /// The log that was read in every epoch there was.
    logs: BTreeMap<Epoch, String>,
}

impl Epochs {
    /// `partition` is ours, as of now, and `log` is read.
    pub(crate) fn begin(&self, partition: i32, log: String) -> Epoch {
        let mut state = self.state();
        state.last += 1;
        let epoch = state.last;
        state.current.insert(partition, epoch);
        state.logs.insert(epoch, log);
        epoch
    }

    /// `partition` is no longer ours.
    pub(crate) fn end(&self, partition: i32) {
        self.state().current.remove(&partition);
    }

    /// Whether `partition` is ours and has been since `epoch`.
    pub(crate) fn holds(&self, partition: i32, epoch: Epoch) -> bool {
        self.state().current.get(&partition) == Some(&epoch)
    }

    /// The log that was read in `epoch`.
    pub(crate) fn log(&self, epoch: Epoch) -> Option<String> {
        self.state().logs.get(&epoch).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_comes_back_is_in_another_epoch() {
        let epochs = Epochs::default();
        let first = epochs.begin(3, "c".to_owned());
        assert!(epochs.holds(3, first));
        epochs.end(3);
        assert!(!epochs.holds(3, first));
        let second = epochs.begin(3, "c".to_owned());
        assert!(epochs.holds(3, second) && !epochs.holds(3, first));
        assert_eq!(epochs.log(first).as_deref(), Some("c"));
    }
}
