//! The selection of a patient's files and rows.

use arrow::{
    array::{Array as _, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray},
    datatypes::DataType,
};
use deltalake::{DeltaTable, kernel::LogicalFileView};
use serde::Deserialize;

use crate::{
    columns::{column, optional_column},
    rejected::holds_rejected,
};

/// The column of patient contexts that names the id under which the patient continues.
const MERGED_INTO: &str = "merged_into";

/// Selects the rows of one patient.
pub(super) struct Selection {
    id: String,
    /// The id as a JSON string, quotes included.
    quoted: Vec<u8>,
    /// The id as a number in the field that names the patient, if it is one.
    numeric: Option<[Vec<u8>; 2]>,
    /// Rows name a patient outside `patient_id`, so its bounds rule out no file.
    ignores_bounds: bool,
}

/// The statistics of a file, as far as they are needed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    min_values: Bounds,
    max_values: Bounds,
}

#[derive(Default, Deserialize)]
struct Bounds {
    patient_id: Option<String>,
}

impl Selection {
    /// Selects the rows of patient `id` in `table`.
    pub(super) fn in_table(id: &str, table: &DeltaTable) -> anyhow::Result<Self> {
        let ignores_bounds = table.snapshot()?.schema().field(MERGED_INTO).is_some();
        Ok(Self { ignores_bounds, ..Self::new(id)? })
    }

    fn new(id: &str) -> anyhow::Result<Self> {
        // Some senders write an id of digits as a number.
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let field = format!(r#""patient_id":{id}"#);
        let numeric = [",", "}"].map(|end| format!("{field}{end}").into_bytes());
        let numeric = if is_number { Some(numeric) } else { None };
        Ok(Self {
            id: id.to_owned(),
            quoted: serde_json::to_vec(id)?,
            numeric,
            ignores_bounds: false,
        })
    }

    /// Returns false if the statistics of `file` rule the patient out.
    pub(super) fn may_be_in(&self, file: &LogicalFileView) -> bool {
        // The payloads of rejected messages have no statistics.
        if holds_rejected(&file.partition_values_map()) {
            return true;
        }
        if self.ignores_bounds {
            return true;
        }
        let stats = file.stats().and_then(|stats| serde_json::from_str::<Stats>(&stats).ok());
        let Some(Stats { min_values, max_values }) = stats else { return true };
        let is_below = min_values.patient_id.is_some_and(|min| self.id < min);
        let is_above = max_values.patient_id.is_some_and(|max| self.id > max);
        !is_below && !is_above
    }

    /// The rows of the patient: readings by their id, rejected messages by their key or by the id
    /// in their payload.
    pub(super) fn rows(&self, rows: &RecordBatch) -> anyhow::Result<BooleanArray> {
        let patients = column(rows, "patient_id", &DataType::Utf8)?;
        let patients = patients.as_string::<i32>();
        // An earlier id of the same person.
        let merged = optional_column(rows, MERGED_INTO, &DataType::Utf8)?;
        let merged = merged.as_ref().map(AsArray::as_string::<i32>);
        let keys =
            ["reject_key", "kafka_key"].map(|name| optional_column(rows, name, &DataType::Binary));
        let keys: Vec<ArrayRef> =
            keys.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let payloads = optional_column(rows, "reject_payload", &DataType::Binary)?;
        let selected = (0..rows.num_rows()).map(|row| {
            let names_patient =
                |column: &StringArray| column.is_valid(row) && column.value(row) == self.id;
            let is_patients = names_patient(patients) || merged.is_some_and(names_patient);
            let mut keys = keys.iter().filter_map(|keys| bytes(Some(keys), row));
            let has_key = keys.any(|key| key == self.id.as_bytes());
            if is_patients || has_key {
                return Some(true);
            }
            Some(bytes(payloads.as_ref(), row).is_some_and(|payload| self.is_in(payload)))
        });
        Ok(selected.collect())
    }

    /// Returns true if a rejected payload names the patient.
    fn is_in(&self, payload: &[u8]) -> bool {
        if contains(payload, &self.quoted) {
            return true;
        }
        let Some(numeric) = &self.numeric else { return false };
        let dense: Vec<u8> =
            payload.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        numeric.iter().any(|field| contains(&dense, field))
    }
}

fn contains(payload: &[u8], part: &[u8]) -> bool {
    payload.windows(part.len()).any(|window| window == part)
}

fn bytes(column: Option<&ArrayRef>, row: usize) -> Option<&[u8]> {
    let column = column?.as_binary::<i32>();
    if column.is_valid(row) { Some(column.value(row)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, payload: &str) -> bool {
        Selection::new(id).unwrap().is_in(payload.as_bytes())
    }

    #[test]
    fn a_payload_names_a_patient_as_text_or_as_a_number() {
        assert!(named("p-1", r#"{"patientId": "p-1", broken"#));
        assert!(!named("p-1", r#"{"patient_id": "p-12"}"#));
        assert!(!named("p-1", "p-1"), "no JSON string");
        assert!(named("12", "{\"patient_id\" : 12 ,\"spo2\":97"));
        assert!(named("12", r#"{"spo2":97,"patient_id":12}"#));
        assert!(!named("12", r#"{"patient_id":123,"spo2":12}"#));
        assert!(named("a\"b", r#"{"patient_id":"a\"b"}"#));
    }
}
