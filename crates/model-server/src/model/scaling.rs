//! Median imputation and standardisation: fitted on training rows, applied to any row.
//!
//! Rows are people, columns are features, NaN is "not measured". Both serialise as lists of numbers
//! in the order of the columns, and both are validated when they are deserialised.

#[cfg(test)]
#[path = "scaling_tests.rs"]
mod tests;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Replaces missing values by the column's median over the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "MedianImputerFields")]
pub struct MedianImputer {
    medians: Vec<f64>,
}

impl MedianImputer {
    /// Fits the median of the measured values of every column; the mean of the middle two for an
    /// even number of values.
    ///
    /// # Errors
    /// There are no rows, a value is infinite, or a column has no measured value.
    pub fn fit(rows: ArrayView2<'_, f64>) -> Result<Self, ScalingError> {
        refuse_empty(rows)?;
        let medians = rows
            .axis_iter(Axis(1))
            .enumerate()
            .map(|(column, values)| median(column, values))
            .collect::<Result<_, _>>()?;
        Ok(Self { medians })
    }

    /// Replaces every NaN.
    ///
    /// # Errors
    /// The rows have another number of columns than the fitted ones.
    pub fn transform(&self, rows: &mut Array2<f64>) -> Result<(), ScalingError> {
        refuse_other_width(self.medians.len(), rows.ncols())?;
        for (mut column, median) in rows.axis_iter_mut(Axis(1)).zip(&self.medians) {
            column.mapv_inplace(|value| if value.is_nan() { *median } else { value });
        }
        Ok(())
    }

    /// The median of every column, in the column's unit.
    #[must_use]
    pub fn medians(&self) -> &[f64] {
        &self.medians
    }

    /// Maps every median, for instance to round it.
    ///
    /// # Errors
    /// A median is no longer finite.
    pub fn map(&self, change: impl Fn(f64) -> f64) -> Result<Self, ScalingError> {
        MedianImputerFields { medians: self.medians.iter().map(|m| change(*m)).collect() }
            .try_into()
    }
}

/// Shifts and scales every column to mean 0 and standard deviation 1 over the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StandardScalerFields")]
pub struct StandardScaler {
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl StandardScaler {
    /// Fits mean and population standard deviation (divided by n) of every column. A constant
    /// column is only shifted.
    ///
    /// # Errors
    /// There are no rows, or a value is not finite: impute first.
    pub fn fit(rows: ArrayView2<'_, f64>) -> Result<Self, ScalingError> {
        refuse_empty(rows)?;
        let mut means = Vec::new();
        let mut deviations = Vec::new();
        for (column, values) in rows.axis_iter(Axis(1)).enumerate() {
            if values.iter().any(|value| !value.is_finite()) {
                return Err(ScalingError::NotFinite { column });
            }
            let (mean, deviation) = mean_and_deviation(values);
            means.push(mean);
            deviations.push(deviation);
        }
        StandardScalerFields { means, deviations }.try_into()
    }

    /// Standardises every value.
    ///
    /// # Errors
    /// The rows have another number of columns than the fitted ones.
    pub fn transform(&self, rows: &mut Array2<f64>) -> Result<(), ScalingError> {
        refuse_other_width(self.means.len(), rows.ncols())?;
        let moments = self.means.iter().zip(&self.deviations);
        for (mut column, (mean, deviation)) in rows.axis_iter_mut(Axis(1)).zip(moments) {
            column.mapv_inplace(|value| (value - mean) / deviation);
        }
        Ok(())
    }

    /// The mean of every column, in the column's unit.
    #[must_use]
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The standard deviation of every column, in the column's unit; 1 for a constant column.
    #[must_use]
    pub fn deviations(&self) -> &[f64] {
        &self.deviations
    }

    /// Maps every mean and deviation, for instance to round them.
    ///
    /// # Errors
    /// A mean is no longer finite, or a deviation is not positive.
    pub fn map(&self, change: impl Fn(f64) -> f64) -> Result<Self, ScalingError> {
        StandardScalerFields {
            means: self.means.iter().map(|mean| change(*mean)).collect(),
            deviations: self.deviations.iter().map(|deviation| change(*deviation)).collect(),
        }
        .try_into()
    }
}

/// An error of fitting, applying or deserialising an imputer or scaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ScalingError {
    /// There are no rows or no columns.
    #[error("there are no rows or no columns to fit on")]
    Empty,
    /// A column has no measured value.
    #[error("column {column} has no measured value")]
    NothingMeasured {
        /// Position of the column, from 0.
        column: usize,
    },
    /// A value, median or mean is infinite or NaN.
    #[error("column {column} holds a value that is not finite")]
    NotFinite {
        /// Position of the column, from 0.
        column: usize,
    },
    /// A standard deviation is zero, negative or not finite.
    #[error("the standard deviation of column {column} is not positive")]
    NotPositive {
        /// Position of the column, from 0.
        column: usize,
    },
    /// The rows have another width than the fitted ones.
    #[error("fitted on {fitted} columns, given {given}")]
    OtherWidth {
        /// Columns of the fitted rows.
        fitted: usize,
        /// Columns of the given rows.
        given: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MedianImputerFields {
    medians: Vec<f64>,
}

impl TryFrom<MedianImputerFields> for MedianImputer {
    type Error = ScalingError;

    fn try_from(fields: MedianImputerFields) -> Result<Self, ScalingError> {
        refuse_not_finite(&fields.medians)?;
        Ok(Self { medians: fields.medians })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StandardScalerFields {
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl TryFrom<StandardScalerFields> for StandardScaler {
    type Error = ScalingError;

    fn try_from(fields: StandardScalerFields) -> Result<Self, ScalingError> {
        let StandardScalerFields { means, deviations } = fields;
        refuse_not_finite(&means)?;
        // A scaler with lists of unequal length would panic when it is applied.
        refuse_other_width(means.len(), deviations.len())?;
        match deviations.iter().position(|d| !(d.is_finite() && *d > 0.0)) {
            Some(column) => Err(ScalingError::NotPositive { column }),
            None => Ok(Self { means, deviations }),
        }
    }
}

fn median(column: usize, values: ArrayView1<'_, f64>) -> Result<f64, ScalingError> {
    let mut measured: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    refuse_not_finite(&measured).map_err(|_| ScalingError::NotFinite { column })?;
    measured.sort_unstable_by(f64::total_cmp);
    // For an even number of values, `middle` is the upper of the two.
    let middle = measured.len() / 2;
    match (measured.get(middle), measured.len() % 2) {
        (None, _) => Err(ScalingError::NothingMeasured { column }),
        (Some(upper), 1) => Ok(*upper),
        (Some(upper), _) => Ok(f64::midpoint(measured[middle - 1], *upper)),
    }
}

fn mean_and_deviation(values: ArrayView1<'_, f64>) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    // The rounding errors of a constant column must not be scaled up to a signal.
    let constant = variance.sqrt() <= f64::EPSILON * mean.abs() * 16.0;
    (mean, if constant { 1.0 } else { variance.sqrt() })
}

fn refuse_empty(rows: ArrayView2<'_, f64>) -> Result<(), ScalingError> {
    if rows.is_empty() { Err(ScalingError::Empty) } else { Ok(()) }
}

fn refuse_other_width(fitted: usize, given: usize) -> Result<(), ScalingError> {
    if fitted == given { Ok(()) } else { Err(ScalingError::OtherWidth { fitted, given }) }
}

fn refuse_not_finite(values: &[f64]) -> Result<(), ScalingError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(column) => Err(ScalingError::NotFinite { column }),
        None => Ok(()),
    }
}
