//! Epochs of partition assignments, for fencing batches of earlier ones.

use vitals_core::domain::log_id::LogId;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The number of an assignment of a partition to this process, from 1. A batch remembers the
/// epoch it was read in. Epoch 0 belongs to batches that an earlier process left in the spool.
pub(crate) type Epoch = u64;

/// The current epoch of every assigned partition. A batch of any other epoch was read before the
/// partition was revoked or rewound, and is fenced off.
#[derive(Debug, Default)]
pub(crate) struct Epochs(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Epoch,
    current: BTreeMap<i32, Epoch>,
    /// The log read in each epoch so far.
    logs: BTreeMap<Epoch, LogId>,
}

impl Epochs {
    /// Starts a new epoch of `partition`, whose messages come from `log`.
    pub(crate) fn begin(&self, partition: i32, log: LogId) -> Epoch {
        let mut state = self.state();
        state.last += 1;
        let epoch = state.last;
        state.current.insert(partition, epoch);
        state.logs.insert(epoch, log);
        epoch
    }

    /// Ends the current epoch of `partition`: it was revoked or is about to be rewound.
    pub(crate) fn end(&self, partition: i32) {
        self.state().current.remove(&partition);
    }

    /// Returns true if `epoch` is the current epoch of `partition`.
    pub(crate) fn is_current(&self, partition: i32, epoch: Epoch) -> bool {
        self.state().current.get(&partition) == Some(&epoch)
    }

    /// The log read in `epoch`.
    pub(crate) fn log(&self, epoch: Epoch) -> Option<LogId> {
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
    fn a_reassigned_partition_is_in_a_new_epoch() {
        let epochs = Epochs::default();
        let log = LogId::new("c", 1);
        let first = epochs.begin(3, log.clone());
        assert!(epochs.is_current(3, first));
        epochs.end(3);
        assert!(!epochs.is_current(3, first));
        let second = epochs.begin(3, log.clone());
        assert!(epochs.is_current(3, second) && !epochs.is_current(3, first));
        assert_eq!(epochs.log(first), Some(log));
    }
}
