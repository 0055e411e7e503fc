//! The layout of a file whose columns are named after a reading's fields.

use std::sync::Arc;

use anyhow::ensure;
use csv::StringRecord;
use vitals_core::domain::{
    decode::MAX_TEXT_BYTES,
    reading::Consciousness,
    vital::{VITALS, Vital},
};

use super::recording::{CellError, Row, columns, number};

/// Meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    PatientId,
    Timestamp,
    Vital(Vital),
    SupplementalOxygen,
    Consciousness,
    DeviceId,
    Sequence,
    Ward,
    Bed,
}

const COLUMNS: [(&str, Column); 8] = [
    ("patient_id", Column::PatientId),
    ("timestamp", Column::Timestamp),
    ("supplemental_oxygen", Column::SupplementalOxygen),
    ("consciousness", Column::Consciousness),
    ("device_id", Column::DeviceId),
    ("sequence", Column::Sequence),
    ("ward", Column::Ward),
    ("bed", Column::Bed),
];

fn column(name: &str) -> Option<(&'static str, Column)> {
    let vitals = VITALS.into_iter().map(|vital| (vital.name(), Column::Vital(vital)));
    COLUMNS.into_iter().chain(vitals).find(|(known, _)| *known == name)
}

/// Numbers below this are seconds since the epoch, others milliseconds, as in a message.
const SECONDS_BELOW: f64 = 100_000_000_000.0;

/// Columns named after the fields of a reading, in the order of the file.
#[derive(Debug)]
pub(super) struct FieldsLayout {
    columns: Vec<(&'static str, Column)>,
    patient_id: Option<Arc<str>>,
}

impl FieldsLayout {
    /// The layout of a file with these column `names`; `patient_id` overrides the file's.
    pub(super) fn new(names: &[&str], patient_id: Option<&str>) -> anyhow::Result<Self> {
        let columns = columns(names, column)?;
        ensure!(
            patient_id.is_some() || names.contains(&"patient_id"),
            "line 1: no column \"patient_id\", and no --patient-id"
        );
        let has_vital = columns.iter().any(|(_, column)| matches!(column, Column::Vital(_)));
        ensure!(has_vital, "line 1: no column with a vital");
        Ok(Self { columns, patient_id: patient_id.map(Arc::from) })
    }

    /// Parses a line; `None` if it has no measurement.
    pub(super) fn row(&self, line: &StringRecord) -> Result<Option<Row>, CellError> {
        // Placeholders; a missing patient or timestamp is an error below.
        let mut row = Row::new(self.patient_id.clone().unwrap_or_default(), 0);
        for ((name, column), cell) in self.columns.iter().zip(line) {
            match *column {
                Column::PatientId if self.patient_id.is_some() => {}
                Column::PatientId => row.patient_id = required(name, text(name, cell)?)?,
                Column::Timestamp => row.time_ms = time(name, cell)?,
                Column::Vital(vital) => row.vitals.set(vital, number(name, cell)?),
                Column::SupplementalOxygen => row.supplemental_oxygen = boolean(name, cell)?,
                Column::Consciousness => row.consciousness = consciousness(name, cell)?,
                Column::DeviceId => row.device_id = text(name, cell)?,
                Column::Sequence => row.sequence = sequence(name, cell)?,
                Column::Ward => row.ward = text(name, cell)?,
                Column::Bed => row.bed = text(name, cell)?,
            }
        }
        if row.vitals.measured().next().is_none() {
            return Ok(None);
        }
        Ok(Some(row))
    }
}

fn required<T>(column: &'static str, cell: Option<T>) -> Result<T, CellError> {
    cell.ok_or_else(|| CellError::new(column, "is empty"))
}

fn text(column: &'static str, cell: &str) -> Result<Option<Arc<str>>, CellError> {
    if cell.len() > MAX_TEXT_BYTES {
        return Err(CellError::new(column, format!("is longer than {MAX_TEXT_BYTES} bytes")));
    }
    if cell.is_empty() {
        return Ok(None);
    }
    Ok(Some(cell.into()))
}

fn boolean(column: &'static str, cell: &str) -> Result<Option<bool>, CellError> {
    match cell.to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "true" | "t" | "1" => Ok(Some(true)),
        "false" | "f" | "0" => Ok(Some(false)),
        _ => Err(CellError::new(column, format!("{cell:?} is neither true nor false"))),
    }
}

fn consciousness(column: &'static str, cell: &str) -> Result<Option<Consciousness>, CellError> {
    if cell.is_empty() {
        return Ok(None);
    }
    match Consciousness::from_letter(cell) {
        Some(level) => Ok(Some(level)),
        None => Err(CellError::new(column, format!("{cell:?} is not one of A, C, V, P, U"))),
    }
}

fn sequence(column: &'static str, cell: &str) -> Result<Option<i64>, CellError> {
    if cell.is_empty() {
        return Ok(None);
    }
    match cell.parse() {
        Ok(sequence) => Ok(Some(sequence)),
        Err(_) => Err(CellError::new(column, format!("{cell:?} is not a whole number"))),
    }
}

/// Parses a timestamp into ms since the epoch: seconds, milliseconds or RFC 3339, as in a message.
fn time(column: &'static str, cell: &str) -> Result<i64, CellError> {
    let ms = match cell.parse::<f64>() {
        Ok(number) => numeric_time_ms(number),
        Err(_) => cell.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
    };
    match ms {
        Some(ms) if ms > 0 => Ok(ms),
        _ => {
            let forms = "neither seconds nor milliseconds since 1970, nor RFC 3339";
            Err(CellError::new(column, format!("{cell:?} is {forms}")))
        }
    }
}

fn numeric_time_ms(number: f64) -> Option<i64> {
    let ms = if number < SECONDS_BELOW { number * 1000.0 } else { number };
    if !(1.0..1e15).contains(&ms) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let ms = ms.round() as i64;
    Some(ms)
}
