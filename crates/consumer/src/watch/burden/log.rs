//! The alarms of a period, and the time for which each patient was watched.

use std::collections::{BTreeMap, HashMap};

use vitals_core::domain::watch::{AlertEvent, AlertKind, Priority, Rule};

use super::report::Burden;

/// The least time after which an alarm is not short, ms: the default delay of SpO2 alarms.
const SHORT_MS: i64 = 15_000;

/// One alarm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alarm {
    pub(crate) patient_id: String,
    pub(crate) rule: Rule,
    /// The highest priority so far.
    pub(crate) priority: Priority,
    pub(crate) onset_ms: i64,
    pub(crate) raised_ms: i64,
    pub(crate) cleared_ms: Option<i64>,
    pub(crate) acknowledged: bool,
    /// The condition in words, when it was raised.
    pub(crate) text: String,
}

impl Alarm {
    /// Returns true if the alarm ended within its rule's delay: a delay twice as long would have
    /// prevented it.
    pub(super) fn is_short(&self) -> bool {
        let delay_ms = self.raised_ms.saturating_sub(self.onset_ms).max(SHORT_MS);
        let lasted_ms = self.cleared_ms.map(|cleared_ms| cleared_ms.saturating_sub(self.raised_ms));
        lasted_ms.is_some_and(|lasted_ms| lasted_ms <= delay_ms)
    }
}

/// Alarms by occurrence, and patients with the start and end of their watch.
#[derive(Debug, Default)]
pub(crate) struct BurdenLog {
    alarms: BTreeMap<String, Alarm>,
    patients: HashMap<String, (i64, i64)>,
    newest_ms: i64,
}

impl BurdenLog {
    /// Applies an alert. One that was applied before changes nothing.
    pub(crate) fn apply(&mut self, event: &AlertEvent) {
        self.newest_ms = self.newest_ms.max(event.at_ms);
        if event.kind == AlertKind::Raised {
            self.alarms.entry(event.occurrence_id.clone()).or_insert_with(|| Alarm {
                patient_id: event.patient_id.clone(),
                rule: event.rule,
                priority: event.priority,
                onset_ms: event.onset_ms,
                raised_ms: event.at_ms,
                cleared_ms: None,
                acknowledged: false,
                text: event.text.clone(),
            });
            return;
        }
        // An alarm from before the period.
        let Some(alarm) = self.alarms.get_mut(&event.occurrence_id) else { return };
        alarm.priority = alarm.priority.max(event.priority);
        match event.kind {
            AlertKind::Acknowledged => alarm.acknowledged = true,
            AlertKind::Cleared => alarm.cleared_ms = Some(event.at_ms),
            _ => {}
        }
    }

    /// Notes that the patient was watched from `since_ms` to `until_ms`.
    pub(crate) fn observe(&mut self, patient_id: &str, since_ms: i64, until_ms: i64) {
        self.newest_ms = self.newest_ms.max(until_ms);
        match self.patients.get_mut(patient_id) {
            Some((from_ms, to_ms)) => {
                *from_ms = since_ms.min(*from_ms);
                *to_ms = until_ms.max(*to_ms);
            }
            None => {
                self.patients.insert(patient_id.to_owned(), (since_ms, until_ms));
            }
        }
    }

    /// The time of the newest alert or observation, ms since the epoch.
    pub(crate) const fn newest_ms(&self) -> i64 {
        self.newest_ms
    }

    /// Removes the alarms and patients that ended before `time_ms`.
    pub(crate) fn forget_before(&mut self, time_ms: i64) {
        self.alarms.retain(|_, alarm| alarm.raised_ms >= time_ms);
        self.patients.retain(|_, (_, until_ms)| *until_ms >= time_ms);
    }

    /// The alarms, by patient and onset.
    pub(crate) fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.values()
    }

    /// The burden of the alarms raised from `from_ms` to `to_ms`.
    pub(crate) fn report(&self, from_ms: i64, to_ms: i64) -> Burden {
        let alarms = self.alarms.values();
        let alarms = alarms.filter(|alarm| (from_ms..=to_ms).contains(&alarm.raised_ms));
        let watched = self.patients.values().map(|(since_ms, until_ms)| {
            let until_ms = *until_ms.min(&to_ms);
            until_ms.saturating_sub(*since_ms.max(&from_ms)).max(0)
        });
        Burden::new(from_ms, to_ms, watched.sum(), alarms)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn event(patient: &str, onset_ms: i64, kind: &str, at_ms: i64) -> AlertEvent {
        let occurrence = format!("{patient}/limit.spo2.low/{onset_ms}");
        let event = json!({
            "id": format!("{occurrence}/{kind}/{at_ms}"), "occurrence_id": occurrence,
            "patient_id": patient, "rule": "limit.spo2.low", "priority": "medium", "kind": kind,
            "at_ms": at_ms, "onset_ms": onset_ms, "text": "SpO2 84 < 90",
        });
        serde_json::from_value(event).unwrap()
    }

    proptest! {
        /// Anyone who may write to the topics can send any time.
        #[test]
        fn no_time_overflows(
            times in vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()], 7),
        ) {
            let [onset, raised, cleared, since, until, from, to] = times[..] else {
                unreachable!("seven times")
            };
            let mut log = BurdenLog::default();
            log.observe("p-1", since, until);
            log.apply(&event("p-1", onset, "raised", raised));
            log.apply(&event("p-1", onset, "cleared", cleared));
            let _short = log.alarms().filter(|alarm| alarm.is_short()).count();
            let _reports = [
                log.report(from.min(to), to),
                log.report(log.newest_ms() - DAY_MS, log.newest_ms()),
            ];
        }
    }

    #[test]
    fn alarms_are_counted_once_per_patient_day_with_short_and_acknowledged_shares() {
        let mut log = BurdenLog::default();
        log.observe("p-1", 0, DAY_MS);
        log.observe("p-2", DAY_MS / 2, DAY_MS);
        for _ in 0..2 {
            // 20 s after its delay of 30 s: short. The second one lasts for a minute.
            log.apply(&event("p-1", 1_000, "raised", 31_000));
            log.apply(&event("p-1", 1_000, "cleared", 51_000));
            log.apply(&event("p-1", 100_000, "raised", 130_000));
            log.apply(&event("p-1", 100_000, "acknowledged", 140_000));
            log.apply(&event("p-1", 100_000, "cleared", 190_000));
            log.apply(&event("p-2", DAY_MS / 2, "raised", DAY_MS / 2 + 30_000));
            log.apply(&event("p-3", 5, "cleared", 9));
        }
        insta::assert_json_snapshot!(log.report(0, DAY_MS), @r#"
        {
          "from_ms": 0,
          "to_ms": 86400000,
          "patient_days": 1.5,
          "alarms": 3,
          "alarms_per_patient_day": 2.0,
          "by_priority": {
            "medium": 3
          },
          "short_share": 0.3333333333333333,
          "acknowledged_share": 0.3333333333333333,
          "top_rules": [
            {
              "rule": "limit.spo2.low",
              "alarms": 3
            }
          ],
          "top_patients": [
            {
              "patient_id": "p-1",
              "alarms": 2
            },
            {
              "patient_id": "p-2",
              "alarms": 1
            }
          ]
        }
        "#);
        log.forget_before(DAY_MS / 2);
        assert_eq!(log.report(0, DAY_MS).alarms, 1);
        assert_eq!(BurdenLog::default().report(0, 1).alarms_per_patient_day, None);
    }
}
