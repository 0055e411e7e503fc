//! The range of the training rows, and values limited to it.

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

/// The smallest and the largest measured value of every feature over the training rows.
///
/// No model knows anything beyond it: a value outside counts as the nearest end, so that no curve is
/// extrapolated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObservedRange(Vec<[f64; 2]>);

impl ObservedRange {
    /// Fits the range of the measured values of every column. Columns without any have no range and
    /// limit nothing.
    #[must_use]
    pub fn fit(rows: ArrayView2<'_, f64>) -> Self {
        let ranges = rows.axis_iter(Axis(1)).map(|column| {
            let measured = column.iter().copied().filter(|value| !value.is_nan());
            measured.fold([f64::INFINITY, f64::NEG_INFINITY], |[min, max], value| {
                [value.min(min), value.max(max)]
            })
        });
        Self(ranges.collect())
    }

    /// The smallest and largest value of every feature, in its unit.
    #[must_use]
    pub fn ends(&self) -> [[f64; 2]; FEATURE_COUNT] {
        std::array::from_fn(|j| self.0.get(j).copied().unwrap_or([f64::NAN; 2]))
    }

    /// The value of feature `j` that a model uses; NaN stays NaN.
    #[must_use]
    pub fn limit(&self, j: usize, value: f64) -> f64 {
        match self.0.get(j) {
            Some([min, _]) if value < *min => *min,
            Some([_, max]) if value > *max => *max,
            _ => value,
        }
    }

    /// Returns true if there is a range of finite numbers for every feature.
    #[must_use]
    pub fn is_for_features(&self) -> bool {
        let mut ranges = self.0.iter();
        self.0.len() == FEATURE_COUNT
            && ranges.all(|[min, max]| min.is_finite() && max.is_finite() && min <= max)
    }
}
