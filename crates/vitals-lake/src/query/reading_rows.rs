//! Rows of the lake as readings.

use anyhow::Context as _;
use arrow::{
    array::{
        Array as _, AsArray as _, BooleanArray, Float64Array, ListArray, RecordBatch, StringArray,
        StructArray, TimestampMicrosecondArray,
    },
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use vitals_core::domain::{
    decode::Decoded,
    flags::Flags,
    reading::{Consciousness, Reading},
    refused::Refused,
    rejection::REASONS,
    vital::{VITAL_COUNT, VITALS},
};

use crate::columns::{column, times};

/// The columns of a scan of readings.
#[derive(Debug)]
pub struct ReadingRows {
    patient_id: StringArray,
    time: TimestampMicrosecondArray,
    device_time: TimestampMicrosecondArray,
    arrival: TimestampMicrosecondArray,
    vitals: [Float64Array; VITAL_COUNT],
    supplemental_oxygen: BooleanArray,
    consciousness: StringArray,
    device_id: StringArray,
    ward: StringArray,
    bed: StringArray,
    flags: StringArray,
    refused: ListArray,
}

impl ReadingRows {
    /// The columns of `rows`.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub fn new(rows: &RecordBatch) -> anyhow::Result<Self> {
        let mut vitals = Vec::new();
        for vital in VITALS {
            let values = column(rows, vital.name(), &DataType::Float64)?;
            vitals.push(values.as_primitive::<Float64Type>().clone());
        }
        let refused = rows.column_by_name("refused").context("no column refused")?;
        let refused = refused.as_list_opt::<i32>().context("refused")?.clone();
        Ok(Self {
            patient_id: texts(rows, "patient_id")?,
            time: times(rows, "time")?,
            device_time: times(rows, "device_time")?,
            arrival: times(rows, "kafka_time")?,
            vitals: vitals.try_into().ok().context("vitals")?,
            supplemental_oxygen: column(rows, "supplemental_oxygen", &DataType::Boolean)?
                .as_boolean()
                .clone(),
            consciousness: texts(rows, "consciousness")?,
            device_id: texts(rows, "device_id")?,
            ward: texts(rows, "ward")?,
            bed: texts(rows, "bed")?,
            flags: texts(rows, "flags")?,
            refused,
        })
    }

    /// The patient of a row.
    #[must_use]
    pub fn patient_id(&self, row: usize) -> &str {
        self.patient_id.value(row)
    }

    /// The arrival of a row's message, ms since the epoch.
    #[must_use]
    pub fn arrival_ms(&self, row: usize) -> i64 {
        self.arrival.value(row) / 1000
    }

    /// The reading of a row, with its time as sent, its doubts and its refused fields.
    #[must_use]
    pub fn decoded(&self, row: usize) -> Decoded<'_> {
        let mut reading = Reading::new(self.patient_id(row), self.time.value(row) / 1000);
        for (column, vital) in self.vitals.iter().zip(VITALS) {
            reading.vitals.set(vital, column.is_valid(row).then(|| column.value(row)));
        }
        let oxygen = &self.supplemental_oxygen;
        reading.supplemental_oxygen = oxygen.is_valid(row).then(|| oxygen.value(row));
        reading.consciousness = text(&self.consciousness, row).and_then(Consciousness::from_letter);
        reading.device_id = text(&self.device_id, row).map(Into::into);
        reading.ward = text(&self.ward, row).map(Into::into);
        reading.bed = text(&self.bed, row).map(Into::into);
        let mut decoded = Decoded::new(reading);
        decoded.flags = Flags::from_codes(text(&self.flags, row).unwrap_or_default());
        let device_time = &self.device_time;
        decoded.device_time_ms = device_time.is_valid(row).then(|| device_time.value(row) / 1000);
        decoded.refused = self.refused(row);
        decoded
    }

    fn refused(&self, row: usize) -> Vec<Refused> {
        if !self.refused.is_valid(row) {
            return Vec::new();
        }
        let structs = self.refused.value(row);
        let Some(structs) = structs.as_struct_opt() else { return Vec::new() };
        let Some(fields) = texts_in(structs, "field") else { return Vec::new() };
        let Some(reasons) = texts_in(structs, "reason") else { return Vec::new() };
        let Some(values) = texts_in(structs, "value") else { return Vec::new() };
        let refused = (0..structs.len()).filter_map(|index| {
            let code = text(&reasons, index)?;
            // A code of a later release is left out.
            let reason = REASONS.into_iter().find(|reason| reason.code() == code)?;
            let field = text(&fields, index)?.to_owned();
            Some(Refused::new(field, reason, text(&values, index).unwrap_or_default()))
        });
        refused.collect()
    }
}

fn texts(rows: &RecordBatch, name: &str) -> anyhow::Result<StringArray> {
    Ok(column(rows, name, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// A field of structs as text.
fn texts_in(structs: &StructArray, name: &str) -> Option<StringArray> {
    let column = cast(structs.column_by_name(name)?, &DataType::Utf8).ok()?;
    Some(column.as_string::<i32>().clone())
}

fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}
