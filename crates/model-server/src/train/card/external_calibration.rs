//! The calibration of a saved version on other data, with intervals over people.

use crate::{model::Calibration, stats::mean};

use super::intervals::{Evidence, Interval, interval};

/// Calibration on other data than the training data. It is no part of a card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExternalCalibration {
    /// Slope of a logistic regression of the outcome on the log-odds: 1 is best.
    pub slope: Interval,
    /// Intercept of the same regression: 0 is best.
    pub intercept: Interval,
    /// Mean probability over observed share: 1 is best.
    pub expected_over_observed: Interval,
}

impl ExternalCalibration {
    /// Measures the calibration on the people of the data, and on those of every draw.
    #[must_use]
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let outcomes = &evidence.data.outcomes;
        let rows = evidence.validation.repeats.iter().flatten().zip(outcomes);
        let [slope, intercept, ratio] =
            figures(rows.map(|(row, outcome)| (row.probability, *outcome)));
        let draws: Vec<[f64; 3]> = evidence
            .resamples
            .draws
            .iter()
            .map(|draw| figures(draw.iter().map(|(row, p)| (*p, outcomes[*row]))))
            .collect();
        Self {
            slope: interval(slope, draws.iter().map(|draw| draw[0])),
            intercept: interval(intercept, draws.iter().map(|draw| draw[1])),
            expected_over_observed: interval(ratio, draws.iter().map(|draw| draw[2])),
        }
    }
}

/// Slope, intercept, and mean probability over observed share.
fn figures(rows: impl Iterator<Item = (f64, bool)>) -> [f64; 3] {
    let (probabilities, outcomes): (Vec<f64>, Vec<bool>) = rows.unzip();
    let scores: Vec<f64> = probabilities.iter().map(|p| (p / (1.0 - p)).ln()).collect();
    let line = Calibration::least_loss(&scores, &outcomes);
    let observed = mean(outcomes.iter().map(|outcome| f64::from(u8::from(*outcome))));
    [line.slope, line.intercept, mean(probabilities) / observed]
}
