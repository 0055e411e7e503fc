//! The rule by which training chooses the operating threshold and the risk bands of a model.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Requirements on out-of-fold predictions, each a share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ThresholdRule {
    /// The operating threshold is the highest one at which at least this share of the women who
    /// developed diabetes is called positive.
    pub min_sensitivity: f64,
    /// The medium level begins at the highest bound below which at most this share of the women who
    /// developed diabetes is.
    pub max_missed_by_low: f64,
    /// The high level begins at the lowest bound from which at least this share of the women
    /// developed diabetes.
    pub min_share_of_high: f64,
}

impl ThresholdRule {
    /// Eight in ten found, at most one in twenty told that the risk is low, seven in ten right about a
    /// high one. A missed woman gets no follow-up, a false alarm a blood test: sensitivity counts more.
    pub const DEFAULT: Self =
        Self { min_sensitivity: 0.8, max_missed_by_low: 0.05, min_share_of_high: 0.7 };
}
