//! How often prediction sets held the true outcome of rows they were not made from.

use serde::Serialize;

use crate::train::{Dataset, OutOfFold, Validation};

use super::model_card::kept;

const CONFIDENCES: [f64; 4] = [0.8, 0.9, 0.95, 0.99];

/// Prediction sets at one confidence, over all rows of all repeats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// What was asked for.
    pub confidence: f64,
    /// Share of the sets that held the true outcome.
    pub all: f64,
    /// The same of the rows with diabetes.
    pub positive: f64,
    /// The same of the rows without.
    pub negative: f64,
    /// Share of the sets that hold exactly one outcome.
    pub decided: f64,
    /// Share of the sets that hold both.
    pub undecided: f64,
    /// Share of the sets that hold none.
    pub empty: f64,
}

pub(super) fn table(data: &Dataset, validation: &Validation) -> Vec<Coverage> {
    CONFIDENCES.iter().map(|confidence| coverage(*confidence, data, validation)).collect()
}

fn coverage(confidence: f64, data: &Dataset, validation: &Validation) -> Coverage {
    let rows = || validation.repeats.iter().flat_map(|repeat| repeat.iter().zip(&data.outcomes));
    let holds =
        |row: &OutOfFold, outcome: bool| row.p_values[usize::from(outcome)] > 1.0 - confidence;
    let size = |row: &OutOfFold| u8::from(holds(row, false)) + u8::from(holds(row, true));
    let share = |of: &dyn Fn(bool) -> bool, met: &dyn Fn(&OutOfFold, bool) -> bool| {
        let chosen = rows().filter(|(_, outcome)| of(**outcome));
        let (all, found) = chosen.fold((0.0, 0.0), |(all, found), (row, outcome)| {
            (all + 1.0, found + f64::from(u8::from(met(row, *outcome))))
        });
        kept(found / all)
    };
    let everybody = |_: bool| true;
    Coverage {
        confidence,
        all: share(&everybody, &holds),
        positive: share(&|outcome| outcome, &holds),
        negative: share(&|outcome| !outcome, &holds),
        decided: share(&everybody, &|row, _| size(row) == 1),
        undecided: share(&everybody, &|row, _| size(row) == 2),
        empty: share(&everybody, &|row, _| size(row) == 0),
    }
}
