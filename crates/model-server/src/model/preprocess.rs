//! Preprocessing: limits a person's values to the observed range, imputes and standardises them.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::round;

use super::{
    observed::ObservedRange,
    row::{Row, Rows},
    scaling::{MedianImputer, ScalingError, StandardScaler},
};

/// Decimals kept of medians, means and deviations, in the feature's unit.
const DECIMALS: i32 = 9;

/// The observed range, median imputation and standardisation, all fitted on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessor {
    observed: ObservedRange,
    imputer: MedianImputer,
    scaler: StandardScaler,
}

impl Preprocessor {
    /// Fits all of them on rows of features in which NaN is "not measured".
    ///
    /// # Errors
    /// As [`MedianImputer::fit`] and [`StandardScaler::fit`].
    pub fn fit(rows: ArrayView2<'_, f64>) -> Result<Self, ScalingError> {
        let imputer = MedianImputer::fit(rows)?.map(rounded)?;
        // The scaler is fitted on imputed rows, as it will be applied to them.
        let mut filled = rows.to_owned();
        imputer.transform(&mut filled)?;
        let scaler = StandardScaler::fit(filled.view())?.map(rounded)?;
        Ok(Self { observed: ObservedRange::fit(rows), imputer, scaler })
    }

    /// Imputes and standardises rows.
    ///
    /// # Errors
    /// The rows have another width than the fitted ones.
    pub fn transform(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, ScalingError> {
        let mut rows = rows.to_owned();
        self.imputer.transform(&mut rows)?;
        self.scaler.transform(&mut rows)?;
        Ok(rows)
    }

    /// Prepares rows for a model: as measured within the observed range, and standardised.
    ///
    /// # Errors
    /// The rows have another width than the fitted ones.
    pub fn prepare(&self, mut measured: Array2<f64>) -> Result<Rows, ScalingError> {
        for (j, mut column) in measured.axis_iter_mut(Axis(1)).enumerate() {
            column.mapv_inplace(|value| self.observed.limit(j, value));
        }
        let standard = self.transform(measured.view())?;
        Ok(Rows { measured, standard })
    }

    /// Prepares one row for a model. Also returns the imputed values, in the features' units.
    #[must_use]
    pub fn row(&self, measured: &[f64; FEATURE_COUNT]) -> (Row, [f64; FEATURE_COUNT]) {
        let measured = std::array::from_fn(|j| self.observed.limit(j, measured[j]));
        let imputed = self.impute(&measured);
        (Row { measured, standard: self.standardise(&imputed) }, imputed)
    }

    /// The smallest and largest value of every feature over the training rows, in its unit.
    #[must_use]
    pub fn observed(&self) -> [[f64; 2]; FEATURE_COUNT] {
        self.observed.ends()
    }

    /// Replaces missing values of one row by the medians of the training rows.
    #[must_use]
    pub fn impute(&self, row: &[f64; FEATURE_COUNT]) -> [f64; FEATURE_COUNT] {
        let mut filled = *row;
        for (value, median) in filled.iter_mut().zip(self.imputer.medians()) {
            if value.is_nan() {
                *value = *median;
            }
        }
        filled
    }

    /// Standardises one imputed row.
    #[must_use]
    pub fn standardise(&self, row: &[f64; FEATURE_COUNT]) -> [f64; FEATURE_COUNT] {
        let mut scaled = *row;
        let moments = self.scaler.means().iter().zip(self.scaler.deviations());
        for (value, (mean, deviation)) in scaled.iter_mut().zip(moments) {
            *value = (*value - mean) / deviation;
        }
        scaled
    }

    /// Medians of the training rows, in the features' units.
    #[must_use]
    pub fn medians(&self) -> &[f64] {
        self.imputer.medians()
    }

    /// Standard deviations of the training rows, in the features' units.
    #[must_use]
    pub fn deviations(&self) -> &[f64] {
        self.scaler.deviations()
    }

    /// Returns true if every part was fitted on eight features.
    #[must_use]
    pub fn is_for_features(&self) -> bool {
        self.observed.is_for_features()
            && self.imputer.medians().len() == FEATURE_COUNT
            && self.scaler.means().len() == FEATURE_COUNT
    }
}

fn rounded(value: f64) -> f64 {
    round(value, DECIMALS)
}
