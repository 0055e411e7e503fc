//! One person as the models see them.

use ndarray::{Array2, ArrayView1};
use vitals_core::domain::features::FEATURE_COUNT;

/// The same values twice: as measured for trees, which split on a missing value by itself, and
/// filled in and standardised for everything that adds terms up.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// In the features' units; NaN is "not measured".
    pub measured: [f64; FEATURE_COUNT],
    /// In standard deviations from the training mean, what was not measured filled in.
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
    /// The rows one by one. A column that is not there counts as missing.
    pub fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        let cells = |row: ArrayView1<'_, f64>| {
            std::array::from_fn(|j| row.get(j).copied().unwrap_or(f64::NAN))
        };
        let pairs = self.measured.rows().into_iter().zip(self.standard.rows());
        pairs.map(move |(measured, standard)| Row {
            measured: cells(measured),
            standard: cells(standard),
        })
    }
}
