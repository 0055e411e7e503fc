//! The content of a model card.

use serde::Serialize;
use vitals_core::domain::features::FEATURES;

use crate::{
    model::{Algorithm, Calibration, Hyperparameters, RiskBands},
    registry::{DataSource, Figures, SavedModel, ThresholdRule},
    train::Dataset,
};

use super::{
    calibration::CalibrationFigures,
    coverage::{self, Coverage},
    groups::{self, Group},
    intervals::{Evidence, Interval},
    rounded::rounded,
    text::Text,
    thresholds::{self, OperatingPoint},
};

/// The card of one version of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// Name of the model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The kind of model.
    pub algorithm: Algorithm,
    /// Hyperparameters by name.
    pub hyperparameters: Hyperparameters,
    /// Intended use, population and limits.
    pub text: Text,
    /// The training data.
    pub data: DataSource,
    /// The number of missing values per feature.
    pub missing: Vec<Missing>,
    /// Performance on out-of-fold rows.
    pub performance: Performance,
    /// Predicted probabilities compared with observed shares.
    pub calibration: CalibrationFigures,
    /// The calibration line of every score, fitted on out-of-fold scores.
    pub score_calibration: Calibration,
    /// The operating threshold.
    pub threshold: f64,
    /// Bounds of the risk levels.
    pub risk_bands: RiskBands,
    /// The rule that threshold and bands were chosen by.
    pub threshold_rule: ThresholdRule,
    /// Operating points at several thresholds, those chosen among them.
    pub thresholds: Vec<OperatingPoint>,
    /// Performance by group.
    pub groups: Vec<Group>,
    /// Coverage of the prediction sets.
    pub coverage: Vec<Coverage>,
    /// Features by mean absolute contribution in log-odds, the largest first.
    pub importance: Vec<Importance>,
    /// The command that reproduces it.
    pub training_command: String,
    /// Version of the program that trained it.
    pub code_version: String,
}

/// The missing values of a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// The feature.
    pub feature: &'static str,
    /// Rows without a measured value.
    pub rows: usize,
    /// Share of all rows.
    pub share: f64,
}

/// The figures of single fits, with intervals from resampling with refit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Performance {
    /// Figures over the folds.
    pub figures: Figures,
    /// Area under the ROC curve.
    pub roc_auc: Interval,
    /// Brier score.
    pub brier: Interval,
    /// Log loss.
    pub log_loss: Interval,
    /// Brier score of the constant prediction, the overall share.
    pub brier_of_share: f64,
}

/// The mean absolute contribution of a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// The feature.
    pub feature: String,
    /// Mean absolute contribution, in log-odds.
    pub mean_contribution: f64,
}

impl Card {
    /// Computes the card of a saved model.
    #[must_use]
    pub fn new(saved: &SavedModel, evidence: &Evidence<'_>) -> Self {
        let Evidence { data, validation, .. } = *evidence;
        let manifest = &saved.manifest;
        let RiskBands { medium, high } = manifest.risk_bands;
        let importance = saved.overview.ranked().into_iter().map(|feature| Importance {
            feature: feature.feature.clone(),
            mean_contribution: feature.importance,
        });
        Self {
            model: manifest.name.clone(),
            version: manifest.version.clone(),
            algorithm: manifest.algorithm,
            hyperparameters: manifest.hyperparameters.clone(),
            text: Text::of(manifest.algorithm),
            data: manifest.data.clone(),
            missing: missing(data),
            performance: performance(evidence),
            calibration: CalibrationFigures::of(evidence),
            score_calibration: saved.pipeline.calibration,
            threshold: manifest.threshold,
            risk_bands: manifest.risk_bands,
            threshold_rule: manifest.threshold_rule,
            thresholds: thresholds::table(data, validation, &[manifest.threshold, medium, high]),
            groups: groups::table(evidence),
            coverage: coverage::table(data, validation),
            importance: importance.collect(),
            training_command: manifest.training_command.clone(),
            code_version: manifest.code_version.clone(),
        }
    }
}

fn missing(data: &Dataset) -> Vec<Missing> {
    let counted = FEATURES.iter().zip(data.rows.columns()).map(|(feature, column)| {
        let rows = column.iter().filter(|value| value.is_nan()).count();
        Missing { feature: feature.name, rows, share: rounded(rows as f64 / column.len() as f64) }
    });
    counted.filter(|missing| missing.rows > 0).collect()
}

pub(super) fn performance(evidence: &Evidence<'_>) -> Performance {
    let [roc_auc, brier, log_loss] = evidence.intervals(|_| true);
    // A constant prediction of the share is the baseline of the Brier score.
    let source = &evidence.data.source;
    let share = source.positives as f64 / source.rows as f64;
    let brier_of_share = rounded(share * (1.0 - share));
    Performance { figures: evidence.validation.figures, roc_auc, brier, log_loss, brier_of_share }
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
