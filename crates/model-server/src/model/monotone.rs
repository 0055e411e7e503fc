//! The features that medicine knows to raise the risk. Every kind of model keeps its score from falling
//! when one of them rises.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

/// Features that may only raise the risk: glucose, weight, age, pregnancies, affected relatives.
const RAISING: [&str; 5] = ["pregnancies", "glucose", "bmi", "diabetes_pedigree_function", "age"];

/// Returns true if a higher value of the feature may not lower the risk.
pub(super) fn is_raising(feature: usize) -> bool {
    FEATURES.get(feature).is_some_and(|feature| RAISING.contains(&feature.name))
}

/// [`is_raising`] of every feature.
pub(super) fn raising() -> [bool; FEATURE_COUNT] {
    std::array::from_fn(is_raising)
}

#[cfg(test)]
#[path = "monotone_tests.rs"]
mod tests;
