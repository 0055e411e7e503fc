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
}

impl OutputTensor {
    pub(super) const ALL: [Self; 5] =
        [Self::Probability, Self::Prediction, Self::LogOdds, Self::BaseValue, Self::Contributions];
    pub(super) const DEFAULT: [Self; 2] = [Self::Probability, Self::Prediction];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Probability => "probability",
            Self::Prediction => "prediction",
            Self::LogOdds => "log_odds",
            Self::BaseValue => "base_value",
            Self::Contributions => "contributions",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tensor| tensor.name() == name)
    }

    pub(super) fn datatype(self) -> &'static str {
        if self == Self::Prediction { "INT64" } else { "FP64" }
    }

    /// Values per row.
    pub(super) fn width(self) -> usize {
        if self == Self::Contributions { FEATURE_COUNT } else { 1 }
    }
}
