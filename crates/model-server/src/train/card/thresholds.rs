//! What happens when everybody from some probability on is called positive.

use serde::Serialize;

use crate::train::{Dataset, Validation};

use super::model_card::kept;

const THRESHOLDS: [f64; 7] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

/// One threshold, over all rows of all repeats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operating {
    /// From this probability on a row is called positive.
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
    /// The net benefit of calling everybody positive.
    pub net_benefit_of_all: f64,
}

/// Some round thresholds and the model's own.
pub(super) fn table(data: &Dataset, validation: &Validation, own: f64) -> Vec<Operating> {
    let mut thresholds = THRESHOLDS.to_vec();
    if !thresholds.iter().any(|threshold| (threshold - own).abs() < 1e-9) {
        thresholds.push(own);
        thresholds.sort_unstable_by(f64::total_cmp);
    }
    thresholds.into_iter().map(|threshold| at(threshold, data, validation)).collect()
}

fn at(threshold: f64, data: &Dataset, validation: &Validation) -> Operating {
    let (mut true_positive, mut false_positive, mut positives, mut rows) = (0.0, 0.0, 0.0, 0.0);
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
    let negatives = rows - positives;
    let called = true_positive + false_positive;
    let odds = threshold / (1.0 - threshold);
    Operating {
        threshold,
        sensitivity: kept(true_positive / positives),
        specificity: kept((negatives - false_positive) / negatives),
        positive_predictive_value: kept(true_positive / called),
        negative_predictive_value: kept((negatives - false_positive) / (rows - called)),
        called: kept(called / rows),
        net_benefit: kept((true_positive - false_positive * odds) / rows),
        net_benefit_of_all: kept((positives - negatives * odds) / rows),
    }
}
