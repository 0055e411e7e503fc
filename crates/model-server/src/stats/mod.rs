//! Statistics that know no model: measures of predicted probabilities, and folds to measure on.

mod metrics;
mod folds;

#[cfg(test)]
pub(crate) use folds::shuffle;
pub use folds::{Fold, TooFew, stratified};
pub use metrics::{CALIBRATION_BINS, brier, calibration_error, log_loss, roc_auc};
pub(crate) use metrics::{LOG_FLOOR, deviation, mean};
