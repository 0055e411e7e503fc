//! Statistics that know no model: the log-odds scale, rounding, measures of predicted
//! probabilities, and the folds to measure on.

mod log_odds;
mod rounding;
mod metrics;
mod folds;

#[cfg(test)]
pub(crate) use folds::shuffle;
pub use folds::{Fold, TooFew, stratified};
pub use log_odds::probability;
pub use metrics::{CALIBRATION_BINS, brier, calibration_error, log_loss, roc_auc};
pub(crate) use metrics::{LOG_FLOOR, deviation, mean};
pub use rounding::round;
