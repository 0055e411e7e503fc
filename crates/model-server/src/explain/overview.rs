//! What a model has learnt, seen over all of its training rows.
//!
//! Calculated once after training and saved with the model, so that the server needs no data.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Feature};

use crate::{
    model::{probability, round},
    pipeline::Pipeline,
};

/// Decimals that are kept of contributions (log-odds) and probabilities.
const DECIMALS: i32 = 4;

/// Values at which a partial dependence is calculated.
const GRID: usize = 25;

/// Every so many training rows one has its own curve.
const INDIVIDUAL_STEP: usize = 32;

/// Every feature's part in the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    /// In the order of the features.
    pub features: Vec<FeatureOverview>,
}

/// One feature's part in the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureOverview {
    /// The feature.
    pub feature: String,
    /// Mean size of its contribution over the training rows, in log-odds.
    pub importance: f64,
    /// Smallest value measured in the training rows, in the feature's unit.
    pub observed_min: f64,
    /// Largest value measured in the training rows, in the feature's unit.
    pub observed_max: f64,
    /// Its contribution by its value.
    pub dependence: Dependence,
    /// The prediction by its value, everything else as it is.
    pub partial: PartialDependence,
}

/// One point per training row, in the order of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependence {
    /// In the feature's unit; `null` where it was not measured.
    pub values: Vec<Option<f64>>,
    /// In log-odds.
    pub contributions: Vec<f64>,
}

/// What the model would predict if everybody had the same value of one feature (Friedman, 2001),
/// and what it would predict for some people one by one: individual conditional expectation
/// (Goldstein et al., 2015).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartialDependence {
    /// Ascending values in the feature's unit, from the smallest to the largest observed.
    pub values: Vec<f64>,
    /// Mean probability over all training rows, per value.
    pub mean: Vec<f64>,
    /// Probabilities of single training rows, evenly picked: one curve each, per value.
    pub individual: Vec<Vec<f64>>,
}

impl Overview {
    /// Runs the model over its training rows, NaN for "not measured".
    #[must_use]
    pub fn of(pipeline: &Pipeline, rows: ArrayView2<'_, f64>) -> Self {
        let people: Vec<[f64; FEATURE_COUNT]> = rows
            .rows()
            .into_iter()
            .map(|row| std::array::from_fn(|j| row.get(j).copied().unwrap_or(f64::NAN)))
            .collect();
        let contributions: Vec<_> =
            people.iter().map(|person| pipeline.contributions(person)).collect();
        let features = FEATURES.iter().enumerate().map(|(j, feature)| {
            let of_feature: Vec<f64> = contributions.iter().map(|all| all[j]).collect();
            FeatureOverview::of(feature, j, &people, &of_feature, pipeline)
        });
        Self { features: features.collect() }
    }

    /// The smallest and the largest value that was observed of every feature, in its unit.
    #[must_use]
    pub fn observed(&self) -> [[f64; 2]; FEATURE_COUNT] {
        std::array::from_fn(|j| {
            self.features.get(j).map_or([f64::NAN; 2], |f| [f.observed_min, f.observed_max])
        })
    }

    /// Features by importance, the most important first.
    #[must_use]
    pub fn ranked(&self) -> Vec<&FeatureOverview> {
        let mut ranked: Vec<_> = self.features.iter().collect();
        ranked.sort_by(|a, b| b.importance.total_cmp(&a.importance));
        ranked
    }

    /// Why this can't be the overview of a model for our features, if so.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if !self.features.iter().map(|f| f.feature.as_str()).eq(FEATURES.iter().map(|f| f.name)) {
            return Some("it is for other features".to_owned());
        }
        let uneven = self.features.iter().find(|f| {
            let PartialDependence { values, mean, individual } = &f.partial;
            f.dependence.values.len() != f.dependence.contributions.len()
                || mean.len() != values.len()
                || individual.iter().any(|curve| curve.len() != values.len())
                || f.observed_min > f.observed_max
        });
        uneven.map(|f| format!("its lists for {} don't fit together", f.feature))
    }
}

impl FeatureOverview {
    fn of(
        feature: &Feature,
        j: usize,
        people: &[[f64; FEATURE_COUNT]],
        contributions: &[f64],
        pipeline: &Pipeline,
    ) -> Self {
        let measured = || people.iter().map(|person| person[j]).filter(|value| !value.is_nan());
        let [least, most] = [
            measured().fold(f64::INFINITY, f64::min),
            measured().fold(f64::NEG_INFINITY, f64::max),
        ];
        let sizes: f64 = contributions.iter().map(|c| c.abs()).sum();
        Self {
            feature: feature.name.to_owned(),
            importance: round(sizes / people.len() as f64, DECIMALS),
            observed_min: least,
            observed_max: most,
            partial: partial(&grid(feature, least, most), j, people, pipeline),
            dependence: Dependence {
                values: people.iter().map(|p| (!p[j].is_nan()).then_some(p[j])).collect(),
                contributions: contributions.iter().map(|c| round(*c, DECIMALS)).collect(),
            },
        }
    }
}

/// Evenly spaced values, each on the feature's resolution.
fn grid(feature: &Feature, least: f64, most: f64) -> Vec<f64> {
    let steps_per_unit = (1.0 / feature.step).round();
    let at = |i: usize| least + (most - least) * i as f64 / (GRID - 1) as f64;
    let mut values: Vec<f64> =
        (0..GRID).map(|i| (at(i) * steps_per_unit).round() / steps_per_unit).collect();
    values.dedup();
    values
}

fn partial(
    values: &[f64],
    j: usize,
    people: &[[f64; FEATURE_COUNT]],
    pipeline: &Pipeline,
) -> PartialDependence {
    let with = |person: &[f64; FEATURE_COUNT], value: f64| {
        let mut changed = *person;
        changed[j] = value;
        probability(pipeline.log_odds(&changed))
    };
    let mean = values.iter().map(|value| {
        let sum: f64 = people.iter().map(|person| with(person, *value)).sum();
        round(sum / people.len() as f64, DECIMALS)
    });
    let individual = people
        .iter()
        .step_by(INDIVIDUAL_STEP)
        .map(|person| values.iter().map(|value| round(with(person, *value), DECIMALS)).collect());
    PartialDependence {
        values: values.to_vec(),
        mean: mean.collect(),
        individual: individual.collect(),
    }
}
