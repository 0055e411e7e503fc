//! Operating points: sensitivity, specificity and net benefit by threshold.

use serde::Serialize;

use crate::train::{Dataset, Validation};

use super::rounded::rounded;

const THRESHOLDS: [f64; 7] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

/// The operating point of one threshold, over all rows of all repeats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// Smallest probability of a row that is called positive.
    pub threshold: f64,
    /// Share of the positive rows that are called positive.
    pub sensitivity: f64,
    /// Share of the negative rows that are called negative.
    pub specificity: f64,
    /// Share of positive rows among those called positive.
    pub positive_predictive_value: f64,
    /// Share of negative rows among those called negative.
    pub negative_predictive_value: f64,
    /// Share of rows called positive.
    pub called: f64,
    /// True positives less false positives at the threshold's exchange rate, per row (Vickers and
    /// Elkin, 2006).
    pub net_benefit: f64,
    /// The net benefit of calling every row positive.
    pub net_benefit_of_all: f64,
}

/// The operating points of round thresholds and of the model's own: threshold and bounds of the risk
/// levels.
pub(super) fn table(data: &Dataset, validation: &Validation, own: &[f64]) -> Vec<OperatingPoint> {
    let mut thresholds = THRESHOLDS.to_vec();
    thresholds.extend(own);
    thresholds.sort_unstable_by(f64::total_cmp);
    thresholds.dedup();
    thresholds.into_iter().map(|threshold| operating_point(threshold, data, validation)).collect()
}

/// The operating point of a threshold.
pub(in crate::train) fn operating_point(
    threshold: f64,
    data: &Dataset,
    validation: &Validation,
) -> OperatingPoint {
    let mut true_positive = 0.0;
    let mut false_positive = 0.0;
    let mut positives = 0.0;
    let mut rows = 0.0;
    for repeat in &validation.repeats {
        for (row, outcome) in repeat.iter().zip(&data.outcomes) {
            let called = f64::from(u8::from(row.probability >= threshold));
            rows += 1.0;
            if *outcome {
                positives += 1.0;
                true_positive += called;
            } else {
                false_positive += called;
            }
        }
    }
    // Over all repeats together: each counts every row once, so the shares stay the same.
    let negatives = rows - positives;
    let called = true_positive + false_positive;
    // The exchange rate: at the threshold, one true positive is worth so many false ones.
    let odds = threshold / (1.0 - threshold);
    OperatingPoint {
        threshold,
        sensitivity: rounded(true_positive / positives),
        specificity: rounded((negatives - false_positive) / negatives),
        positive_predictive_value: rounded(true_positive / called),
        negative_predictive_value: rounded((negatives - false_positive) / (rows - called)),
        called: rounded(called / rows),
        net_benefit: rounded((true_positive - false_positive * odds) / rows),
        net_benefit_of_all: rounded((positives - negatives * odds) / rows),
    }
}
