//! Alarms of patients who have moved on, of which no watch knows.
//!
//! An owner that is behind may raise an alarm with a reading from before its patient's move. If it is
//! killed before it publishes the state, nobody has the alarm: the partition's next owner does not
//! judge that reading again, and the patient's present watch has continued from an earlier state.

use std::collections::HashMap;

use vitals_core::domain::watch::{AlertEvent, AlertKind, StatusMessage};

use super::{partition::PartitionWatch, publisher::Publisher};

/// The ends of such alarms, by patient.
pub(super) type Orphans = HashMap<String, Vec<AlertEvent>>;

/// A patient's newest state.
#[derive(Debug)]
struct Known {
    last_arrival_ms: Option<i64>,
    /// The occurrences that it lists.
    alarms: Vec<String>,
}

/// Compares the alerts on the topic with the states that were read before them.
#[derive(Debug, Default)]
pub(super) struct OrphanSearch {
    states: HashMap<String, Known>,
    /// By occurrence, the last alert of an alarm that is missing in the state; `None` once it ended.
    missing: HashMap<String, Option<AlertEvent>>,
}

impl OrphanSearch {
    pub(super) fn new(states: &[StatusMessage]) -> Self {
        let known = states.iter().map(|StatusMessage { status, .. }| {
            let alarms = status.alarms.iter().map(|alarm| alarm.occurrence.id.clone()).collect();
            let known = Known { last_arrival_ms: status.last_arrival_ms, alarms };
            (status.patient_id.clone(), known)
        });
        Self { states: known.collect(), missing: HashMap::new() }
    }

    /// Notes the next alert of the topic.
    pub(super) fn note(&mut self, event: AlertEvent) {
        match event.kind {
            // An owner that was expelled may repeat it after the end.
            AlertKind::Raised if self.is_missing(&event) => {
                self.missing.entry(event.occurrence_id.clone()).or_insert(Some(event));
            }
            AlertKind::Cleared => {
                self.missing.insert(event.occurrence_id, None);
            }
            _ => {
                if let Some(Some(last)) = self.missing.get_mut(&event.occurrence_id) {
                    *last = event;
                }
            }
        }
    }

    /// Returns true if the patient's state includes the time of the alarm, and does not have it. A
    /// watch publishes no state before the alerts that follow from the readings in it.
    fn is_missing(&self, event: &AlertEvent) -> bool {
        self.states.get(&event.patient_id).is_some_and(|known| {
            Some(event.at_ms) <= known.last_arrival_ms
                && !known.alarms.contains(&event.occurrence_id)
        })
    }

    /// The ends of the alarms that are missing. Their times, and so their ids, are those of the last
    /// alerts: every owner comes to the same ones.
    pub(super) fn found(self) -> Orphans {
        let mut orphans = Orphans::new();
        for last in self.missing.into_values().flatten() {
            orphans.entry(last.patient_id.clone()).or_default().push(last.ended());
        }
        orphans
    }
}

impl PartitionWatch {
    /// Ends the alarms of patient `id` that an earlier owner of this partition has left behind. The
    /// patient has moved on: only the owner of the former partition finds readings from before.
    pub(super) fn end_orphans(&mut self, id: &str, publisher: &Publisher) -> anyhow::Result<()> {
        let ends = self.orphans.remove(id).unwrap_or_default();
        let at_ms = ends.first().map_or(0, |end| end.at_ms);
        self.publish(&ends, at_ms, publisher)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::watch::tests::{START_MS, state};

    fn alert(patient: &str, onset_ms: i64, kind: &str, at_ms: i64) -> AlertEvent {
        let occurrence = format!("{patient}/limit.spo2.low/{onset_ms}");
        serde_json::from_value(json!({
            "id": format!("{occurrence}/{kind}/{at_ms}"), "occurrence_id": occurrence,
            "patient_id": patient, "rule": "limit.spo2.low", "priority": "medium", "kind": kind,
            "at_ms": at_ms, "onset_ms": onset_ms, "text": "SpO2 84 < 90",
        }))
        .unwrap()
    }

    fn found(alerts: impl IntoIterator<Item = AlertEvent>) -> Vec<String> {
        let mut search = OrphanSearch::new(&[state("p", 1, START_MS)]);
        alerts.into_iter().for_each(|alert| search.note(alert));
        let mut ids: Vec<_> = search.found().into_values().flatten().map(|end| end.id).collect();
        ids.sort();
        ids
    }

    #[test]
    fn an_alarm_that_the_newer_state_does_not_have_ends_with_its_last_alert() {
        let raised = || alert("p", 1, "raised", START_MS - 9);
        let end = |at_ms: i64| vec![format!("p/limit.spo2.low/1/cleared/{at_ms}")];
        assert_eq!(found([raised()]), end(START_MS - 9));
        assert_eq!(found([raised(), alert("p", 1, "escalated", START_MS + 7)]), end(START_MS + 7));
    }

    #[test]
    fn an_alarm_that_has_ended_or_may_be_in_the_next_state_is_none() {
        let raised = || alert("p", 1, "raised", START_MS);
        let cleared = || alert("p", 1, "cleared", START_MS + 5);
        let none = Vec::<String>::new();
        assert_eq!(found([raised(), cleared(), alert("p", 1, "acknowledged", START_MS + 6)]), none);
        assert_eq!(found([raised(), cleared(), raised()]), none, "repeated");
        assert_eq!(found([alert("p", 1, "raised", START_MS + 1)]), none, "after the state");
        assert_eq!(found([alert("q", 1, "raised", START_MS)]), none, "without a state");
        assert_eq!(found([alert("p", 1, "changed", START_MS)]), none, "raised before the readings");
    }

    #[test]
    fn an_alarm_of_the_state_is_none() {
        let mut state = state("p", 1, START_MS);
        let alarm = json!({
            "id": "p/limit.spo2.low/1", "rule": "limit.spo2.low", "priority": "medium",
            "onset_ms": 1, "raised_ms": 2, "text": "SpO2 84 < 90",
        });
        state.status.alarms.push(serde_json::from_value(alarm).unwrap());
        let mut search = OrphanSearch::new(&[state]);
        search.note(alert("p", 1, "raised", START_MS));
        assert!(search.found().is_empty());
    }
}
