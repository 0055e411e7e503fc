//! Coverage: the share of prediction sets that contain the true outcome of out-of-fold rows, over all
//! sets and by kind of set.

use serde::Serialize;

use crate::{
    stats::mean,
    train::{Dataset, Validation},
};

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
    /// The sets by kind: {no diabetes}, {diabetes}, both outcomes, none.
    pub kinds: [SetKind; 4],
}

/// The sets of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetKind {
    /// The outcomes in the set.
    pub set: &'static str,
    /// Share of all sets.
    pub share: f64,
    /// Share of the women with such a set who developed diabetes: for {diabetes}, the share of sets
    /// that are right. Absent if there is no such set.
    pub with_diabetes: Option<f64>,
}

/// The kinds of set, with the outcomes they contain: no diabetes, diabetes.
const KINDS: [(&str, [bool; 2]); 4] = [
    ("no diabetes", [true, false]),
    ("diabetes", [false, true]),
    ("both", [true, true]),
    ("none", [false, false]),
];

pub(super) fn table(data: &Dataset, validation: &Validation) -> Vec<Coverage> {
    CONFIDENCES.iter().map(|confidence| coverage(*confidence, data, validation)).collect()
}

fn coverage(confidence: f64, data: &Dataset, validation: &Validation) -> Coverage {
    // Every set with the true outcome.
    let sets: Vec<([bool; 2], bool)> = validation
        .repeats
        .iter()
        .flat_map(|repeat| repeat.iter().zip(&data.outcomes))
        .map(|(row, outcome)| (row.p_values.map(|p_value| p_value > 1.0 - confidence), *outcome))
        .collect();
    let positive = sets.iter().filter(|(_, outcome)| *outcome);
    let negative = sets.iter().filter(|(_, outcome)| !outcome);
    // The guarantee is over all sets; by kind it may be missed, which the card has to show.
    let kinds = KINDS.map(|(set, wanted)| {
        let of_kind = sets.iter().filter(|(contains, _)| *contains == wanted);
        SetKind {
            set,
            share: share(sets.iter().map(|(contains, _)| *contains == wanted)),
            with_diabetes: Some(share(of_kind.map(|(_, outcome)| *outcome)))
                .filter(|share| share.is_finite()),
        }
    });
    Coverage {
        confidence,
        all: share(sets.iter().map(contains_outcome)),
        positive: share(positive.map(contains_outcome)),
        negative: share(negative.map(contains_outcome)),
        kinds,
    }
}

/// Returns true if the set contains the true outcome.
const fn contains_outcome((contains, outcome): &([bool; 2], bool)) -> bool {
    contains[*outcome as usize]
}

/// The share that is true; NaN for none.
fn share(found: impl Iterator<Item = bool>) -> f64 {
    rounded(mean(found.map(|is_true| f64::from(u8::from(is_true)))))
}
