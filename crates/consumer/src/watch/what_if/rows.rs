//! Rows of the lake as readings.

use anyhow::Context as _;
use arrow::{
    array::{
        Array, AsArray as _, BooleanArray, Float64Array, ListArray, RecordBatch, StringArray,
        TimestampMicrosecondArray,
    },
    datatypes::{Float64Type, TimestampMicrosecondType},
};
use vitals_core::domain::{
    decode::Decoded,
    flags::Flags,
    reading::{Consciousness, Reading},
    refused::Refused,
    rejection::REASONS,
    vital::{VITAL_COUNT, VITALS},
};

/// The columns of a scan of readings.
pub(super) struct ReadingRows<'a> {
    patient_id: &'a StringArray,
    time: &'a TimestampMicrosecondArray,
    arrival: &'a TimestampMicrosecondArray,
    vitals: [&'a Float64Array; VITAL_COUNT],
    supplemental_oxygen: &'a BooleanArray,
    consciousness: &'a StringArray,
    device_id: &'a StringArray,
    ward: &'a StringArray,
    bed: &'a StringArray,
    flags: &'a StringArray,
    refused: &'a ListArray,
}

impl<'a> ReadingRows<'a> {
    /// The columns of `rows`.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub(super) fn new(rows: &'a RecordBatch) -> anyhow::Result<Self> {
        let column = |name: &'static str| -> anyhow::Result<&'a dyn Array> {
            let column = rows.column_by_name(name).with_context(|| format!("no column {name}"))?;
            Ok(column.as_ref())
        };
        let text = |name: &'static str| column(name)?.as_string_opt::<i32>().context(name);
        let time = |name: &'static str| {
            column(name)?.as_primitive_opt::<TimestampMicrosecondType>().context(name)
        };
        let mut vitals = Vec::new();
        for vital in VITALS {
            let values = column(vital.name())?.as_primitive_opt::<Float64Type>();
            vitals.push(values.context(vital.name())?);
        }
        Ok(Self {
            patient_id: text("patient_id")?,
            time: time("time")?,
            arrival: time("kafka_time")?,
            vitals: vitals.try_into().ok().context("vitals")?,
            supplemental_oxygen: column("supplemental_oxygen")?
                .as_boolean_opt()
                .context("oxygen")?,
            consciousness: text("consciousness")?,
            device_id: text("device_id")?,
            ward: text("ward")?,
            bed: text("bed")?,
            flags: text("flags")?,
            refused: column("refused")?.as_list_opt::<i32>().context("refused")?,
        })
    }

    /// The patient of a row.
    pub(super) fn patient_id(&self, row: usize) -> &'a str {
        self.patient_id.value(row)
    }

    /// The arrival of a row's message, ms since the epoch.
    pub(super) fn arrival_ms(&self, row: usize) -> i64 {
        self.arrival.value(row) / 1000
    }

    /// The reading of a row, with its doubts and refused fields.
    pub(super) fn decoded(&self, row: usize) -> Decoded<'a> {
        let mut reading = Reading::new(self.patient_id(row), self.time.value(row) / 1000);
        for (column, vital) in self.vitals.iter().zip(VITALS) {
            reading.vitals.set(vital, column.is_valid(row).then(|| column.value(row)));
        }
        let oxygen = self.supplemental_oxygen;
        reading.supplemental_oxygen = oxygen.is_valid(row).then(|| oxygen.value(row));
        reading.consciousness = text(self.consciousness, row).and_then(Consciousness::from_letter);
        reading.device_id = text(self.device_id, row).map(Into::into);
        reading.ward = text(self.ward, row).map(Into::into);
        reading.bed = text(self.bed, row).map(Into::into);
        let mut decoded = Decoded::new(reading);
        decoded.flags = Flags::from_codes(text(self.flags, row).unwrap_or_default());
        decoded.refused = self.refused(row);
        decoded
    }

    fn refused(&self, row: usize) -> Vec<Refused> {
        if !self.refused.is_valid(row) {
            return Vec::new();
        }
        let structs = self.refused.value(row);
        let Some(structs) = structs.as_struct_opt() else { return Vec::new() };
        let column = |name: &str| {
            structs.column_by_name(name).and_then(|column| column.as_string_opt::<i32>())
        };
        let (Some(fields), Some(reasons), Some(values)) =
            (column("field"), column("reason"), column("value"))
        else {
            return Vec::new();
        };
        let refused = (0..structs.len()).filter_map(|index| {
            let code = text(reasons, index)?;
            let reason = REASONS.into_iter().find(|reason| reason.code() == code)?;
            let field = text(fields, index)?.to_owned();
            Some(Refused::new(field, reason, text(values, index).unwrap_or_default()))
        });
        refused.collect()
    }
}

fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}
