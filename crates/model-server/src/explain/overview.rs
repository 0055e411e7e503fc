//! The overview of a model: importance and dependence of every feature over the training rows.
//!
//! Computed once after training and saved with the model, so that the server needs no data.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Feature};

use crate::{
    pipeline::Pipeline,
    stats::{probability, round},
};

/// Decimals kept of contributions (log-odds) and probabilities.
const DECIMALS: i32 = 4;

/// Number of values of a partial dependence.
const GRID: usize = 25;

/// Training rows per individual curve.
const INDIVIDUAL_STEP: usize = 32;

/// The overview of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    /// One entry per feature, in the order of the features.
    pub features: Vec<FeatureOverview>,
}

/// The overview of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureOverview {
    /// The feature.
    pub feature: String,
    /// Mean absolute contribution over the training rows, in log-odds.
    pub importance: f64,
    /// Smallest value measured in the training rows, in the feature's unit.
    pub observed_min: f64,
    /// Largest value measured in the training rows, in the feature's unit.
    pub observed_max: f64,
    /// The contribution by the value.
    pub dependence: Dependence,
    /// The prediction by the value, all other values unchanged.
    pub partial: PartialDependence,
}

/// A feature's contribution by its value: one point per training row, in the order of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependence {
    /// Values in the feature's unit; `null` if not measured.
    pub values: Vec<Option<f64>>,
    /// Contributions in log-odds.
    pub contributions: Vec<f64>,
}

/// Partial dependence: the mean prediction if all rows had the same value of one feature (Friedman,
/// 2001), and the predictions of single rows, their individual conditional expectation (Goldstein
/// et al., 2015).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartialDependence {
    /// Ascending values in the feature's unit, from the smallest to the largest observed.
    pub values: Vec<f64>,
    /// Mean probability over all training rows, per value.
    pub mean: Vec<f64>,
    /// Probabilities of single training rows at regular intervals: one curve per row.
    pub individual: Vec<Vec<f64>>,
}

impl Overview {
    /// Computes the overview over the training rows; NaN is "not measured".
    #[must_use]
    pub fn of(pipeline: &Pipeline, rows: ArrayView2<'_, f64>) -> Self {
        let rows: Vec<[f64; FEATURE_COUNT]> = rows
            .rows()
            .into_iter()
            .map(|row| std::array::from_fn(|j| row.get(j).copied().unwrap_or(f64::NAN)))
            .collect();
        let contributions: Vec<_> = rows.iter().map(|row| pipeline.contributions(row)).collect();
        let features = FEATURES.iter().enumerate().map(|(j, feature)| {
            let of_feature: Vec<f64> = contributions.iter().map(|row| row[j]).collect();
            FeatureOverview::of(feature, j, &rows, &of_feature, pipeline)
        });
        Self { features: features.collect() }
    }

    /// The training rows in the features' units; a missing value is NaN.
    #[must_use]
    pub fn rows(&self) -> Vec<[f64; FEATURE_COUNT]> {
        let count = self.features.first().map_or(0, |feature| feature.dependence.values.len());
        let mut rows = vec![[f64::NAN; FEATURE_COUNT]; count];
        for (j, feature) in self.features.iter().take(FEATURE_COUNT).enumerate() {
            for (row, value) in rows.iter_mut().zip(&feature.dependence.values) {
                row[j] = value.unwrap_or(f64::NAN);
            }
        }
        rows
    }

    /// Features by importance, the most important first.
    #[must_use]
    pub fn ranked(&self) -> Vec<&FeatureOverview> {
        let mut ranked: Vec<_> = self.features.iter().collect();
        ranked.sort_by(|a, b| b.importance.total_cmp(&a.importance));
        ranked
    }

    /// The reason this overview is invalid for the features of this release; `None` if it is valid.
    #[must_use]
    pub fn mismatch(&self) -> Option<String> {
        if !self.features.iter().map(|f| f.feature.as_str()).eq(FEATURES.iter().map(|f| f.name)) {
            return Some("it is for other features".to_owned());
        }
        // Lists of one feature belong together point by point.
        let uneven = self.features.iter().find(|f| {
            let PartialDependence { values, mean, individual } = &f.partial;
            f.dependence.values.len() != f.dependence.contributions.len()
                || mean.len() != values.len()
                || individual.iter().any(|curve| curve.len() != values.len())
                || f.observed_min > f.observed_max
        });
        uneven.map(|f| format!("its lists for {} differ in length", f.feature))
    }
}

impl FeatureOverview {
    fn of(
        feature: &Feature,
        j: usize,
        rows: &[[f64; FEATURE_COUNT]],
        contributions: &[f64],
        pipeline: &Pipeline,
    ) -> Self {
        let values: Vec<Option<f64>> = rows.iter().map(|row| measured(row[j])).collect();
        let min = values.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        let max = values.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        let absolute: f64 = contributions.iter().map(|c| c.abs()).sum();
        Self {
            feature: feature.name.to_owned(),
            importance: round(absolute / rows.len() as f64, DECIMALS),
            observed_min: min,
            observed_max: max,
            partial: partial(&grid(feature, min, max), j, rows, pipeline),
            dependence: Dependence {
                values,
                contributions: contributions.iter().map(|c| round(*c, DECIMALS)).collect(),
            },
        }
    }
}

fn measured(value: f64) -> Option<f64> {
    if value.is_nan() { None } else { Some(value) }
}

/// Evenly spaced values, rounded to the feature's resolution.
fn grid(feature: &Feature, min: f64, max: f64) -> Vec<f64> {
    let steps_per_unit = (1.0 / feature.step).round();
    let evenly_spaced = (0..GRID).map(|i| min + (max - min) * i as f64 / (GRID - 1) as f64);
    let mut values: Vec<f64> =
        evenly_spaced.map(|value| (value * steps_per_unit).round() / steps_per_unit).collect();
    // A feature with a coarse resolution has fewer values than grid points.
    values.dedup();
    values
}

fn partial(
    values: &[f64],
    j: usize,
    rows: &[[f64; FEATURE_COUNT]],
    pipeline: &Pipeline,
) -> PartialDependence {
    let mean = values.iter().map(|value| {
        let sum: f64 = rows.iter().map(|row| probability_with(pipeline, row, j, *value)).sum();
        round(sum / rows.len() as f64, DECIMALS)
    });
    // The curves of some rows show how far single people depart from the mean.
    let individual = rows.iter().step_by(INDIVIDUAL_STEP).map(|row| {
        let curve = values.iter().map(|value| probability_with(pipeline, row, j, *value));
        curve.map(|probability| round(probability, DECIMALS)).collect()
    });
    PartialDependence {
        values: values.to_vec(),
        mean: mean.collect(),
        individual: individual.collect(),
    }
}

/// The probability of a row with another value of feature `j`.
fn probability_with(pipeline: &Pipeline, row: &[f64; FEATURE_COUNT], j: usize, value: f64) -> f64 {
    let mut changed = *row;
    changed[j] = value;
    probability(pipeline.log_odds(&changed))
}
