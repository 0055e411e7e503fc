//! Preprocessing: imputes and standardises a person's values.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::round;

use super::{
    row::{Row, Rows},
    scaling::{MedianImputer, ScalingError, StandardScaler},
};

/// Decimals kept of medians, means and deviations, in the feature's unit.
const DECIMALS: i32 = 9;

/// Median imputation, then standardisation, both fitted on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessor {
    imputer: MedianImputer,
    scaler: StandardScaler,
}

impl Preprocessor {
    /// Fits both on rows of features in which NaN is "not measured".
    ///
    /// # Errors
    /// As [`MedianImputer::fit`] and [`StandardScaler::fit`].
    pub fn fit(rows: ArrayView2<'_, f64>) -> Result<Self, ScalingError> {
        let imputer = MedianImputer::fit(rows)?.map(rounded)?;
        // The scaler is fitted on imputed rows, as it will be applied to them.
        let mut filled = rows.to_owned();
        imputer.transform(&mut filled)?;
        let scaler = StandardScaler::fit(filled.view())?.map(rounded)?;
        Ok(Self { imputer, scaler })
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

    /// Prepares rows for a model: as measured, and standardised.
    ///
    /// # Errors
    /// The rows have another width than the fitted ones.
    pub fn prepare(&self, measured: Array2<f64>) -> Result<Rows, ScalingError> {
        let standard = self.transform(measured.view())?;
        Ok(Rows { measured, standard })
    }

    /// Prepares one row for a model. Also returns the imputed values, in the features' units.
    #[must_use]
    pub fn row(&self, measured: &[f64; FEATURE_COUNT]) -> (Row, [f64; FEATURE_COUNT]) {
        let imputed = self.impute(measured);
        (Row { measured: *measured, standard: self.standardise(&imputed) }, imputed)
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

    /// Returns true if imputer and scaler were fitted on eight features.
    #[must_use]
    pub fn is_for_features(&self) -> bool {
        self.imputer.medians().len() == FEATURE_COUNT && self.scaler.means().len() == FEATURE_COUNT
    }
}

fn rounded(value: f64) -> f64 {
    round(value, DECIMALS)
}
