//! One episode of a condition, from its onset until it is over and seen.

use serde::{Deserialize, Serialize};

use super::rule::{Priority, Rule};

/// The acknowledgement of an occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The person.
    pub by: String,
    /// Time of the action, ms since the epoch.
    pub at_ms: i64,
}

/// A timed silence of one rule of one patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The rule.
    pub rule: Rule,
    /// The person.
    pub by: String,
    /// Time of the action, ms since the epoch.
    pub at_ms: i64,
    /// End of the silence, ms since the epoch.
    pub until_ms: i64,
    /// Priority of the alarm that it was given for; `None` if none was under way. A higher one is
    /// not covered.
    #[serde(default)]
    pub priority: Option<Priority>,
}

impl Silence {
    /// Moves a silence that began after `latest_ms` to it, with its end.
    pub(super) fn cap_times(&mut self, latest_ms: i64) {
        let ahead_ms = self.at_ms.saturating_sub(latest_ms).max(0);
        self.at_ms = self.at_ms.saturating_sub(ahead_ms);
        self.until_ms = self.until_ms.saturating_sub(ahead_ms);
    }
}

/// One episode of a rule's condition. Times are arrival times, ms since the epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Id: patient, rule and onset. The same messages give the same id.
    pub id: String,
    /// The rule.
    pub rule: Rule,
    /// The present priority.
    pub priority: Priority,
    /// Arrival of the reading with which the condition became true.
    pub onset_ms: i64,
    /// Time at which the alarm was raised.
    pub raised_ms: i64,
    /// Time since which the priority is high, if it is.
    pub high_since_ms: Option<i64>,
    /// The priority was high at some time.
    #[serde(default)]
    pub was_high: bool,
    /// The last value, in the vital's unit.
    pub value: Option<f64>,
    /// The value furthest beyond the limit.
    pub peak: Option<f64>,
    /// The limit that the value breaks.
    pub limit: Option<f64>,
    /// The condition in words, such as `HR 134 > 120`.
    pub text: String,
    /// The device of the value.
    pub device_id: Option<String>,
    /// The acknowledgement.
    pub acknowledged: Option<Acknowledgement>,
    /// Time of the escalation.
    pub escalated_ms: Option<i64>,
    /// End of the condition. The occurrence stays listed if it was high and is not acknowledged.
    pub cleared_ms: Option<i64>,
}

impl Occurrence {
    /// The id of an occurrence. Rule and onset have no `/`, so the ids of two patients differ.
    #[must_use]
    pub fn id(patient_id: &str, rule: Rule, onset_ms: i64) -> String {
        format!("{patient_id}/{rule}/{onset_ms}")
    }

    /// Sets the priority from `now_ms` on.
    pub(super) fn set_priority(&mut self, priority: Priority, now_ms: i64) {
        // Whoever saw the lower priority has not seen the higher one.
        if priority > self.priority {
            self.acknowledged = None;
            self.escalated_ms = None;
        }
        self.priority = priority;
        self.was_high |= priority == Priority::High;
        self.high_since_ms =
            if priority == Priority::High { self.high_since_ms.or(Some(now_ms)) } else { None };
    }

    /// Returns true if the occurrence has to be listed after its end.
    pub(super) fn latches(&self) -> bool {
        self.was_high && self.acknowledged.is_none()
    }

    /// Time of the escalation, unless somebody acknowledges before. A silence postpones it.
    pub(super) fn escalates_ms(&self, after_ms: i64, silence: Option<&Silence>) -> Option<i64> {
        if self.acknowledged.is_some() || self.escalated_ms.is_some() {
            return None;
        }
        let due_ms = self.high_since_ms?.saturating_add(after_ms);
        Some(silence.map_or(due_ms, |silence| due_ms.max(silence.until_ms)))
    }
}
