//! Records the state of the watch, for `/status`, `/metrics` and its readiness condition.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vitals_core::runtime::readiness::Readiness;

use super::watch_status::{PartitionStatus, Stalled, WatchStatus};
use crate::metrics;

/// The readiness condition of the watch.
pub(crate) const CONDITION: &str = "watch";

const STARTING: &str = "starting";

/// Records the state of the watch. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct WatchRecorder {
    status: Arc<Mutex<WatchStatus>>,
    readiness: Readiness,
}

impl WatchRecorder {
    pub(super) fn new(readiness: Readiness) -> Self {
        let status = WatchStatus {
            failure: Some(STARTING.to_owned()),
            missing: Some(STARTING.to_owned()),
            ..WatchStatus::default()
        };
        readiness.missing(CONDITION, STARTING);
        Self { status: Arc::new(Mutex::new(status)), readiness }
    }

    /// The current status.
    pub(crate) fn snapshot(&self) -> WatchStatus {
        self.status().clone()
    }

    /// Notes why the brokers are unreachable; `None` once one responds.
    pub(super) fn set_outage(&self, outage: Option<String>) {
        self.update(|status| status.outage = outage);
    }

    /// Notes why the watch does not run; `None` once it does.
    pub(super) fn set_failure(&self, failure: Option<String>) {
        self.update(|status| status.failure = failure);
    }

    /// Notes the messages that wait for their delivery, and with them the offsets.
    pub(super) fn set_stalled(&self, stalled: Option<Stalled>) {
        if self.status().stalled != stalled {
            self.update(|status| status.stalled = stalled);
        }
    }

    /// Notes the number of patients who moved, and whose state can't be read.
    pub(super) fn set_unread_states(&self, patients: usize) {
        if self.status().unread_states != patients {
            self.update(|status| status.unread_states = patients);
        }
    }

    /// Notes the partitions whose state is being restored.
    pub(super) fn set_restoring(&self, partitions: &BTreeSet<i32>) {
        self.update(|status| status.restoring.clone_from(partitions));
    }

    pub(super) fn add_partition(&self, partition: i32, position: i64) {
        self.update(|status| {
            let added = PartitionStatus { partition, position, ..PartitionStatus::default() };
            status.partitions.insert(partition, added);
        });
    }

    pub(super) fn remove_partition(&self, partition: i32) {
        self.update(|status| {
            status.partitions.remove(&partition);
        });
        metrics::clear_watch_lag(partition);
    }

    pub(super) fn remove_all_partitions(&self) {
        self.set_restoring(&BTreeSet::new());
        let partitions: Vec<i32> = self.status().partitions.keys().copied().collect();
        for partition in partitions {
            self.remove_partition(partition);
        }
    }

    pub(super) fn set_high_watermark(&self, partition: i32, offset: i64) {
        self.update_partition(partition, |it| it.high_watermark = Some(offset));
    }

    pub(super) fn set_position(&self, partition: i32, position: i64, caught_up: bool) {
        self.update_partition(partition, |it| {
            it.position = position;
            it.caught_up |= caught_up;
        });
    }

    pub(super) fn set_committed(&self, partition: i32, offset: i64) {
        self.update_partition(partition, |it| it.committed = Some(offset));
    }

    pub(super) fn set_counts(&self, patients: usize, active_alarms: usize, alerts: u64) {
        metrics::set_watch_patients(patients);
        metrics::set_active_alarms(active_alarms);
        let mut status = self.status();
        status.patients = patients;
        status.active_alarms = active_alarms;
        status.alerts = alerts;
    }

    fn update_partition(&self, partition: i32, change: impl FnOnce(&mut PartitionStatus)) {
        self.update(|status| {
            let Some(found) = status.partitions.get_mut(&partition) else { return };
            change(found);
            found.lag = found.high_watermark.map(|high| (high - found.position).max(0));
            if let Some(lag) = found.lag {
                metrics::set_watch_lag(partition, lag);
            }
        });
    }

    /// Applies a change and keeps the readiness condition in step.
    fn update(&self, change: impl FnOnce(&mut WatchStatus)) {
        let mut status = self.status();
        change(&mut status);
        let missing = status.reason();
        match &missing {
            None => self.readiness.met(CONDITION),
            Some(reason) => self.readiness.missing(CONDITION, reason.clone()),
        }
        status.missing = missing;
    }

    fn status(&self) -> MutexGuard<'_, WatchStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watch_is_ready_once_its_partitions_were_read_to_their_ends() {
        let readiness = Readiness::default();
        let recorder = WatchRecorder::new(readiness.clone());
        assert_eq!(readiness.reasons(), ["watch: starting"]);
        recorder.set_failure(None);
        assert!(readiness.holds(CONDITION));
        recorder.set_restoring(&BTreeSet::from([3]));
        assert_eq!(readiness.reasons(), ["watch: restoring the state of partitions {3}"]);
        recorder.set_restoring(&BTreeSet::new());
        recorder.add_partition(3, 10);
        assert_eq!(readiness.reasons(), ["watch: catching up: [3]"]);
        recorder.set_high_watermark(3, 25);
        recorder.set_position(3, 20, true);
        assert!(readiness.holds(CONDITION));
        assert_eq!(recorder.snapshot().partitions[&3].lag, Some(5));
        recorder.set_outage(Some("wrong password".to_owned()));
        assert_eq!(readiness.reasons(), ["watch: wrong password"]);
        recorder.set_outage(None);
        for (stalled, name) in [(Stalled::Alerts, "alerts"), (Stalled::States, "states")] {
            recorder.set_stalled(Some(stalled));
            let reason = "are not delivered: is a partition of their topic offline?";
            assert_eq!(readiness.reasons(), [format!("watch: {name} {reason}")]);
        }
        recorder.set_stalled(None);
        recorder.set_unread_states(2);
        let unread = "watch: the states of 2 patients who moved can't be read: is a partition of \
                      their topic offline?";
        assert_eq!(readiness.reasons(), [unread]);
        recorder.set_unread_states(0);
        assert!(readiness.holds(CONDITION));
        recorder.set_failure(Some("no topic alerts".to_owned()));
        assert_eq!(readiness.reasons(), ["watch: no topic alerts"]);
    }
}
