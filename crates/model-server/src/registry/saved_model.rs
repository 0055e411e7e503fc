//! A saved model.

use vitals_core::domain::features::Features;

use crate::{
    attribution::Conformal,
    explain::{Counterfactual, Overview, counterfactual},
    pipeline::Pipeline,
};

use super::{Manifest, SignatureState};

/// A model with its manifest and overview.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedModel {
    /// Its description and origin.
    pub manifest: Manifest,
    /// The fitted pipeline.
    pub pipeline: Pipeline,
    /// The scores that prediction sets are computed from.
    pub conformal: Conformal,
    /// Importance and dependence of every feature, over the training rows.
    pub overview: Overview,
    /// The signature of its manifest.
    pub signature: SignatureState,
}

impl SavedModel {
    /// The smallest change of at most `max_features` values with which the prediction crosses the
    /// model's threshold.
    #[must_use]
    pub fn counterfactual(&self, features: &Features, max_features: usize) -> Counterfactual {
        counterfactual(&self.pipeline, features, self.manifest.threshold, max_features)
    }
}
