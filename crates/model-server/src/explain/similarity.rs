//! The distance of a person to the training rows: how unusual their values are, whatever the score.

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, Features};

use crate::stats::{deviation, mean, round};

use super::Overview;

/// Nearest training rows that a distance is the mean of.
const NEIGHBOURS: usize = 10;

/// Share of the training rows that are closer to the others than an unusual person is.
const UNUSUAL: f64 = 0.99;

/// Decimals kept of a distance and of a share.
const DECIMALS: i32 = 4;

/// The training rows, to compare people with.
#[derive(Debug, Clone)]
pub struct Similarity {
    /// Missing values are medians: an extreme value is far from a row that lacks it, too.
    rows: Vec<[f64; FEATURE_COUNT]>,
    /// Standard deviation of the measured values of every feature.
    deviations: [f64; FEATURE_COUNT],
    /// The distance of every training row to the others, ascending.
    distances: Vec<f64>,
}

/// The distance of a person to the training rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Distance {
    /// Mean distance to the ten nearest training rows: the root mean square of the differences in
    /// standard deviations, over the measured features. Missing values of a training row are medians.
    pub distance: f64,
    /// Share of the training rows that are closer to the others.
    pub closer: f64,
    /// True if 99 % of the training rows are closer to the others: the model has seen few people like
    /// this one.
    pub unusual: bool,
}

impl Similarity {
    /// Takes the training rows from the overview of a model.
    #[must_use]
    pub fn of(overview: &Overview) -> Self {
        let measured = overview.rows();
        let columns: [Vec<f64>; FEATURE_COUNT] = std::array::from_fn(|j| {
            let mut column: Vec<f64> =
                measured.iter().map(|row| row[j]).filter(|value| !value.is_nan()).collect();
            column.sort_unstable_by(f64::total_cmp);
            column
        });
        let medians: [f64; FEATURE_COUNT] = std::array::from_fn(|j| {
            columns[j].get(columns[j].len() / 2).copied().unwrap_or_default()
        });
        // A constant feature has no deviation to divide by.
        let deviations = std::array::from_fn(|j| {
            let deviation = deviation(&columns[j]);
            if deviation > 0.0 { deviation } else { 1.0 }
        });
        let imputed = measured
            .iter()
            .map(|row| std::array::from_fn(|j| if row[j].is_nan() { medians[j] } else { row[j] }));
        let mut found = Self { rows: imputed.collect(), deviations, distances: Vec::new() };
        // Without itself, a row would be its own neighbour.
        let mut distances: Vec<f64> =
            measured.iter().enumerate().map(|(i, row)| found.distance(row, Some(i))).collect();
        distances.sort_unstable_by(f64::total_cmp);
        found.distances = distances;
        found
    }

    /// Compares a person with the training rows.
    #[must_use]
    pub fn compare(&self, features: &Features) -> Distance {
        let distance = self.distance(features.values(), None);
        let closer = self.distances.partition_point(|other| *other < distance);
        let closer = closer as f64 / self.distances.len().max(1) as f64;
        Distance {
            distance: round(distance, DECIMALS),
            closer: round(closer, DECIMALS),
            unusual: closer >= UNUSUAL,
        }
    }

    /// Mean distance to the nearest rows other than the one left out.
    fn distance(&self, person: &[f64; FEATURE_COUNT], left_out: Option<usize>) -> f64 {
        let others = self.rows.iter().enumerate().filter(|(i, _)| Some(*i) != left_out);
        let mut distances: Vec<f64> =
            others.map(|(_, row)| self.between(person, row)).filter(|d| d.is_finite()).collect();
        distances.sort_unstable_by(f64::total_cmp);
        mean(distances.into_iter().take(NEIGHBOURS))
    }

    fn between(&self, a: &[f64; FEATURE_COUNT], b: &[f64; FEATURE_COUNT]) -> f64 {
        let differences = (0..FEATURE_COUNT).map(|j| (a[j] - b[j]) / self.deviations[j]);
        mean(differences.filter(|difference| !difference.is_nan()).map(|d| d * d)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Algorithm, pipeline::Pipeline, test_data::pima};

    fn similarity() -> Similarity {
        let data = pima();
        let pipeline =
            Pipeline::fit(Algorithm::Logistic, data.rows.view(), &data.outcomes).unwrap().pipeline;
        Similarity::of(&Overview::of(&pipeline, data.rows.view()))
    }

    fn compare(raw: [f64; FEATURE_COUNT]) -> Distance {
        similarity().compare(&Features::from_raw(raw).unwrap())
    }

    #[test]
    fn values_that_are_unusual_alone_or_together_are_far_away() {
        for (raw, unusual) in [
            ([3.0, 117.0, 72.0, 29.0, 125.0, 32.3, 0.373, 29.0], false),
            ([3.0, 117.0, 72.0, 0.0, 0.0, 32.3, 0.373, 29.0], false),
            // Outside of every range, also beside the many rows without insulin.
            ([3.0, 250.0, 72.0, 29.0, 2_000.0, 32.3, 0.373, 29.0], true),
            ([3.0, 117.0, 72.0, 29.0, 2_000.0, 32.3, 0.373, 29.0], true),
            // Each value is common, but not with the others.
            ([13.0, 90.0, 110.0, 50.0, 400.0, 20.0, 2.0, 23.0], true),
        ] {
            let found = compare(raw);
            assert_eq!(found.unusual, unusual, "{raw:?}: {found:?}");
        }
    }

    #[test]
    fn one_training_row_in_a_hundred_is_unusual() {
        let similarity = similarity();
        let cut = similarity.distances[(UNUSUAL * 768.0) as usize];
        let unusual = similarity.distances.iter().filter(|distance| **distance > cut).count();
        assert!((5..=9).contains(&unusual), "{unusual}");
    }

    /// By definition, over all rows, for one person.
    #[test]
    fn the_distance_is_the_mean_of_the_ten_nearest() {
        let data = pima();
        let similarity = similarity();
        let person = [2.0, 100.0, f64::NAN, 20.0, f64::NAN, 30.0, 0.4, 40.0];
        let mut all = Vec::new();
        for row in data.rows.rows() {
            let mut squares = Vec::new();
            for (j, median) in [(0, 3.0), (1, 117.0), (3, 29.0), (5, 32.3), (6, 0.3725), (7, 29.0)]
            {
                let other = if row[j].is_nan() { median } else { row[j] };
                squares.push(((person[j] - other) / similarity.deviations[j]).powi(2));
            }
            all.push((squares.iter().sum::<f64>() / squares.len() as f64).sqrt());
        }
        all.sort_by(f64::total_cmp);
        let expected = all[..10].iter().sum::<f64>() / 10.0;
        assert!((similarity.distance(&person, None) - expected).abs() < 1e-12);
    }
}
