//! The model card and its figures.

use serde::Serialize;

use crate::{
    model::{Algorithm, Calibration, Hyperparameters},
    registry::SavedModel,
    train::{DataSource, Dataset, Figures, Validation},
};

use super::{
    calibration::CalibrationFigures,
    coverage::{self, Coverage},
    groups::{self, Group},
    intervals::{self, Interval},
    text::Text,
    thresholds::{self, Operating},
};

/// Everything that is known about one version of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// Name of the model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// What kind of model it is.
    pub algorithm: Algorithm,
    /// What was chosen before fitting.
    pub hyperparameters: Hyperparameters,
    /// What it is for, who it knows, what it can't do.
    pub text: Text,
    /// What it was trained on.
    pub data: DataSource,
    /// Values that were not measured.
    pub missing: Vec<Missing>,
    /// How good it is on rows it has not seen.
    pub performance: Performance,
    /// How its probabilities compare with what was observed.
    pub calibration: CalibrationFigures,
    /// The line that every score goes through, fitted on out-of-fold scores.
    pub score_calibration: Calibration,
    /// What happens at several thresholds.
    pub thresholds: Vec<Operating>,
    /// How good it is for whom.
    pub groups: Vec<Group>,
    /// How often prediction sets held the true outcome.
    pub coverage: Vec<Coverage>,
    /// Features by mean size of contribution in log-odds, the largest first.
    pub importance: Vec<Importance>,
    /// The command that trains it again.
    pub training_command: String,
    /// Version of the program that trained it.
    pub code_version: String,
}

/// How often a feature was not measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// The feature.
    pub feature: &'static str,
    /// Rows without it.
    pub rows: usize,
    /// Share of all rows.
    pub share: f64,
}

/// The figures with what another sample of people would do to them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Performance {
    /// Over the folds.
    pub figures: Figures,
    /// Area under the ROC curve.
    pub roc_auc: Interval,
    /// Brier score.
    pub brier: Interval,
    /// Log loss.
    pub log_loss: Interval,
    /// Brier score of somebody who says the overall share to everybody.
    pub brier_of_share: f64,
}

/// A feature and its mean contribution by size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// The feature.
    pub feature: String,
    /// In log-odds.
    pub mean_contribution: f64,
}

impl Card {
    /// Puts the card together.
    #[must_use]
    pub fn new(saved: &SavedModel, data: &Dataset, validation: &Validation) -> Self {
        let manifest = &saved.manifest;
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
            performance: performance(data, validation),
            calibration: CalibrationFigures::of(data, validation),
            score_calibration: saved.pipeline.calibration,
            thresholds: thresholds::table(data, validation, manifest.threshold),
            groups: groups::table(data, validation),
            coverage: coverage::table(data, validation),
            importance: importance.collect(),
            training_command: manifest.training_command.clone(),
            code_version: manifest.code_version.clone(),
        }
    }
}

fn missing(data: &Dataset) -> Vec<Missing> {
    let features = vitals_core::domain::features::FEATURES.iter().zip(data.rows.columns());
    let counted = features.map(|(feature, column)| {
        let rows = column.iter().filter(|value| value.is_nan()).count();
        Missing { feature: feature.name, rows, share: kept(rows as f64 / column.len() as f64) }
    });
    counted.filter(|missing| missing.rows > 0).collect()
}

pub(super) fn performance(data: &Dataset, validation: &Validation) -> Performance {
    let everybody: Vec<usize> = (0..data.outcomes.len()).collect();
    let [roc_auc, brier, log_loss] = intervals::intervals(data, validation, &everybody);
    let share = data.source.positives as f64 / data.source.rows as f64;
    let brier_of_share = kept(share * (1.0 - share));
    Performance { figures: validation.figures, roc_auc, brier, log_loss, brier_of_share }
}

/// A figure as it is kept: four decimals.
pub(super) fn kept(value: f64) -> f64 {
    crate::model::round(value, 4)
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
