//! A file whose columns have the names of a reading's fields.

use std::{collections::HashSet, sync::Arc};

use anyhow::ensure;
use csv::StringRecord;
use vitals_core::domain::{
    decode::MAX_TEXT_BYTES,
    reading::Consciousness,
    vital::{VITALS, Vital},
};

use super::recording::{CellError, Row, columns, number};

/// A column.
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

fn meaning(name: &str) -> Option<(&'static str, Column)> {
    let vitals = VITALS.into_iter().map(|vital| (vital.name(), Column::Vital(vital)));
    COLUMNS.into_iter().chain(vitals).find(|(known, _)| *known == name)
}

/// Times below this are seconds since the epoch, others milliseconds, as in a message.
const SECONDS_BELOW: f64 = 100_000_000_000.0;

/// The layout of such a file.
#[derive(Debug)]
pub(super) struct Named {
    columns: Vec<(&'static str, Column)>,
    patient_id: Option<Arc<str>>,
}

impl Named {
    /// The layout of a file with these column `names`; `patient_id` stands instead of the file's.
    pub(super) fn new(names: &[&str], patient_id: Option<&str>) -> anyhow::Result<Self> {
        let columns = columns(names, meaning)?;
        let known: HashSet<_> = names.iter().copied().collect();
        ensure!(
            patient_id.is_some() || known.contains("patient_id"),
            "line 1: no column \"patient_id\", and no --patient-id"
        );
        let vital = columns.iter().any(|(_, column)| matches!(column, Column::Vital(_)));
        ensure!(vital, "line 1: no column with a vital");
        Ok(Self { columns, patient_id: patient_id.map(Arc::from) })
    }

    /// The row of a line; `None` when nothing is measured in it.
    pub(super) fn row(&self, line: &StringRecord) -> Result<Option<Row>, CellError> {
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
        let measured = row.vitals.measured().next().is_some();
        Ok(measured.then_some(row))
    }
}

fn required<T>(column: &'static str, cell: Option<T>) -> Result<T, CellError> {
    cell.ok_or_else(|| CellError::new(column, "is empty"))
}

fn text(column: &'static str, cell: &str) -> Result<Option<Arc<str>>, CellError> {
    if cell.len() > MAX_TEXT_BYTES {
        return Err(CellError::new(column, format!("is longer than {MAX_TEXT_BYTES} bytes")));
    }
    Ok((!cell.is_empty()).then(|| cell.into()))
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
    let level = Consciousness::from_letter(cell);
    let problem = || CellError::new(column, format!("{cell:?} is not one of A, C, V, P, U"));
    level.map(Some).ok_or_else(problem)
}

fn sequence(column: &'static str, cell: &str) -> Result<Option<i64>, CellError> {
    if cell.is_empty() {
        return Ok(None);
    }
    let problem = |_| CellError::new(column, format!("{cell:?} is not a whole number"));
    cell.parse().map(Some).map_err(problem)
}

/// Milliseconds since the epoch: seconds, milliseconds or RFC 3339, as in a message.
fn time(column: &'static str, cell: &str) -> Result<i64, CellError> {
    let problem = || {
        let forms = "neither seconds nor milliseconds since 1970, nor RFC 3339";
        CellError::new(column, format!("{cell:?} is {forms}"))
    };
    let Ok(number) = cell.parse::<f64>() else {
        let time = cell.parse::<jiff::Timestamp>().map_err(|_| problem())?;
        let ms = time.as_millisecond();
        return if ms > 0 { Ok(ms) } else { Err(problem()) };
    };
    let ms = if number < SECONDS_BELOW { number * 1000.0 } else { number };
    if !(1.0..1e15).contains(&ms) {
        return Err(problem());
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let ms = ms.round() as i64;
    Ok(ms)
}
