//! What a watch remembers of a patient, all of which survives a restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    anomaly::Baselines,
    occurrence::{Occurrence, Silence},
    rule::Rule,
    stuck::Stuck,
    tracker::Tracker,
};
use crate::domain::bedside::Patient;

/// The memory of a watch. Its fields are an implementation detail of this version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchState {
    /// The time up to which the patient has been judged.
    pub(super) now_ms: i64,
    /// The time of the last verdict.
    #[serde(default)]
    pub(super) judged_ms: Option<i64>,
    /// Arrival of a context that was not judged yet, because no message up to then was read.
    #[serde(default)]
    pub(super) context_ms: Option<i64>,
    /// The time of the first verdict of the present stay.
    pub(super) first_ms: Option<i64>,
    pub(super) bedside: Patient,
    pub(super) trackers: BTreeMap<Rule, Tracker>,
    /// High occurrences that ended without an acknowledgement, oldest first.
    pub(super) listed: Vec<Occurrence>,
    pub(super) silences: BTreeMap<Rule, Silence>,
    pub(super) stuck: Stuck,
    pub(super) baselines: Baselines,
}

impl WatchState {
    /// Moves every time after `latest_ms` to it.
    pub(super) fn cap_times(&mut self, latest_ms: i64) {
        self.now_ms = self.now_ms.min(latest_ms);
        for time_ms in [&mut self.judged_ms, &mut self.first_ms].into_iter().flatten() {
            *time_ms = latest_ms.min(*time_ms);
        }
        self.bedside.cap_arrivals(latest_ms);
        self.trackers.values_mut().for_each(|tracker| tracker.cap_times(latest_ms));
        self.silences.values_mut().for_each(|silence| silence.cap_times(latest_ms));
        self.stuck.cap_arrivals(latest_ms);
        self.baselines.cap_times(latest_ms);
    }
}

impl Default for WatchState {
    fn default() -> Self {
        Self {
            now_ms: i64::MIN,
            judged_ms: None,
            context_ms: None,
            first_ms: None,
            bedside: Patient::default(),
            trackers: BTreeMap::new(),
            listed: Vec::new(),
            silences: BTreeMap::new(),
            stuck: Stuck::default(),
            baselines: Baselines::default(),
        }
    }
}
