//! The value of topic `ward-actions`: what a person does about alarms.

use serde::{Deserialize, Serialize};

use super::rule::Rule;
use crate::domain::activity::Action;

/// Maximum duration of a silence, ms: one shift.
pub const MAX_SILENCE_MS: i64 = 12 * 3_600_000;

/// Maximum length of a note and of a person's name, in bytes.
pub const MAX_NOTE_BYTES: usize = 1_024;

/// An action of a person on the alarms of one patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WardAction {
    /// The patient; also the key of the message.
    pub patient_id: String,
    /// The person.
    pub by: String,
    /// Time of the action, ms since the epoch.
    pub at_ms: i64,
    /// The action.
    #[serde(flatten)]
    pub act: Act,
}

/// The kinds of actions. Each concerns one occurrence or one rule of the patient, never more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Act {
    /// Acknowledges one occurrence.
    Acknowledge {
        /// The occurrence.
        occurrence_id: String,
    },
    /// Silences one rule until a time.
    Silence {
        /// The rule.
        rule: Rule,
        /// End of the silence, ms since the epoch.
        until_ms: i64,
    },
    /// Ends the silence of one rule.
    Unsilence {
        /// The rule.
        rule: Rule,
    },
    /// Notes something on one occurrence.
    Note {
        /// The occurrence.
        occurrence_id: String,
        /// The note.
        text: String,
    },
}

impl Act {
    /// The kind of the action in the activity log.
    #[must_use]
    pub const fn activity(&self) -> Action {
        match self {
            Self::Acknowledge { .. } => Action::Acknowledged,
            Self::Silence { .. } => Action::Silenced,
            Self::Unsilence { .. } => Action::Unsilenced,
            Self::Note { .. } => Action::Noted,
        }
    }
}

impl WardAction {
    /// Parses a message's value.
    ///
    /// # Errors
    /// If the value is not an action, or names nobody, or silences for too long.
    pub fn parse(value: &[u8]) -> Result<Self, String> {
        let action: Self = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        action.validate()?;
        Ok(action)
    }

    /// Checks the values.
    ///
    /// # Errors
    /// Names the first invalid field.
    pub fn validate(&self) -> Result<(), String> {
        if self.patient_id.trim().is_empty() {
            return Err("patient_id is missing or empty".to_owned());
        }
        if self.by.trim().is_empty() || self.by.len() > MAX_NOTE_BYTES {
            return Err("by is empty or too long".to_owned());
        }
        match &self.act {
            Act::Silence { until_ms, .. } => {
                let duration_ms = until_ms.saturating_sub(self.at_ms);
                if !(1..=MAX_SILENCE_MS).contains(&duration_ms) {
                    return Err("until_ms is not within twelve hours after at_ms".to_owned());
                }
            }
            Act::Note { text, .. } if text.trim().is_empty() || text.len() > MAX_NOTE_BYTES => {
                return Err("text is empty or too long".to_owned());
            }
            Act::Acknowledge { .. } | Act::Unsilence { .. } | Act::Note { .. } => {}
        }
        Ok(())
    }
}
