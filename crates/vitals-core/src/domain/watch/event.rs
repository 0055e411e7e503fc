//! The value of topic `alerts`: one transition of an occurrence.

use serde::{Deserialize, Serialize};

use super::{
    occurrence::Occurrence,
    rule::{Priority, Rule},
};

/// The kind of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The condition has outlasted its delay.
    Raised,
    /// The priority has changed.
    Changed,
    /// High, and not acknowledged in time.
    Escalated,
    /// Acknowledged by a person.
    Acknowledged,
    /// Silenced by a person, for a time.
    Silenced,
    /// The silence has ended, by time or by a person.
    SilenceEnded,
    /// A person's note.
    Noted,
    /// The condition has ended.
    Cleared,
}

impl AlertKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Raised,
        Self::Changed,
        Self::Escalated,
        Self::Acknowledged,
        Self::Silenced,
        Self::SilenceEnded,
        Self::Noted,
        Self::Cleared,
    ];

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name, as serialised.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Changed => "changed",
            Self::Escalated => "escalated",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::SilenceEnded => "silence_ended",
            Self::Noted => "noted",
            Self::Cleared => "cleared",
        }
    }
}

/// One transition of an occurrence. Times are ms since the epoch, on the broker's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertEvent {
    /// Id: occurrence, kind and time. The same messages give the same id.
    pub id: String,
    /// The occurrence: patient, rule and onset.
    pub occurrence_id: String,
    /// The patient; also the key of the message.
    pub patient_id: String,
    /// The rule.
    pub rule: Rule,
    /// The priority after the transition.
    pub priority: Priority,
    /// The kind.
    pub kind: AlertKind,
    /// Time of the transition.
    pub at_ms: i64,
    /// Arrival of the reading with which the condition became true.
    pub onset_ms: i64,
    /// The last value, in the vital's unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<f64>,
    /// The limit that the value breaks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<f64>,
    /// The condition in words, such as `HR 134 > 120`.
    pub text: String,
    /// The device of the value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device_id: Option<String>,
    /// The ward.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ward: Option<String>,
    /// The bed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bed: Option<String>,
    /// The person, for an action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
    /// End of the silence under which the occurrence is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub silenced_until_ms: Option<i64>,
    /// A person's note.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

impl AlertEvent {
    /// The transition of `kind` of an occurrence of `patient_id`.
    pub(super) fn new(
        patient_id: &str,
        occurrence: &Occurrence,
        kind: AlertKind,
        at_ms: i64,
    ) -> Self {
        // The priority may change twice within a millisecond.
        let id = match kind {
            AlertKind::Changed => {
                let priority = occurrence.priority.name();
                format!("{}/{}.{priority}/{at_ms}", occurrence.id, kind.name())
            }
            _ => id(&occurrence.id, kind, at_ms),
        };
        Self {
            id,
            occurrence_id: occurrence.id.clone(),
            patient_id: patient_id.to_owned(),
            rule: occurrence.rule,
            priority: occurrence.priority,
            kind,
            at_ms,
            onset_ms: occurrence.onset_ms,
            value: occurrence.value,
            limit: occurrence.limit,
            text: occurrence.text.clone(),
            device_id: occurrence.device_id.clone(),
            ward: None,
            bed: None,
            by: None,
            silenced_until_ms: None,
            note: None,
        }
    }

    /// The end of the occurrence at the time of this transition, for an alarm whose watch was lost.
    #[must_use]
    pub fn ended(self) -> Self {
        let kind = AlertKind::Cleared;
        let id = id(&self.occurrence_id, kind, self.at_ms);
        Self { id, kind, by: None, note: None, ..self }
    }
}

fn id(occurrence: &str, kind: AlertKind, at_ms: i64) -> String {
    format!("{occurrence}/{}/{at_ms}", kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_serialised_name() {
        for kind in AlertKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(AlertKind::named(kind.name()), Some(kind));
        }
        assert_eq!(AlertKind::named("Raised"), None);
    }
}
