//! The columns of the plan's rows.

use arrow::{
    array::{
        Array as _, AsArray as _, Float64Array, Int64Array, RecordBatch, StringArray,
        TimestampMicrosecondArray,
    },
    datatypes::{DataType, Float64Type, Int64Type},
};
use vitals_core::domain::{decode::arrival_ms, vital::Vital};

use super::{doubts, plan};
use crate::columns::{column, optional_column, times};

/// The rows of a batch, one per reading.
pub(super) struct PatientRows {
    time: TimestampMicrosecondArray,
    arrival: TimestampMicrosecondArray,
    device_id: StringArray,
    /// `None` of a table without flags.
    doubts: Option<Int64Array>,
    values: Vec<(Vital, Float64Array)>,
}

impl PatientRows {
    /// The columns of `batch`, with those of `vitals`.
    ///
    /// # Errors
    /// When one is missing or of another type.
    pub(super) fn new(batch: &RecordBatch, vitals: &[Vital]) -> anyhow::Result<Self> {
        let values = vitals.iter().map(|vital| {
            let values = column(batch, vital.name(), &DataType::Float64)?;
            Ok((*vital, values.as_primitive::<Float64Type>().clone()))
        });
        let doubts = optional_column(batch, plan::DOUBTS, &DataType::Int64)?;
        Ok(Self {
            time: times(batch, plan::TIME)?,
            arrival: times(batch, plan::ARRIVAL)?,
            device_id: column(batch, plan::DEVICE_ID, &DataType::Utf8)?.as_string::<i32>().clone(),
            doubts: doubts.map(|doubts| doubts.as_primitive::<Int64Type>().clone()),
            values: values.collect::<anyhow::Result<_>>()?,
        })
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.time.len()
    }

    /// The time of a row's measurement on the device's clock, ms since the epoch.
    pub(super) fn time_ms(&self, row: usize) -> i64 {
        self.time.value(row).div_euclid(1000)
    }

    /// The arrival of a row's message; `None` if its timestamp can't be one.
    pub(super) fn arrival_ms(&self, row: usize) -> Option<i64> {
        arrival_ms(self.arrival.value(row).div_euclid(1000))
    }

    /// The device of a row.
    pub(super) fn device(&self, row: usize) -> Option<&str> {
        self.device_id.is_valid(row).then(|| self.device_id.value(row))
    }

    /// The values of a row, each with the index of its vital and true if it is doubted.
    pub(super) fn values(&self, row: usize) -> impl Iterator<Item = (usize, f64, bool)> {
        let doubts = self.doubts.as_ref().filter(|doubts| doubts.is_valid(row));
        let doubts = doubts.map_or(0, |doubts| doubts.value(row));
        let values = self.values.iter().enumerate();
        let measured = values.filter(move |(_, (_, values))| values.is_valid(row));
        measured.map(move |(index, (vital, values))| {
            (index, values.value(row), doubts::contains(doubts, *vital))
        })
    }
}
