//! A person's values in the form that the models use.

use ndarray::{Array2, ArrayView1};
use vitals_core::domain::features::FEATURE_COUNT;

/// The values of one person in two forms: as measured, for trees, which split on missing values,
/// and imputed and standardised, for models that add up terms.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// In the features' units; NaN is "not measured".
    pub measured: [f64; FEATURE_COUNT],
    /// In standard deviations from the training mean, missing values imputed.
    pub standard: [f64; FEATURE_COUNT],
}

/// Rows to fit or to score, prepared by a preprocessor.
#[derive(Debug, Clone)]
pub struct Rows {
    /// In the features' units; NaN is "not measured".
    pub measured: Array2<f64>,
    /// Standardised, of the same shape.
    pub standard: Array2<f64>,
}

impl Rows {
    /// The rows one by one. An absent column counts as missing.
    pub fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        let pairs = self.measured.rows().into_iter().zip(self.standard.rows());
        pairs.map(|(measured, standard)| Row {
            measured: cells(measured),
            standard: cells(standard),
        })
    }
}

/// The values of a row. An absent column counts as missing.
pub(super) fn cells(row: ArrayView1<'_, f64>) -> [f64; FEATURE_COUNT] {
    std::array::from_fn(|j| row.get(j).copied().unwrap_or(f64::NAN))
}
