//! The output tensors.

use vitals_core::domain::features::FEATURE_COUNT;

/// A tensor of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputTensor {
    Probability,
    Prediction,
    LogOdds,
    BaseValue,
    Contributions,
    /// Per feature the sum of 1 for not measured, 2 for outside of the training range, and 4 for a
    /// diagnostic value.
    Warnings,
}

impl OutputTensor {
    pub(super) const ALL: [Self; 6] = [
        Self::Probability,
        Self::Prediction,
        Self::LogOdds,
        Self::BaseValue,
        Self::Contributions,
        Self::Warnings,
    ];
    pub(super) const DEFAULT: [Self; 3] = [Self::Probability, Self::Prediction, Self::Warnings];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Probability => "probability",
            Self::Prediction => "prediction",
            Self::LogOdds => "log_odds",
            Self::BaseValue => "base_value",
            Self::Contributions => "contributions",
            Self::Warnings => "warnings",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tensor| tensor.name() == name)
    }

    pub(super) fn datatype(self) -> &'static str {
        if matches!(self, Self::Prediction | Self::Warnings) { "INT64" } else { "FP64" }
    }

    /// Values per row.
    pub(super) fn width(self) -> usize {
        if matches!(self, Self::Contributions | Self::Warnings) { FEATURE_COUNT } else { 1 }
    }
}
