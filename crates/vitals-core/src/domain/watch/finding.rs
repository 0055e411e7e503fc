//! The verdicts of the rules on one state of a patient.

use super::rule::{Priority, Rule};

/// A condition that is true.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) rule: Rule,
    pub(super) priority: Priority,
    /// The value, in the vital's unit.
    pub(super) value: Option<f64>,
    /// The limit that the value breaks.
    pub(super) limit: Option<f64>,
    /// Index of the value's device among the patient's.
    pub(super) device: Option<usize>,
    pub(super) words: Words,
}

/// The condition in words, formatted only when an occurrence needs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Words {
    /// A value against its limit: name, decimal places, and true if the value is too high.
    Limit(&'static str, usize, bool),
    /// Any other condition.
    Text(String),
}

/// All verdicts at one moment. A rule in neither list is false.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// The conditions that are true.
    pub(super) found: Vec<Finding>,
    /// The rules that can't be judged, because their signal is lost or doubted.
    pub(super) unknown: Vec<Rule>,
}

impl Finding {
    /// A technical condition.
    pub(super) fn technical(rule: Rule, text: String) -> Self {
        Self {
            rule,
            priority: Priority::Technical,
            value: None,
            limit: None,
            device: None,
            words: Words::Text(text),
        }
    }

    /// The condition in words, such as `HR 134 > 120`.
    pub(super) fn text(&self) -> String {
        match &self.words {
            Words::Text(text) => text.clone(),
            Words::Limit(name, decimals, above) => {
                let sign = if *above { '>' } else { '<' };
                let (value, limit) = (self.value.unwrap_or(0.0), self.limit.unwrap_or(0.0));
                format!("{name} {value:.decimals$} {sign} {limit:.decimals$}")
            }
        }
    }
}
