//! Coverage: the share of prediction sets that contain the true outcome of out-of-fold rows.

use serde::Serialize;

use crate::train::{Dataset, OutOfFold, Validation};

use super::rounded::rounded;

const CONFIDENCES: [f64; 4] = [0.8, 0.9, 0.95, 0.99];

/// Prediction sets at one confidence, over all rows of all repeats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// The chosen confidence.
    pub confidence: f64,
    /// Share of the sets that contain the true outcome.
    pub all: f64,
    /// The same for the rows with diabetes.
    pub positive: f64,
    /// The same for the rows without diabetes.
    pub negative: f64,
    /// Share of the sets with exactly one outcome.
    pub decided: f64,
    /// Share of the sets with both outcomes.
    pub undecided: f64,
    /// Share of the sets without an outcome.
    pub empty: f64,
}

pub(super) fn table(data: &Dataset, validation: &Validation) -> Vec<Coverage> {
    CONFIDENCES.iter().map(|confidence| coverage(*confidence, data, validation)).collect()
}

fn coverage(confidence: f64, data: &Dataset, validation: &Validation) -> Coverage {
    let mut counts = Counts::default();
    for repeat in &validation.repeats {
        for (row, outcome) in repeat.iter().zip(&data.outcomes) {
            counts.add(row, *outcome, confidence);
        }
    }
    let rows = counts.positive_rows + counts.negative_rows;
    Coverage {
        confidence,
        all: rounded((counts.positive_hits + counts.negative_hits) / rows),
        positive: rounded(counts.positive_hits / counts.positive_rows),
        negative: rounded(counts.negative_hits / counts.negative_rows),
        decided: rounded(counts.by_size[1] / rows),
        undecided: rounded(counts.by_size[2] / rows),
        empty: rounded(counts.by_size[0] / rows),
    }
}

/// Counts of prediction sets.
#[derive(Default)]
struct Counts {
    positive_rows: f64,
    negative_rows: f64,
    /// Sets of positive rows that contain the positive outcome.
    positive_hits: f64,
    /// Sets of negative rows that contain the negative outcome.
    negative_hits: f64,
    /// Sets by their number of outcomes.
    by_size: [f64; 3],
}

impl Counts {
    fn add(&mut self, row: &OutOfFold, outcome: bool, confidence: f64) {
        let contains = row.p_values.map(|p_value| p_value > 1.0 - confidence);
        let hit = f64::from(u8::from(contains[usize::from(outcome)]));
        if outcome {
            self.positive_rows += 1.0;
            self.positive_hits += hit;
        } else {
            self.negative_rows += 1.0;
            self.negative_hits += hit;
        }
        self.by_size[contains.iter().filter(|contained| **contained).count()] += 1.0;
    }
}
