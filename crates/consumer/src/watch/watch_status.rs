//! The status of the watch, and the reason why it is not ready.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

/// The field `watch` of `GET /status`.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct WatchStatus {
    /// The reason why readings are not judged, or not up to the newest one.
    pub(super) missing: Option<String>,
    /// Patients watched.
    pub(super) patients: usize,
    /// Alarms that are active.
    pub(super) active_alarms: usize,
    /// Alerts published since the watch was restored last.
    pub(super) alerts: u64,
    #[serde(serialize_with = "values")]
    pub(super) partitions: BTreeMap<i32, PartitionStatus>,
    /// Partitions that are assigned, and not watched before their state is restored.
    pub(super) restoring: BTreeSet<i32>,
    /// The reason of an outage of the brokers.
    #[serde(skip)]
    pub(super) outage: Option<String>,
    #[serde(skip)]
    pub(super) stalled: Option<Stalled>,
    /// Patients who moved, and whose state can't be read.
    #[serde(skip)]
    pub(super) unread_states: usize,
    #[serde(skip)]
    pub(super) failure: Option<String>,
}

/// The messages that are not delivered, though a broker responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stalled {
    Alerts,
    States,
}

impl Stalled {
    const fn reason(self) -> &'static str {
        match self {
            Self::Alerts => "alerts are not delivered: is a partition of their topic offline?",
            Self::States => "states are not delivered: is a partition of their topic offline?",
        }
    }
}

/// One partition of the readings that this instance watches.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct PartitionStatus {
    pub(super) partition: i32,
    /// The next offset to judge.
    pub(super) position: i64,
    /// The next offset that a later owner judges.
    pub(super) committed: Option<i64>,
    /// The high watermark of Kafka's log.
    pub(super) high_watermark: Option<i64>,
    /// Messages in Kafka that are not judged yet.
    pub(super) lag: Option<i64>,
    /// It was read to its end since it was assigned.
    pub(super) caught_up: bool,
}

impl WatchStatus {
    /// The reason why the watch is not ready; `None` if it is.
    pub(super) fn reason(&self) -> Option<String> {
        // An outage is the cause of most failures.
        if let Some(reason) = self.outage.as_ref().or(self.failure.as_ref()) {
            return Some(reason.clone());
        }
        let mut reasons = Vec::new();
        reasons.extend(self.stalled.map(|stalled| stalled.reason().to_owned()));
        if self.unread_states > 0 {
            reasons.push(format!(
                "the states of {} patients who moved can't be read: is a partition of their topic \
                 offline?",
                self.unread_states
            ));
        }
        if !reasons.is_empty() {
            return Some(reasons.join("; "));
        }
        if !self.restoring.is_empty() {
            return Some(format!("restoring the state of partitions {:?}", self.restoring));
        }
        let behind = self.partitions.values().filter(|it| !it.caught_up);
        let behind: Vec<i32> = behind.map(|it| it.partition).collect();
        if behind.is_empty() { None } else { Some(format!("catching up: {behind:?}")) }
    }
}

fn values<S: Serializer>(
    partitions: &BTreeMap<i32, PartitionStatus>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(partitions.values())
}
