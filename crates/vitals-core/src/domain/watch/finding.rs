//! The verdicts of the rules on one state of a patient.

use super::{
    rule::{Priority, Rule, Side},
    score_rule,
};
use crate::domain::{news2::Score, rounding::round_half_up};

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
    /// A value against its limit.
    Limit {
        /// The name of the vital.
        name: &'static str,
        /// Decimal places of the value.
        decimals: usize,
        side: Side,
        /// Distance by which the value must return within the limit.
        hysteresis: f64,
    },
    /// A score of NEWS2.
    Score(Score),
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

    /// The condition in words, such as `HR 134 > 120`. A value that is back within its limit, but not
    /// by the hysteresis, reads `HR 119 ≤ 120, held until 117`.
    pub(super) fn text(&self) -> String {
        let (name, decimals, side, hysteresis) = match &self.words {
            Words::Text(text) => return text.clone(),
            Words::Score(score) => return score_rule::words(score),
            Words::Limit { name, decimals, side, hysteresis } => {
                (name, *decimals, *side, *hysteresis)
            }
        };
        let (value, limit) = (self.value.unwrap_or(0.0), self.limit.unwrap_or(0.0));
        let (beyond, within, end) = match side {
            Side::Low => ('<', '≥', limit + hysteresis),
            Side::High => ('>', '≤', limit - hysteresis),
        };
        let [value_text, limit_text, end_text] = [value, limit, end].map(|it| exact(it, decimals));
        if side.is_left_by(value, limit, 0.0) {
            format!("{name} {value_text} {beyond} {limit_text}")
        } else {
            format!("{name} {value_text} {within} {limit_text}, held until {end_text}")
        }
    }
}

/// A number with at least `decimals` places: an individual limit may have more than the value, and
/// rounding it could make the comparison false.
fn exact(number: f64, decimals: usize) -> String {
    // The sum of a limit and a hysteresis has no more places than either.
    let number = round_half_up(number, 6);
    let text = format!("{number:.decimals$}");
    if text.parse() == Ok(number) { text } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vital::Vital;

    fn text(side: Side, decimals: usize, hysteresis: f64, value: f64, limit: f64) -> String {
        let finding = Finding {
            rule: Rule::Limit(Vital::HeartRate, side),
            priority: Priority::Medium,
            value: Some(value),
            limit: Some(limit),
            device: None,
            words: Words::Limit { name: "X", decimals, side, hysteresis },
        };
        finding.text()
    }

    #[test]
    fn the_comparison_is_true_within_the_hysteresis_too() {
        let cases = [
            (text(Side::High, 0, 3.0, 134.0, 120.0), "X 134 > 120"),
            (text(Side::High, 0, 3.0, 120.0, 120.0), "X 120 ≤ 120, held until 117"),
            (text(Side::High, 0, 3.0, 118.0, 120.0), "X 118 ≤ 120, held until 117"),
            (text(Side::Low, 0, 1.0, 88.0, 90.0), "X 88 < 90"),
            (text(Side::Low, 0, 1.0, 90.0, 90.0), "X 90 ≥ 90, held until 91"),
            (text(Side::Low, 1, 0.2, 35.2, 35.1), "X 35.2 ≥ 35.1, held until 35.3"),
            (text(Side::High, 1, 0.2, 39.1, 39.0), "X 39.1 > 39.0"),
            // An individual limit with more places than the value.
            (text(Side::High, 0, 3.0, 121.0, 120.6), "X 121 > 120.6"),
            (text(Side::High, 0, 3.0, 120.0, 120.4), "X 120 ≤ 120.4, held until 117.4"),
        ];
        for (text, expected) in cases {
            assert_eq!(text, expected);
        }
    }
}
