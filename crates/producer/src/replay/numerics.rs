//! The layout of one-minute numerics of a bedside monitor, as in the MIMIC-II matched recordings.
//!
//! In these files zero means "not measured" in every column. Zeros of heart rate, pulse and SpO2
//! are sent unchanged, because a monitor sends them for a detached probe and readers of the topic
//! recognise them. In the other columns readers would take a zero for a value, so it is left out.

use std::sync::Arc;

use anyhow::ensure;
use csv::StringRecord;
use vitals_core::domain::vital::Vital;

use super::recording::{CellError, Row, columns, number};

/// Meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Minute,
    /// Sent unchanged.
    Vital(Vital),
    /// Systolic, diastolic or mean pressure from an arterial line.
    Arterial(Vital),
    /// Systolic, diastolic or mean pressure from a cuff.
    Cuff(Vital),
}

const COLUMNS: [(&str, Column); 11] = [
    ("minute", Column::Minute),
    ("HR", Column::Vital(Vital::HeartRate)),
    ("PULSE", Column::Vital(Vital::Pulse)),
    ("SpO2", Column::Vital(Vital::Spo2)),
    ("RESP", Column::Vital(Vital::RespiratoryRate)),
    ("ABPSys", Column::Arterial(Vital::Systolic)),
    ("ABPDias", Column::Arterial(Vital::Diastolic)),
    ("ABPMean", Column::Arterial(Vital::MeanPressure)),
    ("NBPSys", Column::Cuff(Vital::Systolic)),
    ("NBPDias", Column::Cuff(Vital::Diastolic)),
    ("NBPMean", Column::Cuff(Vital::MeanPressure)),
];

fn column(name: &str) -> Option<(&'static str, Column)> {
    COLUMNS.into_iter().find(|(known, _)| *known == name)
}

/// Columns of a numerics file, in the order of the file.
#[derive(Debug)]
pub(super) struct NumericsLayout {
    columns: Vec<(&'static str, Column)>,
    patient_id: Arc<str>,
}

/// Pressures from one source: systolic, diastolic, mean.
#[derive(Debug, Clone, Copy, Default)]
struct Pressures([Option<f64>; 3]);

const PRESSURES: [Vital; 3] = [Vital::Systolic, Vital::Diastolic, Vital::MeanPressure];

impl Pressures {
    fn set(&mut self, vital: Vital, value: f64) {
        for (slot, known) in self.0.iter_mut().zip(PRESSURES) {
            if known == vital && value > 0.0 {
                *slot = Some(value);
            }
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.0, [Some(_), Some(_), _])
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

impl NumericsLayout {
    /// The layout of a file with these column `names`, all about one patient.
    pub(super) fn new(names: &[&str], patient_id: &str) -> anyhow::Result<Self> {
        let columns = columns(names, column)?;
        ensure!(columns.len() > 1, "line 1: no column with a vital");
        Ok(Self { columns, patient_id: patient_id.into() })
    }

    /// Parses a line; `None` if it has no measurement.
    pub(super) fn row(&self, line: &StringRecord) -> Result<Option<Row>, CellError> {
        let mut row = Row::new(Arc::clone(&self.patient_id), 0);
        let mut arterial = Pressures::default();
        let mut cuff = Pressures::default();
        let mut measured = false;
        for ((name, column), cell) in self.columns.iter().zip(line) {
            let Some(value) = number(name, cell)? else {
                if *column == Column::Minute {
                    return Err(CellError::new(name, "is empty"));
                }
                continue;
            };
            // A line of zeros has no measurement.
            measured |= value != 0.0 && *column != Column::Minute;
            match *column {
                Column::Minute => row.time_ms = minute_ms(name, value)?,
                Column::Vital(vital) if value != 0.0 || vital.zero_is_missing() => {
                    row.vitals.set(vital, Some(value));
                }
                Column::Vital(_) => {}
                Column::Arterial(vital) => arterial.set(vital, value),
                Column::Cuff(vital) => cuff.set(vital, value),
            }
        }
        // Pressures of two sources are not mixed in one reading.
        let chosen = if arterial.is_complete() || cuff.is_empty() { arterial } else { cuff };
        for (vital, value) in PRESSURES.into_iter().zip(chosen.0) {
            row.vitals.set(vital, value);
        }
        if !measured {
            return Ok(None);
        }
        Ok(Some(row))
    }
}

fn minute_ms(column: &'static str, minute: f64) -> Result<i64, CellError> {
    if !(0.0..1e9).contains(&minute) {
        return Err(CellError::new(column, format!("{minute} is not from 0 to 1000000000")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let ms = (minute * 60_000.0).round() as i64;
    Ok(ms)
}
