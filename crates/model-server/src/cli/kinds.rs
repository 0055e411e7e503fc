//! The kinds of model, as options name them.

use clap::ValueEnum;

use crate::model::Algorithm;

/// A kind of model, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Kinds {
    Logistic,
    Spline,
    Boosted,
    Ensemble,
    All,
}

impl Kinds {
    pub(super) fn algorithms(self) -> Vec<Algorithm> {
        match self {
            Self::Logistic => vec![Algorithm::Logistic],
            Self::Spline => vec![Algorithm::Spline],
            Self::Boosted => vec![Algorithm::Boosted],
            Self::Ensemble => vec![Algorithm::Ensemble],
            Self::All => Algorithm::ALL.to_vec(),
        }
    }
}
