//! The figures of a model under cross-validation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A figure with its spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Spread {
    /// Mean over all folds of all repeats.
    pub mean: f64,
    /// Standard deviation over all folds of all repeats: the effect of another sample.
    pub sd_folds: f64,
    /// Standard deviation over the means of the repeats: the effect of another split. Absent for a
    /// single repeat.
    pub sd_repeats: Option<f64>,
}

/// The figures of one model under one protocol.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Figures {
    /// Folds of each repeat.
    pub folds: usize,
    /// Number of repeats.
    pub repeats: u64,
    /// Area under the ROC curve.
    pub roc_auc: Spread,
    /// Brier score.
    pub brier: Spread,
    /// Log loss, natural logarithm.
    pub log_loss: Spread,
    /// Expected calibration error over 10 bins: the out-of-fold probabilities of a repeat pooled,
    /// then the mean over the repeats.
    pub calibration_error: f64,
    /// The same over the probabilities of all repeats pooled.
    pub calibration_error_pooled: f64,
}
